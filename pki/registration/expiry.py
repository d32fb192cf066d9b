"""Warnings before certificates end: each stage of each certificate told once.

A warning is entered in the journal before anybody is told: it is told at most once. A
message lost in a crash is no loss, as the counters and `lienthong pki expiring` are
computed from the certificates every time; a message told twice teaches people to
ignore it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from pki.journal import Act, CaAction
from pki.kinds import CertificateKind
from pki.names import agency_of
from pki.profiles import PROFILES
from pki.registration.book import Table
from pki.registration.office import DESK, Office
from pki.registry import RegisteredCertificate
from schemas.identifiers import OrganId

STAGES = (60, 30, 14, 7, 1)
"""Days before the end at which it is warned about."""

_SHORTEST = 2  # a stage counts for what lives longer than so many times the stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When a certificate ends.

    Args:
        serial: which.
        kind: what it is for.
        agency: whom it names.
        not_after: when it ends.
        stage: days of the stage it is in; None while it is in none.
    """

    serial: int
    kind: CertificateKind
    agency: OrganId | None
    not_after: datetime
    stage: int | None


def ending(
    certificates: Sequence[RegisteredCertificate], now: datetime
) -> tuple[Expiry, ...]:
    """Return what is in a stage now and was not renewed."""
    found = unrenewed(certificates, now)
    return tuple(one for one in found if one.stage is not None)


def unrenewed(
    certificates: Sequence[RegisteredCertificate], now: datetime
) -> tuple[Expiry, ...]:
    """Return what counts now and was not renewed, what ends first at first.

    Renewed is what has a certificate of the same kind and subject that ends later and
    is not revoked.
    """
    read = [
        (one, x509.load_der_x509_certificate(one.der))
        for one in certificates
        if one.revoked_at is None and not PROFILES[one.kind].is_ca
    ]
    latest = _latest(read)
    found = (
        Expiry(
            serial=entry.serial,
            kind=entry.kind,
            agency=agency_of(certificate),
            not_after=certificate.not_valid_after_utc,
            stage=stage_of(certificate, now),
        )
        for entry, certificate in read
        if now < certificate.not_valid_after_utc >= latest[_holder(entry, certificate)]
    )
    return tuple(sorted(found, key=lambda one: (one.not_after, one.serial)))


def stage_of(certificate: x509.Certificate, now: datetime) -> int | None:
    """Return the stage a certificate is in; None if it is in none, or over."""
    ends = certificate.not_valid_after_utc
    lives = ends - certificate.not_valid_before_utc
    reached = [
        one
        for one in STAGES
        if ends - now <= timedelta(days=one) and lives > _SHORTEST * timedelta(days=one)
    ]
    return min(reached) if reached and now < ends else None


def due_warnings(
    certificates: Sequence[RegisteredCertificate],
    told: Collection[tuple[int, int]],
    now: datetime,
) -> tuple[Expiry, ...]:
    """Return what must be warned about now.

    Args:
        certificates: everything issued.
        told: serial numbers and stages told before.
        now: the time.

    Returns:
        At most one warning per certificate: a stage that passed while nobody looked
        is not told later.
    """
    return tuple(
        one for one in ending(certificates, now) if (one.serial, one.stage) not in told
    )


def counts_by_stage(
    certificates: Sequence[RegisteredCertificate], now: datetime
) -> Mapping[int, int]:
    """Return how many certificates are in each stage now."""
    found = [one.stage for one in ending(certificates, now)]
    return {stage: found.count(stage) for stage in STAGES}


def record_warnings(office: Office) -> tuple[Expiry, ...]:
    """Enter the warnings that are due; tell of those returned, and only of them.

    Raises:
        PkiError: the book cannot be written.
    """
    now, act = office.clock(), Act(actor=DESK)
    certificates = office.hierarchy.certificates()
    if not due_warnings(certificates, _told(office.book.page.all(Table.TOLD)), now):
        return ()
    with office.book.change() as page:
        due = due_warnings(certificates, _told(page.all(Table.TOLD)), now)
        for one in due:
            page.put(Table.TOLD, f"{one.serial:x}/{one.stage}", {})
            facts = {"stage": f"{one.stage}", "kind": one.kind.value}
            page.enter(CaAction.EXPIRY_WARNED, act, f"{one.serial:x}", facts, now)
    return due


def _told(rows: Iterable[tuple[str, object]]) -> frozenset[tuple[int, int]]:
    pairs = (key.split("/") for key, _ in rows)
    return frozenset((int(serial, 16), int(stage)) for serial, stage in pairs)


_Holder = tuple[CertificateKind, bytes]


def _holder(entry: RegisteredCertificate, certificate: x509.Certificate) -> _Holder:
    return entry.kind, certificate.subject.public_bytes()


def _latest(
    read: Iterable[tuple[RegisteredCertificate, x509.Certificate]],
) -> Mapping[_Holder, datetime]:
    latest: dict[_Holder, datetime] = {}
    for entry, certificate in read:
        holder, ends = _holder(entry, certificate), certificate.not_valid_after_utc
        latest[holder] = max(ends, latest.get(holder, ends))
    return latest
