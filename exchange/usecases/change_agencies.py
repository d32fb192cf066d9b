"""Change agencies: merge, split, rename, move, close, give another code.

One event, one log entry, one audit line and all rows become durable together.
"""

from dataclasses import dataclass
from datetime import datetime

from exchange.domain.agency_changes import decide_change
from exchange.domain.agency_history import DirectoryChange
from exchange.domain.agency_orders import Order, Recode
from exchange.domain.directory import Directory
from exchange.domain.rights import (
    AccountChange,
    SystemChange,
    carried_over,
    carried_roles,
)
from exchange.errors import ExchangeError, StateConflictError
from exchange.services import Office
from exchange.usecases.accounts.office import account_line, next_version
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.auditing import audit_line
from schemas.agency_event import AgencyEvent
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.timestamps import truncate_ms
from schemas.vocabulary import AuditEvent, LogEntryType

OPERATOR = "operator"
"""The actor of log entries about the directory; the audit trail names the account."""

_TRIES = 5
_TEXT_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgencies:
    """An order; `operator` is who asks.

    Args:
        effective: from when it counts; past, now, or later.
        reason: in words, at least one.
        legal_basis: the decision behind it.
    """

    order: Order
    effective: datetime
    reason: str
    legal_basis: str = ""
    operator: str


async def plan_change(office: Office, command: ChangeAgencies) -> DirectoryChange:
    """Return what a change comes to, without storing it.

    Raises:
        AgencyChangeError: it cannot be.
        ExchangeError: no reason, or a text too long (REQUEST_INVALID).
    """
    _require_texts(command)
    # The version first: whoever changes the directory meanwhile is found out.
    version = await office.storage.directory.version()
    agencies = await office.storage.directory.agencies()
    event_id, effective = office.ids.new(office.now()), truncate_ms(command.effective)
    decided = decide_change(
        Directory.of(agencies, version=version),
        command.order,
        effective=effective,
        event_id=event_id,
    )
    event = AgencyEvent(
        event_id=event_id,
        change=command.order.change,
        effective=effective,
        recorded_at=office.now(),
        agencies=decided.agencies,
        results=decided.results,
        successor=decided.successor,
        name=decided.name,
        reason=command.reason.strip(),
        legal_basis=command.legal_basis.strip(),
        actor=command.operator,
    )
    entry = log_entry(
        LogEntryType.DIRECTORY,
        at=event.recorded_at,
        actor=OPERATOR,
        subject=event_id,
        data=event.canonical(),
    )
    return DirectoryChange(
        before=version,
        event=event,
        agencies=decided.rows,
        systems=await _systems(office, command.order, decided.agencies, effective),
        accounts=await _accounts(office, command, decided.agencies),
        entry=pending(entry, entry_id=event_id),
        entry_digest=entry.leaf_hash().hex(),
        audit=audit_line(
            AuditEvent.DIRECTORY_CHANGED,
            at=event.recorded_at,
            actor=command.operator,
            subject=event_id,
            change=event.change,
            agencies=" ".join(event.agencies),
            results=" ".join(event.results),
        ),
    )


async def change_agencies(office: Office, command: ChangeAgencies) -> DirectoryChange:
    """Carry a change out; return what was stored.

    Raises:
        AgencyChangeError: it cannot be.
        ExchangeError: no reason (REQUEST_INVALID), or others keep changing the
            directory meanwhile (OVERLOADED).
    """
    for _ in range(_TRIES):
        planned = await plan_change(office, command)
        try:
            await office.storage.agency_history.apply(planned)
        except StateConflictError:
            # Somebody changed the directory, a system or an account meanwhile.
            continue
        finally:
            office.directory_changed()
        return planned
    raise ExchangeError(ErrorCode.OVERLOADED, place="directory")


def _require_texts(command: ChangeAgencies) -> None:
    if not command.reason.strip():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    for name in ("reason", "legal_basis"):
        if len(getattr(command, name)) > _TEXT_LENGTH:
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)


async def _systems(
    office: Office, order: Order, before: tuple[OrganId, ...], effective: datetime
) -> tuple[SystemChange, ...]:
    """Return the systems that act for a code that is replaced by another one.

    It is the same agency; after any other change an operator says who acts for whom.
    """
    if not isinstance(order, Recode):
        return ()
    systems = await office.storage.agency_history.systems_of(before)
    return carried_over(systems, before[0], order.new_code, effective)


async def _accounts(
    office: Office, command: ChangeAgencies, before: tuple[OrganId, ...]
) -> tuple[AccountChange, ...]:
    """Return the people whose roles are for a code that is replaced by another one."""
    if not isinstance(command.order, Recode):
        return ()
    new, effective = command.order.new_code, truncate_ms(command.effective)
    changes = []
    for one in await office.storage.accounts.accounts():
        after = carried_roles(one, before[0], new, effective)
        if after != one:
            line = account_line(
                office, one.account_id, actor=command.operator, what="roles"
            )
            changes.append(AccountChange(one, next_version(one, after), line))
    return tuple(changes)
