"""Keys that answer for issuing CAs (OCSP): certified anew before they run out."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from exchange.certification.office import CaOffice, CaThread
from exchange.config import KeySettings, OcspKeysSettings
from exchange.keys import open_key
from pki.authority import Clock
from pki.files import PRIVATE, write_atomically
from pki.hierarchy import Hierarchy
from pki.keys.loader import read_passphrase
from pki.keys.software import KeyKind, generate, save_pkcs12
from pki.kinds import RESPONDERS, CertificateKind
from pki.labels import AnyLabel
from pki.layout import labels_in, load_certificate
from schemas.errors import CodedError

_DUE = 1 / 3
_P256_BITS = 256
_SCHEME = "pkcs12"
_log = structlog.get_logger()


def renew_responder(
    hierarchy: Hierarchy,
    issuer: AnyLabel,
    path: Path,
    passphrase: bytes | None,
    *,
    key_kind: KeyKind = KeyKind.P256,
) -> x509.Certificate:
    """Certify a new key that answers for an issuing CA, and put it where it belongs.

    Args:
        hierarchy: has the CA's key.
        issuer: the CA; a kind alone means its newest generation.
        path: PKCS #12 file, replaced as a whole; a running service takes it up.
        passphrase: of the file.
        key_kind: kind of the key.

    Raises:
        PkiError: the CA's key is not here, or the file cannot be written.
    """
    credential = hierarchy.issue_responder(issuer, key=generate(key_kind))
    packed = save_pkcs12(credential, path.stem, passphrase)
    write_atomically(path, packed, mode=PRIVATE)
    return credential.certificate


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether two thirds of a certificate's life are over."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (end - now) <= (end - begin) * _DUE


class ResponderKeeper:
    """Renews the responders whose keys lie in files that can be written.

    Args:
        ca: the CA's thread.
        clock: gives the time.
        keys: where the responders' keys are kept.
        seconds: between two looks.
    """

    def __init__(
        self, ca: CaThread, clock: Clock, keys: OcspKeysSettings, *, seconds: float
    ) -> None:
        self._ca, self._clock, self._seconds = ca, clock, seconds
        self._keys = {
            CertificateKind.ISSUING_PERSONS: keys.persons,
            CertificateKind.ISSUING_ORGANISATIONS: keys.organisations,
            CertificateKind.ISSUING_SYSTEMS: keys.systems,
        }
        self._old: frozenset[CertificateKind] = frozenset()

    async def turn(self) -> None:
        """Look, and wait for the next look."""
        await self.look()
        await asyncio.sleep(self._seconds)

    async def look(self) -> None:
        """Renew what is due; what is due and cannot be renewed is told."""
        old = [
            RESPONDERS[issuer]
            for issuer, key in self._keys.items()
            if key.uri and not await self._is_young(issuer, key)
        ]
        self._old = frozenset(old)

    async def check(self) -> tuple[str, ...]:
        """Return the responders somebody must look after (`exchange.readiness`)."""
        return tuple(f"ca.{kind}" for kind in sorted(self._old))

    async def _is_young(self, issuer: CertificateKind, key: KeySettings) -> bool:
        try:
            return await self._ca.run(
                lambda office: _renew_if_due(office, issuer, key, self._clock())
            )
        except CodedError as error:
            kind = RESPONDERS[issuer]
            _log.error(
                "ca.responder_failed", kind=kind, code=error.code, place=error.place
            )
            return False


def _renew_if_due(
    office: CaOffice, issuer: CertificateKind, key: KeySettings, now: datetime
) -> bool:
    """Return whether the responder's certificate is young, now."""
    old = open_key(key).certificate
    if not is_due(old, now):
        return True
    scheme, _, place = key.uri.partition(":")
    path = Path(place)
    if scheme != _SCHEME or not os.access(path.parent, os.W_OK):
        _log.warning("ca.responder_old", kind=RESPONDERS[issuer])
        return False
    new = renew_responder(
        office.hierarchy,
        _label_of(office.folder, old, issuer),
        path,
        read_passphrase(key.passphrase_file),
        key_kind=_kind_of(old.public_key()),
    )
    end = new.not_valid_after_utc.isoformat()
    _log.info("ca.responder_renewed", kind=RESPONDERS[issuer], until=end)
    return True


def _label_of(
    folder: Path, responder: x509.Certificate, kind: CertificateKind
) -> AnyLabel:
    """Return the very CA a responder answers for; each generation has its own."""
    for label in labels_in(folder):
        if load_certificate(folder, label).subject == responder.issuer:
            return label
    return kind


def _kind_of(key: object) -> KeyKind:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return KeyKind.RSA3072
    return KeyKind.P256 if key.key_size == _P256_BITS else KeyKind.P384
