"""Begin and end maintenance: nothing is taken in, reading goes on."""

from exchange.domain.maintenance import Maintenance
from exchange.errors import ExchangeError
from exchange.services import Office
from exchange.usecases.auditing import audit_line
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent

_LONGEST_REASON = 200


async def begin_maintenance(
    office: Office, reason: str, *, operator: str
) -> Maintenance:
    """Take nothing in from now on; all processes know within a second.

    Raises:
        ExchangeError: the reason is long or not printable (REQUEST_INVALID).
    """
    if len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="reason")
    running = await office.storage.controls.maintenance()
    since = running.since if running else office.now()
    maintenance = Maintenance(since=since, reason=reason)
    line = audit_line(
        AuditEvent.MAINTENANCE_CHANGED,
        at=office.now(),
        actor=operator,
        subject="on",
        reason=reason,
    )
    await office.storage.controls.set_maintenance(maintenance, audit=line)
    return maintenance


async def end_maintenance(office: Office, *, operator: str) -> None:
    """Take documents in again."""
    line = audit_line(
        AuditEvent.MAINTENANCE_CHANGED, at=office.now(), actor=operator, subject="off"
    )
    await office.storage.controls.set_maintenance(None, audit=line)
