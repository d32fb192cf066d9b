"""Who an agency was at a moment, who acted for it then, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from exchange.domain.access import acting_agencies, is_open
from exchange.domain.agency_history import RecordedEvent
from exchange.domain.delegations import FiledDelegation
from exchange.domain.directory import Directory, standing
from exchange.domain.parties import Agency, System
from exchange.errors import ExchangeError
from exchange.services import Office
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """An agency at a moment.

    Args:
        agency: as it stood then.
        is_open: whether it existed then.
        parents: those above it then, the nearest first, as they stood then.
        successors: those who had taken over by then, link by link.
        systems: those that acted for it then.
        delegations: those that counted then, given or received.
        events: every change that names it, also later ones.
    """

    at: datetime
    agency: Agency
    is_open: bool
    parents: tuple[Agency, ...]
    successors: tuple[Agency, ...]
    systems: tuple[System, ...]
    delegations: tuple[FiledDelegation, ...]
    events: tuple[RecordedEvent, ...]


async def entitlement(office: Office, code: OrganId, at: datetime) -> Entitlement:
    """Return what was so of an agency at a moment.

    Raises:
        ExchangeError: there is none (AGENCY_UNKNOWN).
    """
    storage = office.storage
    version = await storage.directory.version()
    directory = Directory.of(await storage.directory.agencies(), version=version)
    found = directory.agency(code)
    if found is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=code)
    systems = await storage.agency_history.systems_of([found.code])
    given = await storage.delegations.given_by(found.code)
    received = await storage.delegations.given_to(found.code)
    return Entitlement(
        at=at,
        agency=standing(found, at),
        is_open=is_open(found, at),
        parents=tuple(standing(one, at) for one in directory.above(found, at)),
        successors=directory.succession(found, at),
        systems=tuple(one for one in systems if found.code in acting_agencies(one, at)),
        delegations=tuple(one for one in (*given, *received) if one.holds(at)),
        events=tuple(await storage.agency_history.events_of(found.code)),
    )
