"""Warnings before certificates end: each stage of each certificate told once.

A warning is entered in the journal before anybody is told: it is told at most once. A
message lost in a crash is no loss, as the counters and `lienthong pki expiring` are
computed from the certificates every time; a message told twice teaches people to
ignore it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from pki.ca.hierarchy import Hierarchy
from pki.journal.store import Act, CaAction
from pki.kinds import CertificateKind
from pki.names import agency_of
from pki.registration.book import Page, Table
from pki.registration.office import DESK, Office
from pki.registry.api import RegisteredCertificate
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
        stages: those it has come to, in days, the longest first; none once it is over.
    """

    serial: int
    kind: CertificateKind
    agency: OrganId | None
    not_after: datetime
    stages: tuple[int, ...]

    @property
    def stage(self) -> int | None:
        """Days of the stage it is in; None while it is in none."""
        return min(self.stages, default=None)


@dataclass(frozen=True, slots=True)
class ExpiryLook:
    """What was found in one look.

    Args:
        due: to be told now, and never again.
        counts: certificates that have come to each stage by now, and to later ones.
    """

    due: tuple[Expiry, ...]
    counts: Mapping[int, int]


def expiries(
    certificates: Iterable[RegisteredCertificate], now: datetime
) -> tuple[Expiry, ...]:
    """Return when certificates end, what ends first at first."""
    found = (_expiry(one, now) for one in certificates)
    return tuple(sorted(found, key=lambda one: (one.not_after, one.serial)))


def ending(hierarchy: Hierarchy, now: datetime) -> tuple[Expiry, ...]:
    """Return what is in a stage now and was not renewed."""
    found = expiries(hierarchy.unrenewed(now + timedelta(days=max(STAGES))), now)
    return tuple(one for one in found if one.stage is not None)


def stages_of(certificate: x509.Certificate, now: datetime) -> tuple[int, ...]:
    """Return the stages a certificate has come to; none if it is over."""
    ends = certificate.not_valid_after_utc
    lives = ends - certificate.not_valid_before_utc
    if now >= ends:
        return ()
    return tuple(
        one
        for one in STAGES
        if ends - now <= timedelta(days=one) and lives > _SHORTEST * timedelta(days=one)
    )


def look(office: Office) -> ExpiryLook:
    """Enter the warnings that are due, and count what ends.

    At most one warning per certificate: a stage that passed while nobody looked is not
    told later.

    Raises:
        PkiError: the book cannot be written.
    """
    now, act = office.clock(), Act(actor=DESK)
    found = ending(office.hierarchy, now)
    counts = {stage: sum(stage in one.stages for one in found) for stage in STAGES}
    if not _untold(found, office.book.page):
        return ExpiryLook((), counts)
    with office.book.change() as page:
        due = _untold(found, page)
        for one in due:
            page.put(Table.TOLD, _key(one), {})
            facts = {"stage": f"{one.stage}", "kind": one.kind.value}
            page.enter(CaAction.EXPIRY_WARNED, act, f"{one.serial:x}", facts, now)
    return ExpiryLook(due, counts)


def _expiry(entry: RegisteredCertificate, now: datetime) -> Expiry:
    certificate = x509.load_der_x509_certificate(entry.der)
    return Expiry(
        serial=entry.serial,
        kind=entry.kind,
        agency=agency_of(certificate),
        not_after=certificate.not_valid_after_utc,
        stages=stages_of(certificate, now),
    )


def _untold(found: Iterable[Expiry], page: Page) -> tuple[Expiry, ...]:
    return tuple(one for one in found if page.get(Table.TOLD, _key(one)) is None)


def _key(expiry: Expiry) -> str:
    return f"{expiry.serial:x}/{expiry.stage}"
