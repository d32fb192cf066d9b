"""Keys that answer for issuing CAs (OCSP): certified anew before they run out."""

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from exchange.certification.office import CaOffice, CaThread
from exchange.keys import open_key
from exchange.responder_keys import ResponderKeys
from exchange.settings.keys import KeySettings
from pki.ca.authority import Clock
from pki.ca.hierarchy import Hierarchy
from pki.ca.labels import AnyLabel, CaLabel
from pki.ca.layout import labels_in
from pki.files import PRIVATE, write_atomically
from pki.journal.store import Act
from pki.keys.loader import read_passphrase
from pki.keys.software import KeyKind, generate, save_pkcs12
from pki.kinds import RESPONDERS
from schemas.errors import CodedError
from schemas.timestamps import format_utc

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
    act: Act | None = None,
) -> x509.Certificate:
    """Certify a new key that answers for an issuing CA, and put it where it belongs.

    Args:
        hierarchy: has the CA's key.
        issuer: the CA; a kind alone means its newest generation.
        path: PKCS #12 file, replaced as a whole; a running service takes it up.
        passphrase: of the file.
        key_kind: kind of the key.
        act: who does it, and why; by default whom the hierarchy was opened for.

    Raises:
        PkiError: the CA's key is not here, or the file cannot be written.
    """
    credential = hierarchy.issue_responder(issuer, key=generate(key_kind), act=act)
    packed = save_pkcs12(credential, path.stem, passphrase)
    write_atomically(path, packed, mode=PRIVATE)
    return credential.certificate


def is_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether two thirds of a certificate's life are over."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (end - now) <= (end - begin) * _DUE


class ResponderKeeper:
    """Renews the responders whose keys lie in files that can be written.

    A generation that has none yet gets one, where the settings name a folder for it.

    Args:
        ca: the CA's thread.
        clock: gives the time.
        keys: where the responders' keys are kept.
        seconds: between two looks.
    """

    def __init__(
        self, ca: CaThread, clock: Clock, keys: ResponderKeys, *, seconds: float
    ) -> None:
        self._ca, self._clock, self._keys = ca, clock, keys
        self._seconds = seconds
        self._old: tuple[str, ...] = ()

    async def turn(self) -> None:
        """Look, and wait for the next look."""
        await self.look()
        await asyncio.sleep(self._seconds)

    async def look(self) -> None:
        """Renew what is due; what is due and cannot be renewed is told."""
        try:
            self._old = await self._ca.run(self._renew)
        except (CodedError, sqlite3.Error) as error:
            _log.error("ca.responders_failed", error=str(error))
            self._old = ("all",)

    async def check(self) -> tuple[str, ...]:
        """Return the responders somebody must look after (`exchange.readiness`)."""
        return tuple(f"ca.responder.{name}" for name in self._old)

    def _renew(self, office: CaOffice) -> tuple[str, ...]:
        """Renew in the CA's thread; return what is old and stays so."""
        now = self._clock()
        held = self._keys.held(office.folder)
        due = {
            label: one.settings
            for label, one in held.items()
            if is_due(one.credential.certificate, now)
        }
        for label in labels_in(office.folder):
            if label.kind in RESPONDERS and label not in held:
                due |= self._further(label)
        return tuple(str(one) for one in due if not _renewed(office, one, due[one]))

    def _further(self, label: CaLabel) -> Mapping[CaLabel, KeySettings]:
        """Return where a generation without a responder is to get one."""
        place = self._keys.place_of(label)
        return {} if place is None else {label: place}


def _renewed(office: CaOffice, label: CaLabel, key: KeySettings) -> bool:
    """Renew one responder if its file can be written here; tell whether it was."""
    scheme, _, place = key.uri.partition(":")
    path = Path(place)
    if scheme != _SCHEME or not os.access(path.parent, os.W_OK):
        _log.warning("ca.responder_old", ca=str(label))
        return False
    try:
        new = renew_responder(
            office.hierarchy,
            label,
            path,
            read_passphrase(key.passphrase_file),
            key_kind=_kind_of(key) if path.exists() else KeyKind.P256,
        )
    except CodedError as error:
        _log.error("ca.responder_failed", ca=str(label), error=str(error))
        return False
    end = format_utc(new.not_valid_after_utc)
    _log.info("ca.responder_renewed", ca=str(label), until=end)
    return True


def _kind_of(settings: KeySettings) -> KeyKind:
    """Return the kind of the key there is; the new one is of the same."""
    key = open_key(settings).certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return KeyKind.RSA3072
    return KeyKind.P256 if key.key_size == _P256_BITS else KeyKind.P384
