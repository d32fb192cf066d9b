"""The store of issued certificates of one CA, as a Protocol with two forms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pki.journal.store import Act, CaAction, Journal, JournalEntry
from pki.kinds import CertificateKind
from pki.registry.memory import MemoryRegistry
from pki.registry.records import (
    BegunIssuance,
    CertificateChange,
    KeyHolder,
    ListMaker,
    RegisteredCertificate,
    RevokedEntry,
    SignedList,
)
from pki.registry.sqlite import SqliteRegistry
from schemas.identifiers import OrganId

__all__ = [
    "BegunIssuance",
    "CertificateChange",
    "CertificateRegistry",
    "KeyHolder",
    "ListMaker",
    "MemoryRegistry",
    "RegisteredCertificate",
    "RevokedEntry",
    "SignedList",
    "SqliteRegistry",
]


class CertificateRegistry(Protocol):
    """What a CA remembers; tests/contract holds every form to the same behaviour.

    Every change and its entry in the journal become durable together, before the call
    returns. A certificate is reserved before it is signed, and added afterwards.
    """

    @property
    def journal(self) -> Journal:
        """What was done, to be read; it is written by the changes alone."""

    def reserve(self, begun: Sequence[BegunIssuance], act: Act) -> None:
        """Record certificates that are about to be signed: all of them, or none.

        Raises:
            PkiError: a serial number is taken (ISSUANCE_REFUSED).
        """

    def add(self, issued: Sequence[RegisteredCertificate], act: Act) -> None:
        """Record certificates that were signed as reserved: all of them, or none.

        Raises:
            PkiError: a serial number is taken, or not reserved for these very bytes
                (ISSUANCE_REFUSED).
        """

    def change(self, change: CertificateChange, act: Act) -> RegisteredCertificate:
        """Revoke, suspend or release a certificate; return its new state.

        Raises:
            PkiError: unknown serial number, or its state does not allow it.
        """

    def publish_list(self, make: ListMaker, act: Act) -> SignedList:
        """Have a list signed under a number greater than all before, and record it.

        What is signed under a number is never published if it could not be recorded.

        Raises:
            PkiError: it cannot be signed or recorded.
        """

    def record(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> JournalEntry:
        """Enter in the journal what changes no certificate."""

    def get(self, serial: int) -> RegisteredCertificate:
        """Return one certificate.

        Raises:
            PkiError: unknown serial number (CERTIFICATE_NOT_FOUND).
        """

    def __contains__(self, serial: object) -> bool:
        """Tell whether a certificate has the serial number."""

    def list(self) -> Sequence[RegisteredCertificate]:
        """Return all certificates, oldest first."""

    def serials(self, after: int = 0) -> Sequence[int]:
        """Return serial numbers in the order they were added, beyond a count."""

    def begun(self) -> Sequence[BegunIssuance]:
        """Return all issuances ever begun, in no order."""

    def unfinished(self) -> Sequence[BegunIssuance]:
        """Return issuances that were begun and never finished."""

    def revoked(self) -> Sequence[RevokedEntry]:
        """Return what belongs on a list, in the order certificates were added."""

    def holders_of(self, key_digest: str) -> Sequence[KeyHolder]:
        """Return for what a key was certified, or is about to be."""

    def of_key(self, key_digest: str) -> Sequence[RegisteredCertificate]:
        """Return the certificates of a key (SHA-256, lower hexadecimal)."""

    def of_agency(self, agency: OrganId) -> Sequence[RegisteredCertificate]:
        """Return the certificates that name an agency."""

    def expiring(
        self, after: datetime, before: datetime
    ) -> Sequence[RegisteredCertificate]:
        """Return certificates that end in between and are not revoked for good."""

    def lasting(
        self, kind: CertificateKind, subject_digest: str, after: datetime
    ) -> Sequence[RegisteredCertificate]:
        """Return what a subject has of a kind that ends after a time, by its end.

        What is revoked, or suspended, does not count.
        """

    def close(self) -> None:
        """Let go of files."""
