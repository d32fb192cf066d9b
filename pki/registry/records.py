"""What a CA remembers of each certificate, and how its state may change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.errors import PkiError
from pki.journal.store import CaAction
from pki.keys.api import PublicKey
from pki.kinds import CertificateKind
from pki.names import UNREADABLE_CERTIFICATE, agency_of
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.timestamps import format_utc

STATE_CHANGES = (
    CaAction.CERTIFICATE_REVOKED,
    CaAction.CERTIFICATE_SUSPENDED,
    CaAction.CERTIFICATE_RELEASED,
)
"""Actions that change what the next list says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCertificate:
    """One issued certificate.

    Args:
        serial: unique in its CA.
        kind: what it is for.
        der: the certificate.
        issued_at: when.
        revoked_at: since when it is revoked or suspended, if it is.
        reason: why (RFC 5280 5.3.1); certificateHold while it is suspended.
        invalidity_date: since when it is known or suspected not to be trusted
            (RFC 5280 5.3.2).
    """

    serial: int
    kind: CertificateKind
    der: bytes
    issued_at: datetime
    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None
    invalidity_date: datetime | None = None

    @property
    def is_suspended(self) -> bool:
        """Whether it is revoked for a time, and may be released."""
        return self.reason is x509.ReasonFlags.certificate_hold


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunIssuance:
    """A certificate about to be signed.

    Args:
        serial: its serial number, used up from now on.
        kind: what it is for.
        tbs_digest: SHA-256 of the bytes that will be signed, in lower hexadecimal.
        key_digest: SHA-256 of its SubjectPublicKeyInfo.
        subject_digest: SHA-256 of its encoded subject.
        at: when.
    """

    serial: int
    kind: CertificateKind
    tbs_digest: str
    key_digest: str
    subject_digest: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """For what a public key was certified, or is about to be.

    Args:
        kind: what for.
        subject_digest: SHA-256 of the encoded subject.
        is_revoked: it was revoked, or is suspended.
    """

    kind: CertificateKind
    subject_digest: str
    is_revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChange:
    """A change of state.

    Args:
        serial: of which certificate.
        action: one of `STATE_CHANGES`.
        at: when.
        reason: of a revocation.
        invalidity_date: since when it is not to be trusted, if that was earlier.
    """

    serial: int
    action: CaAction
    at: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified
    invalidity_date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedEntry:
    """What a revocation list says about one certificate (RFC 5280 5.1.2.6)."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags
    invalidity_date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedList:
    """A revocation list, ready to be published.

    Args:
        der: the list.
        this_update: from when on it counts.
        next_update: until when.
    """

    der: bytes
    this_update: datetime
    next_update: datetime


ListMaker = Callable[[int, Sequence[RevokedEntry]], SignedList]
"""Signs a list with a number and entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIndex:
    """By what a certificate is found.

    Args:
        key_digest: SHA-256 of its SubjectPublicKeyInfo, in lower hexadecimal.
        subject_digest: SHA-256 of its encoded subject.
        tbs_digest: SHA-256 of the bytes that are signed.
        agency: the agency it names; empty if none.
        not_after: when it ends.
    """

    key_digest: str
    subject_digest: str
    tbs_digest: str
    agency: OrganId | str
    not_after: datetime


def index_of(der: bytes) -> CertificateIndex:
    """Read by what a certificate is found.

    Raises:
        PkiError: it cannot be read (CERTIFICATE_MALFORMED).
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        info = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return CertificateIndex(
            key_digest=sha256(info).hexdigest(),
            subject_digest=digest_of(certificate.subject.public_bytes()),
            tbs_digest=digest_of(certificate.tbs_certificate_bytes),
            agency=agency_of(certificate) or "",
            not_after=certificate.not_valid_after_utc,
        )
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place="registry") from error


def key_digest(public_key: PublicKey) -> str:
    """Return the SHA-256 of a key's SubjectPublicKeyInfo, in lower hexadecimal."""
    info = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return digest_of(info)


def digest_of(data: bytes) -> str:
    """Return a SHA-256 in lower hexadecimal."""
    return sha256(data).hexdigest()


def changed(
    entry: RegisteredCertificate, change: CertificateChange
) -> RegisteredCertificate:
    """Return the certificate in its new state.

    A revocation is final. A suspension may be released, or become a revocation that
    counts from the suspension on (ITU-T X.509 9.5.3.1).

    Raises:
        PkiError: the state does not allow it (ALREADY_REVOKED, ALREADY_SUSPENDED,
            NOT_SUSPENDED).
    """
    place = f"{change.serial:x}"
    if change.action is CaAction.CERTIFICATE_RELEASED:
        if not entry.is_suspended:
            raise PkiError(ErrorCode.NOT_SUSPENDED, place=place)
        return replace(entry, revoked_at=None, reason=None, invalidity_date=None)
    if entry.revoked_at and not entry.is_suspended:
        raise PkiError(ErrorCode.ALREADY_REVOKED, place=place)
    if change.action is CaAction.CERTIFICATE_SUSPENDED:
        if entry.is_suspended:
            raise PkiError(ErrorCode.ALREADY_SUSPENDED, place=place)
        reason = x509.ReasonFlags.certificate_hold
        return replace(entry, revoked_at=change.at, reason=reason)
    return replace(
        entry,
        revoked_at=entry.revoked_at or change.at,
        reason=change.reason,
        invalidity_date=change.invalidity_date,
    )


def facts_of_begun(begun: BegunIssuance) -> Mapping[str, str]:
    """Return what the journal says about an issuance that begins."""
    return {
        "kind": begun.kind.value,
        "tbs_sha256": begun.tbs_digest,
        "key_sha256": begun.key_digest,
    }


def facts_of_issued(entry: RegisteredCertificate) -> Mapping[str, str]:
    """Return what the journal says about a new certificate."""
    return {
        "kind": entry.kind.value,
        "sha256": digest_of(entry.der),
        "issued_at": format_utc(entry.issued_at),
    }


def facts_of_state(entry: RegisteredCertificate) -> Mapping[str, str]:
    """Return what the journal says about a state; nothing if it is good."""
    return {
        **({"revoked_at": format_utc(entry.revoked_at)} if entry.revoked_at else {}),
        **({"reason": entry.reason.value} if entry.reason else {}),
        **(
            {"invalidity_date": format_utc(entry.invalidity_date)}
            if entry.invalidity_date
            else {}
        ),
    }


def facts_of_list(signed: SignedList, entries: int) -> Mapping[str, str]:
    """Return what the journal says about a revocation list."""
    return {
        "sha256": digest_of(signed.der),
        "entries": str(entries),
        "next_update": format_utc(signed.next_update),
    }


def subject_of(serial: int) -> str:
    """Return how registry and journal write a serial number."""
    return f"{serial:x}"
