"""Saved lists of recipients: kept by an agency, named in To by it alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.directory import Directory
from exchange.domain.recipient_lists import RecipientList
from exchange.errors import ExchangeError
from exchange.services import Caller, Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.directory import current_directory
from exchange.usecases.viewing import agencies_of
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, parse_organ_id
from schemas.recipient_groups import LevelGroup, ListGroup, read_group
from schemas.vocabulary import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveList:
    """A list to insert or replace by its name."""

    caller: Caller
    agency: str
    name: str
    members: Sequence[str]


async def save_list(services: Services, command: SaveList) -> RecipientList:
    """Save a list.

    Raises:
        CodedError: the caller does not act for the agency, the name is none, or a
            member is unknown, repeated, another list, or too many
            (RECIPIENT_LIST_INVALID, it is named).
    """
    owner = await owner_of(services, command.caller, command.agency)
    directory = await current_directory(services)
    ListGroup(owner, command.name).written()
    if len(command.members) > services.addressing.recipients:
        raise _invalid(f"{len(command.members)} > {services.addressing.recipients}")
    members = tuple(parse_organ_id(one) for one in command.members)
    _require_members(directory, members)
    saved = RecipientList(
        owner=owner, name=command.name, members=members, saved_at=services.now()
    )
    line = audit_line(
        AuditEvent.LIST_SAVED,
        at=saved.saved_at,
        actor=command.caller.system.system_id,
        subject=f"{owner}/{command.name}",
        members=str(len(members)),
    )
    await services.storage.recipient_lists.save(saved, audit=line)
    return saved


async def find_list(
    services: Services, caller: Caller, agency: str, name: str
) -> RecipientList:
    """Return a list of an agency the caller acts for.

    Raises:
        ExchangeError: there is none (RECIPIENT_LIST_NOT_FOUND).
    """
    owner = await owner_of(services, caller, agency)
    found = await services.storage.recipient_lists.find(owner, name)
    if found is None:
        raise ExchangeError(ErrorCode.RECIPIENT_LIST_NOT_FOUND, place=name[:35])
    return found


async def lists_of(
    services: Services, caller: Caller, agency: str
) -> Sequence[RecipientList]:
    """Return all lists of an agency the caller acts for."""
    owner = await owner_of(services, caller, agency)
    return await services.storage.recipient_lists.lists(owner)


async def remove_list(
    services: Services, caller: Caller, agency: str, name: str
) -> None:
    """Remove a list.

    Raises:
        ExchangeError: there is none (RECIPIENT_LIST_NOT_FOUND).
    """
    owner = await owner_of(services, caller, agency)
    line = audit_line(
        AuditEvent.LIST_REMOVED,
        at=services.now(),
        actor=caller.system.system_id,
        subject=f"{owner}/{name[:35]}",
    )
    if not await services.storage.recipient_lists.remove(owner, name, audit=line):
        raise ExchangeError(ErrorCode.RECIPIENT_LIST_NOT_FOUND, place=name[:35])


async def owner_of(services: Services, caller: Caller, agency: str) -> OrganId:
    """Return the agency a call is made for.

    Raises:
        ExchangeError: the caller does not act for it (AGENCY_NOT_ACTED_FOR).
    """
    (owner,) = await agencies_of(services, caller, agency)
    return owner


def _require_members(directory: Directory, members: Sequence[OrganId]) -> None:
    seen: set[OrganId] = set()
    for written in members:
        agency, group = directory.agency(written), read_group(written)
        if agency is None and isinstance(group, LevelGroup):
            agency = directory.agency(group.base)
        if agency is None or written in seen:
            raise _invalid(written)
        seen.add(written)
    if not seen:
        raise _invalid("members")


def _invalid(place: str) -> ExchangeError:
    return ExchangeError(ErrorCode.RECIPIENT_LIST_INVALID, place=place)
