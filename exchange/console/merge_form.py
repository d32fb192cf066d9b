"""What the form of a merger says."""

from datetime import datetime

from exchange.console.forms import Fields
from exchange.domain.agency_orders import Merge, NewAgency
from exchange.domain.directory_file import read_moment
from exchange.errors import ExchangeError
from exchange.usecases.change_agencies import ChangeAgencies
from schemas.errors import ErrorCode
from schemas.identifiers import parse_organ_id


def merger_of(fields: Fields, *, operator: str, now: datetime) -> ChangeAgencies:
    """Read the form of a merger.

    Raises:
        IdentifierError: a code is none.
        ExchangeError: the date is none (REQUEST_INVALID).
    """
    codes = [part for one in fields.every("from") for part in one.split()]
    sources = tuple(dict.fromkeys(map(parse_organ_id, codes)))
    into = parse_organ_id(fields.text("into"))
    name, parent = fields.text("name"), fields.text("parent")
    new = NewAgency(
        code=into,
        name=name,
        parent=parse_organ_id(parent) if parent else None,
        email=fields.text("email"),
    )
    return ChangeAgencies(
        order=Merge(sources=sources, into=new if name else into),
        effective=_day(fields.text("effective"), now),
        reason=fields.text("reason"),
        legal_basis=fields.text("legal_basis"),
        operator=operator,
    )


def _day(text: str, now: datetime) -> datetime:
    if not text:
        return now
    try:
        return read_moment(text)
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="effective") from error
