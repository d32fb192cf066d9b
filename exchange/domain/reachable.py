"""Whether those whom an envelope is to reach can be reached.

`To`, and the recipients whom an update adds, go by the same rules.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from exchange.domain.access import is_open
from exchange.domain.addressing import Addressee
from exchange.domain.decisions import Refuse
from schemas.errors import ErrorCode


def unreachable(addressees: Iterable[Addressee], now: datetime) -> Iterator[Refuse]:
    """Yield a reason for each that is unknown, not founded yet, or closed for good."""
    for one in addressees:
        if one.agency is None or now < one.agency.valid_from:
            yield Refuse(ErrorCode.RECIPIENT_UNKNOWN, one.written)
        elif one.reached is None or not is_open(one.reached, now):
            links = (link.successor.code for link in one.successions)
            yield Refuse(ErrorCode.RECIPIENT_CLOSED, " → ".join((one.written, *links)))


def too_many(number: int, most: int) -> Iterator[Refuse]:
    """Yield the reason against a number of recipients, once groups are expanded."""
    if number > most:
        yield Refuse(ErrorCode.RECIPIENT_COUNT_EXCEEDED, f"{number} > {most}")
