"""Signatures whose key is elsewhere: what is stored, and who may do what.

Invariants:
    - A system prepares only for a signer whose certificate names an agency it acts for
      now, and sees only what it prepared itself.
    - A prepared file takes one value, once: the same value again is a repeat, another
      one is refused, and so is any value after the time has run out.
"""

from dataclasses import dataclass
from datetime import datetime

from exchange.domain.access import acting_agencies
from exchange.domain.decisions import Refuse
from exchange.domain.log_entries import PendingLogEntry
from exchange.domain.parties import System
from exchange.domain.records import AuditLine
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import SigningState


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file in chunks.

    Args:
        body_id: under which its chunks are.
        sha256: of all of it, lower hex.
    """

    body_id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSigning:
    """One signature that is prepared here and made elsewhere.

    Args:
        agency: the agency in the signer's certificate.
        prepared: the file that waits.
        kept: what completing it needs, as JSON.
        value: the signature value it took; nothing before.
        signed: the signed file.
        level: which the signed file reached.
        code: why it did not reach the level wanted, or why it was refused.
    """

    signing_id: str
    system_id: SystemId
    agency: OrganId
    state: SigningState
    prepared_at: datetime
    expires_at: datetime
    prepared: StoredFile
    kept: bytes
    value: bytes = b""
    signed: StoredFile | None = None
    level: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningStep:
    """Everything that becomes durable when a signing goes on.

    Args:
        before: as it must be stored, else nothing is; None for a new one.
        after: as it is then.
        entry: of the log.
    """

    before: RemoteSigning | None
    after: RemoteSigning
    audit: AuditLine
    entry: PendingLogEntry | None = None


def may_prepare(
    system: System, agency: OrganId | None, now: datetime
) -> OrganId | Refuse:
    """Return the agency a system prepares for, or why it may not.

    Args:
        system: who calls.
        agency: in the signer's certificate.
        now: the time.
    """
    if agency is None:
        return Refuse(ErrorCode.AGENCY_NOT_ACTED_FOR, "certificate")
    if agency not in acting_agencies(system, now):
        return Refuse(ErrorCode.AGENCY_NOT_ACTED_FOR, agency)
    return agency


def may_see(signing: RemoteSigning, system: System, now: datetime) -> bool:
    """Tell whether a signing exists for a system."""
    is_own = signing.system_id == system.system_id
    return is_own and signing.agency in acting_agencies(system, now)


def may_take(signing: RemoteSigning, value: bytes, now: datetime) -> Refuse | None:
    """Return why a signing does not take a value, None if it does or did."""
    if signing.value:
        same = signing.value == value
        return None if same else Refuse(ErrorCode.SIGNING_CLOSED, signing.state)
    if signing.state is SigningState.REFUSED:
        return Refuse(ErrorCode.SIGNING_CLOSED, signing.state)
    if signing.state is SigningState.EXPIRED or signing.expires_at <= now:
        return Refuse(ErrorCode.SIGNING_EXPIRED)
    return None
