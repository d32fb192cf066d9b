"""Agencies, and the systems that act for them, as frozen records.

Times are UTC with milliseconds.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerStanding:
    """What an agency was called and below whom it stood, up to a moment."""

    until: datetime
    name: str
    parent: OrganId | None
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionCertificate:
    """What others encrypt to an agency with, while it is neither replaced nor revoked.

    Args:
        sha256: of `certificate`, in lower hexadecimal.
        certificate: DER.
        valid_from: begin of its validity.
        valid_to: end of its validity.
        published_at: from when the directory has it.
        replaced_at: when another took its place.
        revoked_at: when its agency took it back.
    """

    sha256: str
    certificate: bytes
    valid_from: datetime
    valid_to: datetime
    published_at: datetime
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_current(self) -> bool:
        """Whether nothing ended it but maybe time."""
        return self.replaced_at is None and self.revoked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """One agency of the tree, as it stands between `valid_from` and `valid_to`.

    `exchange.domain.directory.standing` tells how it stands at a moment.

    Args:
        code: its identifier (Decision 20/2020 form where it has one).
        code_2016: the 13-character form, if it has one.
        parent: the agency above it, None at the top.
        level: from the tree, never from the code.
        successor: the agency that took over when it was closed.
        former: how it stood before, the earliest first; a change that takes effect
            later has its former standing here too.
        closed_by: the event that closed it; None if it was imported so.
        encryption: what others encrypt to it with, and did, the earliest first.
    """

    code: OrganId
    name: str
    parent: OrganId | None
    level: Level
    code_2016: OrganId | None = None
    email: str = ""
    valid_from: datetime
    valid_to: datetime | None = None
    successor: OrganId | None = None
    former: tuple[FormerStanding, ...] = ()
    closed_by: str | None = None
    encryption: tuple[EncryptionCertificate, ...] = ()


@dataclass(frozen=True, slots=True)
class ActsFor:
    """A system's dated right to act for one agency."""

    agency: OrganId
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One connected document system.

    Args:
        certificates: SHA-256 (lower hex) of its client certificates' DER.
        may_channel: whether it may send without signing (evidence level channel).
        attests_arrival: whether the hub attests status 01 when it takes a document.
    """

    system_id: SystemId
    name: str
    certificates: frozenset[str]
    acts_for: tuple[ActsFor, ...]
    may_channel: bool = False
    attests_arrival: bool = True
