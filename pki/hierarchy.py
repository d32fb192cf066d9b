"""A whole PKI in one folder: offline root, issuing CAs, published files.

The folder `private/root` can be kept elsewhere and put back for a ceremony: everything
but issuing a CA and refreshing the root's list works without it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.authority import Authority, Clock, IssueRequest
from pki.custody import KeySecrets, has_key
from pki.errors import PkiError
from pki.files import write_atomically
from pki.keys.api import Credential, PublicKey
from pki.keys.software import SoftwareKey, generate
from pki.kinds import RESPONDERS, CertificateKind
from pki.labels import AnyLabel, CaLabel
from pki.layout import (
    certificate_path,
    is_demo_root,
    labels_in,
    list_path,
    load_certificate,
    open_authority,
    private_folder,
    serials_path,
)
from pki.names import SubjectFields, common_name
from pki.profiles import PROFILES, check_profiles
from pki.registry import RegisteredCertificate
from pki.serials import append_serial, write_serials
from pki.trust import TrustMaterial, load_material
from schemas.errors import ErrorCode

_ROOT = CertificateKind.ROOT
_RESPONDER_NAME_OF_CA = 59  # " OCSP" follows, and a name has at most 64 characters


def system_clock() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


class Hierarchy:
    """An opened hierarchy.

    Args:
        directory: its folder.
        authorities: the CAs whose keys are here.
    """

    def __init__(self, directory: Path, authorities: dict[CaLabel, Authority]) -> None:
        self._directory = directory
        self._authorities = authorities
        self._labels = labels_in(directory)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        clock: Clock = system_clock,
        passphrase: bytes | None = None,
        operators: tuple[bytes, ...] = (),
    ) -> "Hierarchy":
        """Open the CAs whose private folders are present.

        Args:
            directory: its folder.
            clock: gives the time.
            passphrase: opens the keys that have no other.
            operators: passphrases of those who open keys together.

        Raises:
            PkiError: there is none, or a file is unreadable.
        """
        if not certificate_path(directory, _ROOT).exists():
            raise PkiError(ErrorCode.FILE_UNREADABLE, place="root.pem")
        check_profiles(PROFILES)
        held = KeySecrets(passphrase, operators)
        authorities = {
            label: open_authority(directory, label, clock, held)
            for label in labels_in(directory)
            if has_key(private_folder(directory, label))
        }
        return cls(directory, authorities)

    def close(self) -> None:
        """Close the registries."""
        for authority in self._authorities.values():
            authority.registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def root(self) -> x509.Certificate:
        """The root certificate."""
        return load_certificate(self._directory, _ROOT)

    @property
    def is_demo(self) -> bool:
        """Whether the root carries the demo mark."""
        return is_demo_root(self.root)

    def issue(
        self,
        kind: CertificateKind,
        names: SubjectFields,
        public_key: PublicKey,
        *,
        days: int | None = None,
        issuer: CaLabel | None = None,
    ) -> x509.Certificate:
        """Issue an end certificate; requests go through `pki.requests.read_request`.

        It comes from the newest generation of its CA, unless `issuer` says which.

        Raises:
            PkiError: refused by the CA, a CA kind, or the CA's key is not here.
        """
        if PROFILES[kind].is_ca:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=kind)
        authority = self._authority(issuer or self._newest(PROFILES[kind].issuer))
        lifetime = None if days is None else timedelta(days=days)
        request = IssueRequest(
            kind=kind, names=names, public_key=public_key, lifetime=lifetime
        )
        certificate = authority.issue(request)
        self._append_serial(authority.label, certificate.serial_number)
        return certificate

    def issue_credential(
        self,
        kind: CertificateKind,
        names: SubjectFields,
        *,
        key: SoftwareKey | None = None,
        days: int | None = None,
        issuer: CaLabel | None = None,
    ) -> Credential:
        """Issue for a key held here (made now unless given), with its chain.

        Raises:
            PkiError: as `issue`.
        """
        held = key or generate()
        certificate = self.issue(kind, names, held.public_key, days=days, issuer=issuer)
        return Credential(held, certificate, self.chain_above(kind, issuer))

    def issue_responder(
        self, issuer: AnyLabel, *, key: SoftwareKey | None = None
    ) -> Credential:
        """Certify a key (made now unless given) that answers for an issuing CA.

        A kind alone means its newest generation.

        Raises:
            PkiError: no issuing CA, or its key is not here.
        """
        label = issuer if isinstance(issuer, CaLabel) else self._newest(issuer)
        if label.kind not in RESPONDERS:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place=str(label))
        authority = self._authority(label).credential.certificate
        name = f"{common_name(authority)[:_RESPONDER_NAME_OF_CA]} OCSP"
        names = SubjectFields(common_name=name)
        kind = RESPONDERS[label.kind]
        return self.issue_credential(kind, names, key=key, issuer=label)

    def chain_above(
        self, kind: CertificateKind, issuer: CaLabel | None = None
    ) -> tuple[x509.Certificate, ...]:
        """Return the certificates between one of this kind and the root.

        They are those of a new certificate, unless `issuer` says which CA issued it.
        """
        label = issuer or self._newest(PROFILES[kind].issuer)
        own = load_certificate(self._directory, label)
        return () if label.kind is _ROOT else (own,)

    def revoke(
        self,
        serial: int,
        reason: x509.ReasonFlags = x509.ReasonFlags.unspecified,
    ) -> None:
        """Revoke a certificate of any CA here, and publish that CA's new list.

        Raises:
            PkiError: unknown, already revoked, or the list cannot be written.
        """
        label = self._issuer_of(serial)
        self._authorities[label].revoke(serial, reason)
        self._write_crl(label)

    def write_crls(self) -> tuple[Path, ...]:
        """Publish a fresh list of every CA whose key is here.

        What the issuing CAs issued is published with it, from the registries.

        Raises:
            PkiError: a file cannot be written.
        """
        for label in self._authorities:
            if label.kind is not _ROOT:
                self._write_serials(label)
        return tuple(map(self._write_crl, self._authorities))

    def certificates(self) -> tuple[RegisteredCertificate, ...]:
        """Return everything the CAs here issued, oldest first."""
        return tuple(sorted(self._registered(), key=lambda one: one.issued_at))

    def material(self) -> TrustMaterial:
        """Return what a judge needs: root, issuing CAs, published lists.

        Raises:
            PkiError: a file is unreadable.
        """
        folder = self._directory
        issuing = [one for one in labels_in(folder) if one.kind is not _ROOT]
        return load_material(
            trust=[certificate_path(folder, _ROOT)],
            intermediates=[certificate_path(folder, one) for one in issuing],
            revocation=[folder],
        )

    def _newest(self, kind: CertificateKind) -> CaLabel:
        """Return the newest generation there was when this was opened."""
        return max(
            (one for one in self._labels if one.kind is kind),
            key=lambda one: one.rank,
            default=CaLabel(kind),
        )

    def _authority(self, label: CaLabel) -> Authority:
        if label not in self._authorities:
            raise PkiError(ErrorCode.KEY_UNREADABLE, place=str(label))
        return self._authorities[label]

    def _issuer_of(self, serial: int) -> CaLabel:
        for label, authority in self._authorities.items():
            if serial in authority.registry:
                return label
        raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=f"{serial:x}")

    def _registered(self) -> Iterator[RegisteredCertificate]:
        for authority in self._authorities.values():
            yield from authority.registry.list()

    def _append_serial(self, label: CaLabel, serial: int) -> None:
        path = serials_path(self._directory, label)
        if path.exists():
            append_serial(path, serial)
        else:
            self._write_serials(label)

    def _write_serials(self, label: CaLabel) -> None:
        issued = self._authorities[label].registry.list()
        path = serials_path(self._directory, label)
        write_serials(path, (one.serial for one in issued))

    def _write_crl(self, label: CaLabel) -> Path:
        path = list_path(self._directory, label)
        crl = self._authorities[label].crl()
        write_atomically(path, crl.public_bytes(Encoding.DER))
        return path
