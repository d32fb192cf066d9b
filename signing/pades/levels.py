"""What signing above level B-B needs from outside, and what it gives back.

Time stamps and revocation data come from others. They are asked through the protocols
here, so that the code that writes files opens no connection.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol

from pki.purposes import KeyPurpose
from pki.trust import TrustMaterial
from pki.tsa.client import TimeStamp
from schemas.verdict import Reason
from signing.profiles import SignatureLevel

FIRST_ROOM = 8 * 1024
"""Octets kept for a token of a service that has not given one yet: an authority with
RSA keys and two CAs above it needs six thousand."""

_SPARE = 64  # serial numbers grow, fractions and values of ECDSA differ in length

NO_MATERIAL = TrustMaterial()


class TimeStampSource(Protocol):
    """Has digests stamped; `pki.tsa.servers.TimeStampClient` does."""

    def stamp(self, digest: bytes, hash_name: str = "sha256") -> TimeStamp:
        """Have a digest stamped.

        Raises:
            PkiError: TIME_STAMP_UNAVAILABLE.
        """


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows that a certificate was good, as DER; each by its own signature.

    Args:
        certificates: its chain, the root too, and who answered over OCSP.
        crls: revocation lists.
        ocsps: OCSP answers.
    """

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceQuestion:
    """Whose evidence is wanted.

    Args:
        certificate: the end certificate, DER.
        intermediates: what came with it, DER.
        usage: what its key did.
        at: when it did; the certificate must have been good then.
        is_past: the act is proven to have happened at that time. Then what is said
            about the end certificate must be from then or later, since what was said
            before the act does not cover it.
        known: what the file holds already; it is used where it will do.
        now: what is not known must be the newest there is, since nothing proves yet
            how old it is. None: `at` is now.
    """

    certificate: bytes
    intermediates: Sequence[bytes]
    usage: KeyPurpose
    at: datetime
    is_past: bool = True
    known: TrustMaterial = NO_MATERIAL
    now: datetime | None = None


class EvidenceSource(Protocol):
    """Finds evidence, and judges it before it is used."""

    def collect(self, question: EvidenceQuestion) -> Evidence:
        """Return what shows that a certificate was good.

        Raises:
            PkiError: it was not, or nothing shows it; EVIDENCE_TOO_OLD if what there
                is was said before the time in question.
        """


class TokenRoom:
    """How many octets to keep for a token; learned from those a service gave."""

    def __init__(self, first: int = FIRST_ROOM) -> None:
        self._octets = first
        self._largest = 0
        self._lock = Lock()

    @property
    def octets(self) -> int:
        """Octets to keep for the next token."""
        return self._octets

    def learn(self, token: bytes) -> None:
        """Remember the size of a token."""
        with self._lock:
            self._largest = max(self._largest, len(token))
            self._octets = self._largest + _SPARE


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningServices:
    """Whom to ask. With nobody, signatures are of level B-B and nobody is judged.

    Args:
        stamps: gives time stamps.
        evidence: gives revocation data; the signer is judged by it before signing.
        clock: gives the time.
        room: what is known of the size of the tokens.
    """

    stamps: TimeStampSource | None = None
    evidence: EvidenceSource | None = None
    clock: Callable[[], datetime] = _now
    room: TokenRoom = field(default_factory=TokenRoom)


NO_SERVICES = SigningServices()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """A signed file, and whether it is what was asked for.

    Args:
        data: the file.
        level: the level reached.
        wanted: the level asked for.
        reason: why it is lower; None if it is not.
    """

    data: bytes
    level: SignatureLevel
    wanted: SignatureLevel
    reason: Reason | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the level asked for was reached."""
        return self.level.includes(self.wanted)
