"""Audit lines: who did what, with which outcome; never payload or personal data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from exchange.domain.records import AuditLine
from exchange.errors import StorageUnavailableError
from exchange.services import Caller, Services
from schemas.errors import CodedError
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import AuditEvent


def audit_line(
    event: AuditEvent, *, at: datetime, actor: str, subject: str, **facts: str
) -> AuditLine:
    """Make the line of something that was done."""
    return AuditLine(
        at=at,
        event=event,
        actor=actor,
        subject=subject,
        facts=tuple(sorted(facts.items())),
    )


@asynccontextmanager
async def refusals_audited(
    services: Services,
    caller: Caller,
    *,
    subject: str,
    event: AuditEvent = AuditEvent.ENVELOPE_REFUSED,
) -> AsyncIterator[None]:
    """Write one audit line when what is done inside is refused.

    An outage of the database is no refusal, and could not be written down anyway.
    """
    try:
        yield
    except StorageUnavailableError:
        raise
    except CodedError as refusal:
        line = AuditLine(
            at=services.now(),
            event=event,
            actor=caller.system.system_id,
            subject=subject,
            code=refusal.code,
            facts=(("place", refusal.place),),
        )
        await services.storage.audit.append(line)
        raise


async def record_reading(
    services: Services, caller: Caller, envelope_id: EnvelopeId, *, part: str
) -> None:
    """Write down who was handed which part of an envelope, before it is."""
    line = audit_line(
        AuditEvent.ENVELOPE_READ,
        at=services.now(),
        actor=caller.system.system_id,
        subject=envelope_id,
        part=part,
    )
    await services.storage.audit.append(line)
