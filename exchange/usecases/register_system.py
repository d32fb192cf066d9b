"""Connect a document system: its certificates and the agencies it acts for; end it."""

from dataclasses import dataclass, replace

from exchange.domain.parties import System
from exchange.domain.rights import with_ended_rights
from exchange.errors import ExchangeError
from exchange.services import Office
from exchange.usecases.auditing import audit_line
from schemas.errors import ErrorCode
from schemas.identifiers import SystemId
from schemas.vocabulary import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSystem:
    """A system to insert or replace by its id; `operator` is who asks."""

    system: System
    operator: str


async def register_system(office: Office, command: RegisterSystem) -> None:
    """Register a system; rights it had and no longer has end now, on record.

    Raises:
        ExchangeError: it would act for an agency the directory does not have
            (AGENCY_UNKNOWN), or a certificate belongs to another system.
    """
    system = command.system
    for right in system.acts_for:
        agency = await office.storage.directory.agency(right.agency)
        if agency is None or agency.code != right.agency:
            raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=right.agency)
    line = audit_line(
        AuditEvent.SYSTEM_REGISTERED,
        at=office.now(),
        actor=command.operator,
        subject=system.system_id,
        agencies=" ".join(one.agency for one in system.acts_for),
        certificates=" ".join(sorted(system.certificates)),
    )
    before = await office.storage.directory.system(system.system_id)
    kept = with_ended_rights(before, system, office.now())
    await office.storage.directory.register_system(kept, audit=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSystemAway:
    """A registration to end; `operator` is who asks, `reason` why."""

    system_id: SystemId
    operator: str
    reason: str


async def take_system_away(office: Office, command: TakeSystemAway) -> System:
    """End all rights of a system now, on record, and know its certificates no more.

    What waits for its agencies goes on waiting; who registers it anew opens it again.

    Raises:
        ExchangeError: there is no such system (SYSTEM_UNKNOWN).
    """
    before = await office.storage.directory.system(command.system_id)
    if before is None:
        raise ExchangeError(ErrorCode.SYSTEM_UNKNOWN, place=command.system_id)
    bare = replace(before, certificates=frozenset(), acts_for=())
    ended = with_ended_rights(before, bare, office.now())
    if ended == before:
        return before
    line = audit_line(
        AuditEvent.SYSTEM_TAKEN_AWAY,
        at=office.now(),
        actor=command.operator,
        subject=command.system_id,
        certificates=" ".join(sorted(before.certificates)),
        reason=command.reason,
    )
    await office.storage.directory.register_system(ended, audit=line)
    return ended
