"""What step receipts say besides the step they attest: words, and what was found."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from exchange.domain.records import StoredReceipt
from schemas.receipt import StepReceipt, read_receipt
from schemas.vocabulary import Step
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt

_STOPS: Final = frozenset({Step.HELD, Step.QUARANTINED})
_MOST_READ: Final = 20  # one is for all recipients; more of them are decisions for each


def stated_in(receipt: StoredReceipt) -> StepReceipt | None:
    """Read a step receipt as it is stored; None if it is no such receipt."""
    read = read_receipt(verify_receipt(parse(receipt.content)).content)
    return read if isinstance(read, StepReceipt) else None


def why_stopped(receipts: Iterable[StoredReceipt]) -> Mapping[str, StepReceipt]:
    """Return, by key, what the first receipts say that stopped a delivery.

    A document with thousands of recipients has thousands of receipts, so no more than
    a few of them are read.
    """
    stops = sorted(
        (one for one in receipts if one.step in _STOPS),
        key=lambda one: (one.recorded_at, one.key),
    )
    said = ((one.key, stated_in(one)) for one in islice(stops, _MOST_READ))
    return {key: receipt for key, receipt in said if receipt is not None}
