"""Registers of what an agency got and sent, line by line, and the numbers in them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from exchange.domain.directory import Directory
from exchange.domain.docket import DocketRow
from exchange.domain.records import Delivery, Envelope
from exchange.domain.registers import (
    MOST_NUMBER,
    Arrival,
    RegisterNumber,
    incoming_row,
    outgoing_row,
)
from exchange.domain.working_days import local_day
from exchange.errors import ExchangeError
from exchange.services import Caller, Office, Services
from exchange.storage.ports import ArrivalQuery, SendingQuery
from exchange.usecases.auditing import audit_line, refusals_audited
from exchange.usecases.viewing import find_own
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId, parse_organ_id
from schemas.timestamps import VIETNAM
from schemas.vocabulary import AuditEvent, DeliveryState

_AT_ONCE = 500
"""Lines of a file that are read together."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days in Vietnam, the last included.

    Raises:
        ExchangeError: a day begins in no year of UTC (REQUEST_INVALID, it is named),
            or the last day comes before the first one; what reads a register by a
            period need not think of that.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            place = f"{self.first.isoformat()}/{self.last.isoformat()}"
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
        for day in (self.first, self.last):
            try:
                _midnight(day)
            except OverflowError as error:
                place = day.isoformat()
                raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place) from error

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """When the last day has ended."""
        return _midnight(self.last) + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register of one agency.

    Args:
        directory: names of agencies.
        at_once: how many lines are read together.
    """

    agency: OrganId
    period: Period
    directory: Directory
    at_once: int = _AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class TellNumber:
    """A recipient tells under which number it registered a document."""

    caller: Caller
    envelope_id: EnvelopeId
    agency: str
    number: int


async def incoming(
    office: Office, register: Register
) -> AsyncIterator[tuple[str, ...]]:
    """Yield the lines of an incoming register, in the order of arrival."""
    query: ArrivalQuery | None = ArrivalQuery(
        recipient=register.agency,
        since=register.period.since,
        until=register.period.until,
        limit=register.at_once,
    )
    while query is not None:
        rows = await office.storage.docket.arrived(query)
        for arrival in await _arrivals(office, register, rows):
            yield incoming_row(arrival)
        query = _after(query, rows)


async def outgoing(
    office: Office, register: Register
) -> AsyncIterator[tuple[str, ...]]:
    """Yield the lines of an outgoing register, in the order of sending."""
    query: SendingQuery | None = SendingQuery(
        sender=register.agency,
        since=register.period.since,
        until=register.period.until,
        limit=register.at_once,
    )
    while query is not None:
        found = await office.storage.registers.sent(query)
        for one in found:
            yield outgoing_row(one, _names(register.directory, one))
        is_last = len(found) < query.limit
        query = None if is_last else replace(query, after=found[-1].envelope_id)


async def tell_number(services: Services, command: TellNumber) -> RegisterNumber:
    """Store under which number a recipient registered a document, or correct it.

    Raises:
        ExchangeError: not a recipient (NOT_A_RECIPIENT), no such number
            (REQUEST_INVALID), or another document's (REGISTER_NUMBER_TAKEN).
    """
    caller, envelope_id = command.caller, command.envelope_id
    async with refusals_audited(services, caller, subject=envelope_id):
        written = parse_organ_id(command.agency)
        found = await find_own(services, caller, envelope_id, agency=written)
        # In its own code, whichever form it was written in.
        (recipient,) = found.agencies
        if not _reached(recipient, found.deliveries):
            raise ExchangeError(ErrorCode.NOT_A_RECIPIENT, place=recipient)
        if not 1 <= command.number <= MOST_NUMBER:
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place="number")
        return await _stored(services, command, recipient)


def _reached(recipient: OrganId, deliveries: Iterable[Delivery]) -> bool:
    return any(
        one.recipient == recipient and one.state is not DeliveryState.REDIRECTED
        for one in deliveries
    )


async def _stored(
    services: Services, command: TellNumber, recipient: OrganId
) -> RegisterNumber:
    now, actor = services.now(), command.caller.system.system_id
    key = (command.envelope_id, recipient)
    told = await services.storage.registers.numbers([key])
    # Told again, or corrected, after New Year: it stands in the book it was put into.
    year = told[0].year if told else local_day(now).year
    number = RegisterNumber(
        envelope_id=command.envelope_id,
        recipient=recipient,
        year=year,
        number=command.number,
        recorded_at=now,
        recorded_by=actor,
    )
    line = audit_line(
        AuditEvent.REGISTER_NUMBER_TOLD,
        at=now,
        actor=actor,
        subject=command.envelope_id,
        recipient=recipient,
        number=str(command.number),
    )
    if not await services.storage.registers.record(number, audit=line):
        place = f"{command.number}/{number.year}"
        raise ExchangeError(ErrorCode.REGISTER_NUMBER_TAKEN, place=place)
    return number


async def _arrivals(
    office: Office, register: Register, rows: Sequence[DocketRow]
) -> list[Arrival]:
    ids = [one.envelope_id for one in rows]
    found = await office.storage.docket.envelopes(ids)
    envelopes = {one.envelope_id: one for one in found}
    keys = [(one, register.agency) for one in ids]
    told = await office.storage.registers.numbers(keys)
    numbers = {one.envelope_id: one.number for one in told}
    return [
        Arrival(
            envelope=envelopes[row.envelope_id],
            arrived_at=row.arrived_at,
            author=_name(register.directory, row.sender, row.arrived_at),
            number=numbers.get(row.envelope_id),
        )
        for row in rows
    ]


def _after(query: ArrivalQuery, rows: Sequence[DocketRow]) -> ArrivalQuery | None:
    if len(rows) < query.limit:
        return None
    return replace(query, after=(rows[-1].arrived_at, rows[-1].envelope_id))


def _names(directory: Directory, envelope: Envelope) -> tuple[str, ...]:
    at = envelope.accepted_at
    return tuple(_name(directory, one, at) for one in envelope.recipients)


def _name(directory: Directory, code: OrganId, at: datetime) -> str:
    """Return what an agency was called then; its code where nobody knows."""
    return directory.name_of(code, at) or code


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)
