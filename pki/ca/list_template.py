"""Building revocation lists: complete ones alone (RFC 5280 section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509 import ObjectIdentifier

from pki.ca.template import authority_key_identifier
from pki.der import generalized_time
from pki.registry.records import RevokedEntry

EXPIRED_CERTIFICATES_ON_LIST = ObjectIdentifier("2.5.29.60")
"""expiredCertsOnCRL (ITU-T X.509 9.5.2.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """What a revocation list will say.

    Args:
        issuer: certificate of the CA.
        number: greater than that of every list before (5.2.3).
        this_update: from when on it counts.
        next_update: until when.
        entries: everything revoked or suspended.
    """

    issuer: x509.Certificate
    number: int
    this_update: datetime
    next_update: datetime
    entries: Iterable[RevokedEntry]


def list_builder_for(plan: ListPlan) -> x509.CertificateRevocationListBuilder:
    """Return a builder with everything the list says.

    Certificates stay listed when they expire, all since the CA began.
    """
    issuer = plan.issuer
    kept_since = x509.UnrecognizedExtension(
        EXPIRED_CERTIFICATES_ON_LIST, generalized_time(issuer.not_valid_before_utc)
    )
    # Adding one by one would copy all entries every time.
    entries = [_listed(one) for one in plan.entries]
    return (
        x509.CertificateRevocationListBuilder(revoked_certificates=entries)
        .issuer_name(issuer.subject)
        .last_update(plan.this_update)
        .next_update(plan.next_update)
        .add_extension(x509.CRLNumber(plan.number), critical=False)
        .add_extension(authority_key_identifier(issuer), critical=False)
        .add_extension(kept_since, critical=False)
    )


def _listed(entry: RevokedEntry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial)
    builder = builder.revocation_date(entry.at)
    if entry.reason is not x509.ReasonFlags.unspecified:
        # RFC 5280 5.3.1: absent rather than "unspecified".
        builder = builder.add_extension(x509.CRLReason(entry.reason), critical=False)
    if entry.invalidity_date:
        # The library takes a time without a zone to be UTC (5.3.2).
        utc = entry.invalidity_date.astimezone(UTC).replace(tzinfo=None)
        date = x509.InvalidityDate(utc)
        builder = builder.add_extension(date, critical=False)
    return builder.build()
