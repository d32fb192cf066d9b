"""What a merger of agencies means for their certificates: facts in, steps out.

Three cases (District notice of 8 May 2025): a new body from several takes over the
certificates of one of them, amended, and the rest are revoked; a body absorbed into
one that stays loses its own; a body that only changes its name or parent has its
certificates amended.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509

from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import SubjectFields, subject_fields
from pki.registration.checks import DeskFacts
from pki.registration.codec import Reader, approval_fields, read_approvals
from pki.registration.records import Approval, RequestState
from pki.registry.api import RegisteredCertificate
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Which agencies become which.

    Args:
        into: the agency afterwards.
        sources: the agencies that end in it; `into` itself where it only changes.
        keep: the one of them whose certificates are amended; None: all are revoked.
        name: name of the agency afterwards; empty: as it is known.
    """

    into: OrganId
    sources: tuple[OrganId, ...]
    keep: OrganId | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergerRecord:
    """A planned merger in the book.

    Args:
        id: names it.
        merger: what it is.
        amended: serial numbers of certificates to be made anew with the new names.
        revoked: serial numbers to be revoked, those amended among them.
        submitter: who planned it.
        planned_at: when.
        needed: approvals that complete it.
        approvals: given so far.
        state: pending, approved, issued once it is done.
    """

    id: str
    merger: Merger
    amended: tuple[int, ...]
    revoked: tuple[int, ...]
    submitter: str
    planned_at: datetime
    needed: int
    approvals: tuple[Approval, ...] = ()
    state: RequestState = RequestState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """A certificate of an agency that ends, and how its key stands.

    Args:
        entry: the certificate.
        of_key: all certificates of its key, itself among them.
    """

    entry: RegisteredCertificate
    of_key: tuple[RegisteredCertificate, ...]


def check_merger(merger: Merger) -> None:
    """Check that a merger makes sense.

    Raises:
        PkiError: it does not (MERGER_REFUSED).
    """
    sources = set(merger.sources)
    if not sources or len(sources) < len(merger.sources):
        raise PkiError(ErrorCode.MERGER_REFUSED, place="from")
    if merger.keep is not None and merger.keep not in sources:
        raise PkiError(ErrorCode.MERGER_REFUSED, place="keep")
    if merger.into in sources and merger.keep != merger.into:
        raise PkiError(ErrorCode.MERGER_REFUSED, place="into")


def merger_id(merger: Merger) -> str:
    """Return what names a merger: the same plan is the same merger."""
    digest = sha256(json.dumps(_merger_fields(merger), sort_keys=True).encode())
    return f"merger-{digest.hexdigest()[:16]}"


def steps(
    merger: Merger,
    certificates: Mapping[OrganId, Iterable[HeldCertificate]],
    now: datetime,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the serial numbers to be amended, and those to be revoked."""
    amended: list[int] = []
    revoked: list[int] = []
    for code in merger.sources:
        for held in certificates[code]:
            one = held.entry
            if _has_ended(one, now) or (one.revoked_at and not one.is_suspended):
                continue
            revoked.append(one.serial)
            if code == merger.keep and may_be_amended(held, now):
                amended.append(one.serial)
    return tuple(amended), tuple(revoked)


def may_be_amended(held: HeldCertificate, now: datetime) -> bool:
    """Tell whether a certificate still vouches for its key.

    A key of which one certificate was revoked or is suspended is certified no more.
    """
    revoked = any(one.revoked_at is not None for one in held.of_key)
    return not revoked and not _has_ended(held.entry, now)


def days_until(ends: datetime, facts: DeskFacts) -> int | None:
    """Return the days of a certificate that ends on the same day (UTC) as another.

    Returns:
        At least one; None, which is as long as the issuer lives, where it ends that
        day itself.
    """
    days = max(1, (ends.date() - facts.now.astimezone(UTC).date()).days)
    until, issuer_ends = facts.now + timedelta(days=days), facts.issuer_ends
    return None if issuer_ends is not None and until > issuer_ends else days


def with_later(
    record: MergerRecord,
    certificates: Mapping[OrganId, Iterable[HeldCertificate]],
    now: datetime,
) -> MergerRecord:
    """Return a plan with what was certified for its agencies since it was made.

    Later ones come first: of a key that was renewed, what lasts longer is amended.
    """
    later = {
        code: [one for one in found if _is_later(one.entry, record)]
        for code, found in certificates.items()
    }
    amended, revoked = steps(record.merger, later, now)
    return replace(
        record,
        amended=(*reversed(amended), *record.amended),
        revoked=(*record.revoked, *revoked),
    )


def _is_later(entry: RegisteredCertificate, record: MergerRecord) -> bool:
    """Tell whether a plan misses a certificate that a run of it did not make."""
    if entry.serial in record.revoked:
        return False
    names = subject_fields(x509.load_der_x509_certificate(entry.der))
    return amended_names(entry, record.merger) != names


def _has_ended(entry: RegisteredCertificate, now: datetime) -> bool:
    return x509.load_der_x509_certificate(entry.der).not_valid_after_utc <= now


def amended_names(entry: RegisteredCertificate, merger: Merger) -> SubjectFields:
    """Return whom a certificate names afterwards."""
    names = subject_fields(x509.load_der_x509_certificate(entry.der))
    named = replace(names, organ_id=merger.into)
    if not merger.name:
        return named
    if entry.kind is CertificateKind.AGENCY_SEAL:
        named = replace(named, common_name=merger.name)
    return replace(named, organisation=merger.name) if names.organisation else named


def merger_record_fields(record: MergerRecord) -> dict[str, object]:
    """Write a planned merger."""
    return {
        **_merger_fields(record.merger),
        "amended": [f"{one:x}" for one in record.amended],
        "revoked": [f"{one:x}" for one in record.revoked],
        "submitter": record.submitter,
        "planned_at": record.planned_at.isoformat(),
        "needed": record.needed,
        "approvals": approval_fields(record.approvals),
        "state": record.state.value,
    }


def read_merger_record(key: str, record: Mapping[str, object]) -> MergerRecord:
    """Read a planned merger."""
    fields = Reader(record)
    keep = fields.text("keep")
    return MergerRecord(
        id=key,
        merger=Merger(
            into=OrganId(fields.text("into")),
            sources=tuple(OrganId(one) for one in fields.texts("from")),
            keep=OrganId(keep) if keep else None,
            name=fields.text("name"),
        ),
        amended=tuple(int(one, 16) for one in fields.texts("amended")),
        revoked=tuple(int(one, 16) for one in fields.texts("revoked")),
        submitter=fields.text("submitter"),
        planned_at=fields.time("planned_at"),
        needed=fields.number("needed"),
        approvals=read_approvals(fields.parts("approvals")),
        state=RequestState(fields.text("state")),
    )


def _merger_fields(merger: Merger) -> dict[str, object]:
    return {
        "into": merger.into,
        "from": sorted(merger.sources),
        "keep": merger.keep or "",
        "name": merger.name,
    }
