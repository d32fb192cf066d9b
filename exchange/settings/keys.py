"""The hub's keys."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NewType

KeyUri = NewType("KeyUri", str)
"""Names a key (`pki.keys.loader`); its path is relative to the settings' file."""

_NO_KEY = KeyUri("")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """Where one key is kept.

    Args:
        uri: ``pkcs12:PATH``, ``file:PATH`` of a PEM file with key and chain, or the
            address of a key in a token, ``pkcs11:…`` (RFC 7512).
        passphrase_file: file whose first line opens the key; of a token: the PIN.
        certificate: PEM chain of a key in a token that holds none.
        module: PKCS #11 module of a token.
    """

    uri: KeyUri = _NO_KEY
    passphrase_file: Path | None = None
    certificate: Path | None = None
    module: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspKeysSettings:
    """Keys that answer for the issuing CAs; a CA without one is not answered for.

    Args:
        persons: certified by the persons CA.
        organisations: certified by the organisations CA.
        systems: certified by the systems CA.
    """

    persons: KeySettings = field(default_factory=KeySettings)
    organisations: KeySettings = field(default_factory=KeySettings)
    systems: KeySettings = field(default_factory=KeySettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysSettings:
    """The hub's keys.

    Args:
        receipt: signs receipts and evidence manifests.
        log: signs tree heads.
        ocsp: sign OCSP answers.
        tsa: signs time stamps; a new one is certified every year.
    """

    receipt: KeySettings = field(default_factory=KeySettings)
    log: KeySettings = field(default_factory=KeySettings)
    ocsp: OcspKeysSettings = field(default_factory=OcspKeysSettings)
    tsa: KeySettings = field(default_factory=KeySettings)
