"""Renewal and re-key: a certificate vouches for the one that follows it.

The holder of a valid certificate was approved once; it stands for one approval of the
next. How long a key may be kept is judged in `pki.registration.checks.check_key`.
"""

from datetime import datetime, timedelta

from cryptography import x509

from pki.ca.profiles import PROFILES
from pki.ca.requests import parse_request
from pki.errors import PkiError
from pki.journal.store import Act
from pki.names import subject_fields
from pki.registration.filing import Filing, file
from pki.registration.office import Office
from pki.registration.records import Application, RegistrationRequest
from pki.registry.api import RegisteredCertificate
from schemas.errors import ErrorCode


def renew(office: Office, current: x509.Certificate, csr: bytes) -> RegistrationRequest:
    """File the request of whoever holds a certificate, for the same names.

    Args:
        office: the desk.
        current: certificate of a connection whose chain and revocation were checked.
        csr: the request, for the same key or a new one.

    Raises:
        PkiError: not a valid certificate of ours, or other names asked for
            (RENEWAL_SUBJECT_DIFFERS); or as `filing.file`.
    """
    entry = _own(office, current)
    asked = parse_request(csr)
    check_same_subject(asked.subject, current.subject)
    names = subject_fields(current)
    days = renewed_days(current, office.clock(), office.facts(entry.kind).issuer_ends)
    origin = f"certificate {entry.serial:x}"
    filing = Filing(
        application=Application(kind=entry.kind, names=names, csr=csr, days=days),
        needed=max(0, office.needed(entry.kind) - 1),
        origin=origin,
    )
    return file(office, filing, Act(actor=origin))


def check_same_subject(asked: x509.Name, current: x509.Name) -> None:
    """Check that a request states nothing the certificate does not (RFC 7030 4.2.2).

    Raises:
        PkiError: it does (RENEWAL_SUBJECT_DIFFERS).
    """
    if not set(asked) <= set(current):
        raise PkiError(ErrorCode.RENEWAL_SUBJECT_DIFFERS, place="subject")


def renewed_days(
    current: x509.Certificate, now: datetime, issuer_ends: datetime | None
) -> int | None:
    """Return the days of the next certificate: as many, or up to the issuer's end."""
    lasted = current.not_valid_after_utc - current.not_valid_before_utc
    days = max(1, round(lasted / timedelta(days=1)))
    past_issuer = issuer_ends is not None and now + timedelta(days=days) > issuer_ends
    return None if past_issuer else days


def _own(office: Office, current: x509.Certificate) -> RegisteredCertificate:
    try:
        entry = office.hierarchy.find(current.serial_number)
    except PkiError as error:
        raise PkiError(ErrorCode.RENEWAL_SUBJECT_DIFFERS) from error
    same = x509.load_der_x509_certificate(entry.der) == current
    over = current.not_valid_after_utc <= office.clock()
    profile = PROFILES[entry.kind]
    if not same or over or entry.revoked_at or profile.is_ca or profile.is_responder:
        raise PkiError(ErrorCode.RENEWAL_SUBJECT_DIFFERS)
    return entry
