"""Signings as they are stored."""

from dataclasses import replace
from datetime import timedelta

from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.records import AuditLine
from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from schemas.vocabulary import AuditEvent, LogEntryType, SigningState
from tests.support.pki import NOW

SIGNING_ID = "01KAJ0000000000000000000A1"
WAITING = RemoteSigning(
    signing_id=SIGNING_ID,
    system_id=SystemId("qlvb-h99-151"),
    agency=OrganId("H99.151"),
    state=SigningState.PREPARED,
    prepared_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    prepared=StoredFile(body_id="a", size=3, sha256="00" * 32),
    kept=b"{}",
)


def taking(value: bytes) -> RemoteSigning:
    """The signing after it took a value."""
    return replace(WAITING, state=SigningState.COMPLETING, value=value)


def done(value: bytes, body_id: str = "b") -> RemoteSigning:
    """The signing with its signed file."""
    signed = StoredFile(body_id=body_id, size=4, sha256="11" * 32)
    return replace(taking(value), state=SigningState.SIGNED, signed=signed, level="B-B")


def step(before: RemoteSigning | None, after: RemoteSigning) -> SigningStep:
    """A step with an audit line, and a log entry where a file is signed."""
    is_done = after.state is SigningState.SIGNED
    return SigningStep(
        before=before,
        after=after,
        audit=AuditLine(at=NOW, event=AuditEvent.SIGNING_PREPARED, actor="test"),
        entry=_entry(after.signing_id) if is_done else None,
    )


def _entry(signing_id: str) -> PendingLogEntry:
    return PendingLogEntry(
        entry_id="01KAJ0000000000000000000B2",
        entry_type=LogEntryType.DOCUMENT_SIGNED,
        envelope_id=EnvelopeId(signing_id),
        leaf=b"{}",
    )
