"""The one combined verdict on a signed file (ETSI EN 319 102-1 words).

A verdict has no truth value: callers read its indication, so that nothing counts as
valid by accident.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.errors import ErrorCode


class Indication(StrEnum):
    """Main indication (EN 319 102-1 clause 5.1.3)."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Sub-indication (EN 319 102-1 clause 5.1.3)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    GENERIC = "GENERIC"


class Modifications(StrEnum):
    """What later revisions changed after one signature."""

    NONE = "none"
    LTA = "lta"
    SIGNATURE = "signature"
    FORM_FILLING = "form_filling"
    OTHER = "other"
    NOT_ASSESSED = "not_assessed"


class FileKind(StrEnum):
    """What kind of file a verdict is about."""

    PDF = "pdf"
    ENVELOPE = "envelope"
    STATUS = "status"
    RECEIPT = "receipt"
    PREFLIGHT = "preflight"
    TREE_HEAD = "tree_head"
    DELEGATION = "delegation"
    BUNDLE = "bundle"
    CEREMONY = "ceremony"
    UNKNOWN = "unknown"


class RevocationState(StrEnum):
    """What is known about the status of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    STALE = "stale"
    UNCHECKED = "unchecked"


class RevocationSource(StrEnum):
    """Who said it."""

    CRL = "crl"
    OCSP = "ocsp"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is; texts come from `schemas.catalogue`.

    Args:
        code: the stable code.
        place: the part meant (a field, a member, a certificate's common name).
    """

    code: ErrorCode
    place: str = ""


@dataclass(frozen=True, slots=True)
class CertificateSummary:
    """One certificate of a chain, leaf first.

    Args:
        name: the common name of the subject.
        issuer_name: the common name of the issuer.
        organisation: the organisation the subject belongs to.
        unit: the department within it.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    name: str = ""
    issuer_name: str = ""
    organisation: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationCheck:
    """The result of checking the status of one certificate.

    Args:
        certificate: SHA-256 of the certificate, lower hex.
        state: the answer.
        source: who gave it; None when nobody was heard.
        said_at: as of when it was said (thisUpdate).
        fresh_until: when a newer answer is due (nextUpdate).
        revoked_at: since when it is revoked, also where that does not count.
        evidence: SHA-256 of the list or answer, lower hex.
    """

    certificate: str
    state: RevocationState
    source: RevocationSource | None = None
    said_at: datetime | None = None
    fresh_until: datetime | None = None
    revoked_at: datetime | None = None
    evidence: str = ""


class EvidenceKind(StrEnum):
    """What a verdict rests on besides the file."""

    CERTIFICATE = "certificate"
    REVOCATION_LIST = "crl"
    OCSP_ANSWER = "ocsp"
    TIME_STAMP = "time_stamp"


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One thing that a verdict rests on.

    Args:
        sha256: of its DER, lower hex.
    """

    kind: EvidenceKind
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """The verdict on one signature inside a file.

    `indication` is already the AND of bytes, modifications and certificate chain.

    Args:
        changed_objects: numbers of objects that later revisions wrote, the first 50.
        changed_pages: the pages that hold such an object, counted from 1, likewise.
        level: as far as it is proven (PAdES-B-B, -T, -LT, -LTA), or the form.
        signing_time: as the signer claims.
        timestamp_time: the earliest time that a time stamp proves; of a document time
            stamp, what it proves itself.
        timestamp_authority: the name of whose time stamp that is.
        revocation: what was checked about the chain, signer first.
        good_until: when the first certificate, list or answer used runs out.
        evidence: what was used about signer and stampers: certificates, lists, answers,
            time stamps.
    """

    field: str
    indication: Indication
    sub_indication: SubIndication | None = None
    signer: str = ""
    intact: bool = False
    valid: bool = False
    covers_whole_document: bool = False
    modifications: Modifications = Modifications.NOT_ASSESSED
    changed_objects: tuple[int, ...] = ()
    changed_pages: tuple[int, ...] = ()
    level: str = ""
    signing_time: datetime | None = None
    timestamp_time: datetime | None = None
    timestamp_authority: str = ""
    chain: tuple[CertificateSummary, ...] = ()
    revocation: tuple[RevocationCheck, ...] = ()
    good_until: datetime | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """By which validation policy a verdict was given (EN 319 102-1 clause 5.1.4).

    Args:
        sha256: of the policy as it was written, lower hex.
    """

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on one file; `parts` are the files inside it.

    Args:
        policy: by which policy; None where nothing was judged, and in parts.
    """

    kind: FileKind
    indication: Indication
    sub_indication: SubIndication | None = None
    name: str = ""
    signatures: tuple[SignatureVerdict, ...] = ()
    parts: tuple["Verdict", ...] = ()
    reasons: tuple[Reason, ...] = ()
    policy: AppliedPolicy | None = None


_SEVERITY = {
    Indication.TOTAL_PASSED: 0,
    Indication.INDETERMINATE: 1,
    Indication.TOTAL_FAILED: 2,
}


def worst(
    judged: Iterable[SignatureVerdict | Verdict],
) -> tuple[Indication, SubIndication | None]:
    """Return the worst indication of `judged` with its first sub-indication.

    Raises:
        ValueError: nothing was judged, so nothing may be said.
    """
    ranked: Sequence[SignatureVerdict | Verdict] = sorted(
        judged, key=lambda one: _SEVERITY[one.indication], reverse=True
    )
    if not ranked:
        raise ValueError("no verdict to combine")
    return ranked[0].indication, ranked[0].sub_indication
