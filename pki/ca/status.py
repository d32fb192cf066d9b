"""What a CA says about its certificates, as a responder may read it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography import x509

from pki.ca.labels import AnyLabel
from pki.ca.layout import list_path, load_certificate, serials_path
from pki.ca.serials import read_serials
from pki.certificates import read_certificate
from pki.errors import PkiError
from pki.revocation.lists import RevocationList, read_revocation_list
from pki.trust import load_material
from schemas.errors import ErrorCode


class Standing(StrEnum):
    """How a certificate stands (RFC 6960 2.2)."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """What the CA says about one serial number.

    Args:
        standing: the answer.
        revoked_at: since when, if revoked.
        reason: why, if revoked and stated.
    """

    standing: Standing
    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None


GOOD = CertificateStatus(Standing.GOOD)
UNKNOWN = CertificateStatus(Standing.UNKNOWN)


class StatusSource(Protocol):
    """Where a responder looks things up; it says at every moment what holds now."""

    @property
    def good_until(self) -> datetime:
        """From when on nothing it says counts."""

    def status_of(self, serial: int) -> CertificateStatus:
        """Say how a serial number stands; one never issued is unknown, never good."""


@dataclass(frozen=True, slots=True)
class PublishedStatus:
    """The published files of one CA: its list, and the serial numbers it issued.

    Args:
        revocations: the list, signed by the CA.
        issued: every serial number the CA issued.
    """

    revocations: RevocationList
    issued: frozenset[int]

    @property
    def good_until(self) -> datetime:
        """When the next list is due; a list without that says nothing for long."""
        return self.revocations.next_update or self.revocations.this_update

    def status_of(self, serial: int) -> CertificateStatus:
        """Say how a serial number stands; the list counts before the record."""
        revoked_at = self.revocations.revoked_at(serial)
        if revoked_at is not None:
            reason = self.revocations.reason_of(serial)
            return CertificateStatus(Standing.REVOKED, revoked_at, reason)
        return GOOD if serial in self.issued else UNKNOWN


def read_published_status(directory: Path, ca: AnyLabel) -> PublishedStatus:
    """Read what a CA published in `directory`.

    Raises:
        PkiError: a file is unreadable, or the list is not signed by the CA.
    """
    issuer = read_certificate(load_certificate(directory, ca))
    path = list_path(directory, ca)
    revocations = read_revocation_list(load_material(revocation=[path]).crls[0])
    if not revocations.is_signed_by(issuer):
        raise PkiError(ErrorCode.CRL_INVALID, place=path.name)
    return PublishedStatus(revocations, read_serials(serials_path(directory, ca)))
