"""The keys of CAs: made, kept and opened.

They are encrypted PKCS #8 by default, PKCS #12, or stay in a token (PKCS #11);
`pki.ca.key_place` says where. Passphrases come from whoever opens the CA, from a file,
or from several operators together.
"""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from pki.ca.dual_control import open_lock
from pki.ca.key_place import PLACE_FILE, KeyPlace, read_place, write_place
from pki.errors import PkiError
from pki.files import PRIVATE, read_private_file, write_atomically
from pki.keys.api import Credential, SigningKey
from pki.keys.loader import load_key_file, open_key_in_token, read_passphrase
from pki.keys.software import (
    KeyKind,
    SoftwareKey,
    generate,
    load_pkcs12,
    save_pkcs8,
    save_pkcs12,
)
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class KeySecrets:
    """What somebody who opens a CA brings.

    Args:
        passphrase: opens keys whose place names no passphrase file.
        operators: passphrases of the operators, where they open keys together.
    """

    passphrase: bytes | None = field(default=None, repr=False)
    operators: tuple[bytes, ...] = field(default=(), repr=False)


def has_key(folder: Path) -> bool:
    """Tell whether the private folder of a CA is here."""
    return any((folder / one).exists() for one in ("key.pem", PLACE_FILE))


def make_key(place: KeyPlace, kind: KeyKind, secret: bytes | None) -> SigningKey:
    """Make the key of a new CA, or open the one that was made in a token.

    Raises:
        PkiError: the token or the key in it cannot be used.
    """
    if place.scheme == "pkcs11":
        return open_key_in_token(place.uri, place.module, secret)
    return generate(kind)


def save_key(
    folder: Path, place: KeyPlace, credential: Credential, secret: bytes | None
) -> None:
    """Write the key of a new CA where it belongs, and where that is.

    Raises:
        PkiError: a file cannot be written.
    """
    key = credential.key
    if isinstance(key, SoftwareKey):
        if place.scheme == "pkcs12":
            data = save_pkcs12(credential, folder.name, secret)
        else:
            data = save_pkcs8(key, secret)
        write_atomically(folder / place.name, data, mode=PRIVATE)
    write_place(folder, place)


def open_key(
    folder: Path, certificate: x509.Certificate, held: KeySecrets
) -> SigningKey:
    """Open the key of a CA.

    Raises:
        PkiError: unreadable, exposed, a wrong secret, or the key of another CA.
    """
    place = read_place(folder)
    key = _open(folder, place, _secret(folder, place, held))
    if certificate.public_key() != key.public_key:
        raise PkiError(ErrorCode.CERTIFICATE_MALFORMED, place=f"{folder.name}.pem")
    return key


def _open(folder: Path, place: KeyPlace, secret: bytes | None) -> SigningKey:
    match place.scheme:
        case "file":
            return load_key_file(folder / place.name, secret)
        case "pkcs12":
            return load_pkcs12(read_private_file(folder / place.name), secret).key
        case "pkcs11":
            return open_key_in_token(place.uri, place.module, secret)
        case _:
            raise PkiError(ErrorCode.KEY_CUSTODY_INVALID, place="uri")


def _secret(folder: Path, place: KeyPlace, held: KeySecrets) -> bytes | None:
    if place.lock:
        return open_lock(place.lock, held.operators)
    if place.passphrase_file:
        return read_passphrase(folder / place.passphrase_file)
    return held.passphrase
