"""Keys named in the configuration, loaded once.

`pkcs12:PATH` is a PKCS #12 file. `file:PATH` is a PEM file with a PKCS #8 key, its
certificate and the issuing certificates above it, in this order. `pkcs11:...` is a key
in a token (`pki.keys.token_address`); its certificates are in the token, or in a PEM
file beside.
"""

import re
from pathlib import Path
from typing import Protocol

from cryptography import x509

from pki.errors import PkiError
from pki.files import read_private_file
from pki.keys.api import Credential, SigningKey
from pki.keys.software import SoftwareKey, load_pkcs12, load_private_key
from pki.keys.token_address import TokenAddress, parse_token_address
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode


class _TokenKeys(Protocol):
    """What is used of `pki.keys.pkcs11`."""

    def open_token_key(self, address: TokenAddress, pin: str) -> SigningKey:
        """Open a key."""

    def load_token_credential(
        self, address: TokenAddress, pin: str, certificate: Path | None = None
    ) -> Credential:
        """Open a key with its certificates."""


_KEY_BLOCK = re.compile(
    rb"-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL
)


def load_credential(
    uri: str,
    *,
    passphrase_file: Path | None = None,
    certificate: Path | None = None,
    module: Path | None = None,
) -> Credential:
    """Load the key and certificates `uri` names.

    Args:
        uri: where the key is.
        passphrase_file: its first line opens the key; of a token: the PIN.
        certificate: PEM chain of a key in a token, where the token holds none.
        module: PKCS #11 module, where the address of a token names none.

    Raises:
        PkiError: an unknown scheme, an unreadable or exposed file, a wrong passphrase,
            a certificate of another key, or a token that is not there.
    """
    passphrase = read_passphrase(passphrase_file)
    return open_credential(uri, passphrase, certificate=certificate, module=module)


def open_credential(
    uri: str,
    passphrase: bytes | None,
    *,
    certificate: Path | None = None,
    module: Path | None = None,
) -> Credential:
    """Load the key and certificates `uri` names, with a passphrase or PIN at hand.

    Raises:
        PkiError: as `load_credential`.
    """
    scheme, _, path = uri.partition(":")
    if scheme == "pkcs12":
        return load_pkcs12(read_private_file(Path(path)), passphrase)
    if scheme == "file":
        return _load_pem(Path(path), passphrase)
    if scheme == "pkcs11":
        address = parse_token_address(uri, module)
        return _load_token(address, passphrase, certificate)
    raise PkiError(ErrorCode.CONFIGURATION_INVALID, place=f"keys: {scheme}:")


def rebased(uri: str, base: Path) -> str:
    """Return `uri` with a relative path of a file taken from `base`."""
    scheme, separator, path = uri.partition(":")
    if scheme not in {"file", "pkcs12"} or not path:
        return uri
    return f"{scheme}{separator}{base / path}"


def read_passphrase(path: Path | None) -> bytes | None:
    """Read a passphrase: the first line of a private file.

    Raises:
        PkiError: unreadable or exposed.
    """
    if path is None:
        return None
    return read_private_file(path).split(b"\n", 1)[0].rstrip(b"\r")


def load_key_file(path: Path, passphrase: bytes | None) -> SoftwareKey:
    """Load the PKCS #8 key in a PEM file.

    Raises:
        PkiError: unreadable, exposed, no key in it, or a wrong passphrase.
    """
    return _key_in(read_private_file(path), passphrase, path.name)


def open_key_in_token(
    uri: str, module: Path | None, passphrase: bytes | None
) -> SigningKey:
    """Open a key in a token without asking for a certificate of it.

    Raises:
        PkiError: no such token or key, a refused PIN, or the extra is not installed.
    """
    address = parse_token_address(uri, module)
    return _tokens().open_token_key(address, _pin(passphrase))


def _load_pem(path: Path, passphrase: bytes | None) -> Credential:
    data = read_private_file(path)
    key = _key_in(data, passphrase, path.name)
    try:
        certificate, *chain = x509.load_pem_x509_certificates(data)
    except UNREADABLE_CERTIFICATE as error:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=path.name) from error
    if certificate.public_key() != key.public_key:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=path.name)
    return Credential(key, certificate, tuple(chain))


def _load_token(
    address: TokenAddress, passphrase: bytes | None, certificate: Path | None
) -> Credential:
    return _tokens().load_token_credential(address, _pin(passphrase), certificate)


def _tokens() -> _TokenKeys:
    try:
        # An extra: the base install does not have the library behind this module.
        from pki.keys import pkcs11  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise PkiError(ErrorCode.EXTRA_MISSING, place="lienthong[hsm]") from error
    return pkcs11


def _pin(passphrase: bytes | None) -> str:
    if not passphrase:
        raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="keys: passphrase_file")
    try:
        return passphrase.decode()
    except UnicodeDecodeError as error:
        raise PkiError(ErrorCode.KEY_UNREADABLE, place="PIN") from error


def _key_in(data: bytes, passphrase: bytes | None, place: str) -> SoftwareKey:
    block = _KEY_BLOCK.search(data)
    if block is None:
        raise PkiError(ErrorCode.KEY_UNREADABLE, place=place)
    return load_private_key(block[0] + b"\n", passphrase)
