"""What the CAs of a hierarchy issued and did, to be looked up."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from cryptography import x509

from pki.ca.authority import Authority
from pki.ca.labels import CaLabel, parse_label
from pki.ca.profiles import PROFILES
from pki.errors import PkiError
from pki.journal.store import JournalEntry
from pki.keys.api import PublicKey
from pki.names import composed_name, stated_names
from pki.registry.api import CertificateRegistry, RegisteredCertificate
from pki.registry.records import digest_of, index_of, key_digest, subject_of
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId


class Lookups:
    """Looks things up in the registries of the CAs whose keys are here.

    Args:
        authorities: the CAs, from the root down.
    """

    def __init__(self, authorities: Mapping[CaLabel, Authority]) -> None:
        self._authorities = authorities

    @property
    def labels(self) -> tuple[str, ...]:
        """The CAs whose keys are here, from the root down."""
        return tuple(map(str, self._authorities))

    def journal_of(self, label: str) -> Sequence[JournalEntry]:
        """Return what a CA did.

        Raises:
            PkiError: no such CA here, or its journal is broken.
        """
        return self._authority(parse_label(label)).registry.journal.entries()

    def journal_about(self, serial: int) -> Sequence[JournalEntry]:
        """Return what was done about a certificate.

        Raises:
            PkiError: no CA here issued it, or a journal is broken.
        """
        return self._registry_of(serial).journal.entries_of(subject_of(serial))

    def find(self, serial: int) -> RegisteredCertificate:
        """Return one certificate.

        Raises:
            PkiError: no CA here issued it (CERTIFICATE_NOT_FOUND).
        """
        return self._registry_of(serial).get(serial)

    def holders_of_key(
        self, public_key: PublicKey
    ) -> tuple[RegisteredCertificate, ...]:
        """Return all certificates of a key."""
        return self._of_key(key_digest(public_key))

    def with_key_of(
        self, entry: RegisteredCertificate
    ) -> tuple[RegisteredCertificate, ...]:
        """Return all certificates of the key of one, itself among them."""
        return self._of_key(index_of(entry.der).key_digest)

    def certificates_of(self, agency: OrganId) -> tuple[RegisteredCertificate, ...]:
        """Return all certificates that name an agency."""
        return tuple(
            one for each in self._registries.values() for one in each.of_agency(agency)
        )

    def expiring(self, before: datetime) -> tuple[RegisteredCertificate, ...]:
        """Return what counts today, and no more at `before`."""
        return tuple(
            one
            for each in self._authorities.values()
            for one in each.registry.expiring(each.clock(), before)
        )

    def unrenewed(self, before: datetime) -> tuple[RegisteredCertificate, ...]:
        """Return end certificates that end before, and have no successor.

        A successor is of the same kind and subject, names the same systems and hosts,
        ends later and is not revoked, whichever generation issued it. People are told
        apart by their subjects alone: who is certified anew has a new key, and needs
        not say which certificate that follows.
        """
        return tuple(
            one
            for one in self.expiring(before)
            if one.revoked_at is None
            and not PROFILES[one.kind].is_ca
            and not self._has_successor(one)
        )

    def certificates(self) -> tuple[RegisteredCertificate, ...]:
        """Return everything the CAs here issued, oldest first."""
        return tuple(sorted(self._registered(), key=lambda one: one.issued_at))

    def _authority(self, label: CaLabel) -> Authority:
        if label not in self._authorities:
            raise PkiError(ErrorCode.KEY_UNREADABLE, place=str(label))
        return self._authorities[label]

    def _issuer_of(self, serial: int) -> CaLabel:
        for label, registry in self._registries.items():
            if serial in registry:
                return label
        raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=f"{serial:x}")

    def _registry_of(self, serial: int) -> CertificateRegistry:
        return self._registries[self._issuer_of(serial)]

    def _has_successor(self, one: RegisteredCertificate) -> bool:
        not_after, names = index_of(one.der).not_after, _names(one)
        lasting = (
            later
            for label, registry in self._registries.items()
            if label.kind is PROFILES[one.kind].issuer
            for subject in _subjects(one)
            for later in registry.lasting(one.kind, subject, not_after)
        )
        return any(names <= _names(later) for later in lasting)

    def _of_key(self, digest: str) -> tuple[RegisteredCertificate, ...]:
        registries = self._registries.values()
        return tuple(one for each in registries for one in each.of_key(digest))

    def _registered(self) -> Iterator[RegisteredCertificate]:
        for registry in self._registries.values():
            yield from registry.list()

    @property
    def _registries(self) -> Mapping[CaLabel, CertificateRegistry]:
        return {label: one.registry for label, one in self._authorities.items()}


def _subjects(one: RegisteredCertificate) -> set[str]:
    """Return the digests of a subject, as it is and as it is certified today."""
    subject = x509.load_der_x509_certificate(one.der).subject
    each = (subject, composed_name(subject))
    return {digest_of(name.public_bytes()) for name in each}


def _names(one: RegisteredCertificate) -> frozenset[x509.GeneralName]:
    return frozenset(stated_names(x509.load_der_x509_certificate(one.der)))
