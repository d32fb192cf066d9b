"""Keys named in the configuration, loaded once.

`pkcs12:PATH` is a PKCS #12 file. `file:PATH` is a PEM file with a PKCS #8 key, its
certificate and the issuing certificates above it, in this order.
"""

import re
from pathlib import Path

from cryptography import x509

from pki.errors import PkiError
from pki.files import read_private_file
from pki.keys.api import Credential
from pki.keys.software import SoftwareKey, load_pkcs12, load_private_key
from pki.names import UNREADABLE_CERTIFICATE
from schemas.errors import ErrorCode

_KEY_BLOCK = re.compile(
    rb"-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL
)


def load_credential(uri: str, *, passphrase_file: Path | None = None) -> Credential:
    """Load the key and certificates `uri` names.

    Raises:
        PkiError: an unknown scheme, an unreadable or exposed file, a wrong passphrase,
            or a certificate of another key.
    """
    scheme, _, path = uri.partition(":")
    if scheme == "pkcs12":
        passphrase = read_passphrase(passphrase_file)
        return load_pkcs12(read_private_file(Path(path)), passphrase)
    if scheme == "file":
        return _load_pem(Path(path), read_passphrase(passphrase_file))
    raise PkiError(ErrorCode.CONFIGURATION_INVALID, place=f"keys: {scheme}:")


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


def _key_in(data: bytes, passphrase: bytes | None, place: str) -> SoftwareKey:
    block = _KEY_BLOCK.search(data)
    if block is None:
        raise PkiError(ErrorCode.KEY_UNREADABLE, place=place)
    return load_private_key(block[0] + b"\n", passphrase)
