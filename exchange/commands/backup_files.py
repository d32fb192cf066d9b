"""Files that the verb `backup` reads and writes beside the backup itself."""

import json
import re
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exchange.backup.known_log import KnownHead
from exchange.backup.locks import (
    CertificateLock,
    Lock,
    Opener,
    Passphrase,
    PrivateKeyOpener,
    not_opened,
)
from exchange.commands.arguments import UsageError
from exchange.config import Settings
from exchange.errors import ExchangeError
from pki.files import read_private_file, write_atomically
from pki.names import UNREADABLE_CERTIFICATE
from pki.pem import load_certificate
from schemas.backup import BackupManifest
from schemas.errors import ErrorCode

_HEAD = "log-head.json"
_CREDENTIALS = re.compile(r"(mongodb(?:\+srv)?://)[^/@\s\"']*@")


def lock_of(passphrase: Path | None, certificate: Path | None) -> Lock:
    """Return who can open a new backup.

    Raises:
        UsageError: neither or both are named.
        CodedError: the file cannot be read.
    """
    if passphrase and not certificate:
        return Passphrase(_passphrase(passphrase))
    if certificate and not passphrase:
        return CertificateLock(read_certificate_file(certificate))
    raise UsageError("--passphrase-file | --to")


def opener_of(passphrase: Path | None, key: Path | None) -> Opener:
    """Return what opens a backup; a passphrase beside a key is the key's.

    Raises:
        UsageError: neither is named.
        CodedError: a file cannot be read.
    """
    secret = _passphrase(passphrase) if passphrase else None
    if key:
        return PrivateKeyOpener(_private_key(key, secret))
    if secret:
        return Passphrase(secret)
    raise UsageError("--passphrase-file | --key")


def read_certificate_file(path: Path) -> x509.Certificate:
    """Read a certificate, PEM or DER.

    Raises:
        ExchangeError: unreadable, or none (FILE_UNREADABLE).
    """
    try:
        return load_certificate(path.read_bytes())
    except (OSError, *UNREADABLE_CERTIFICATE) as error:
        raise ExchangeError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def configuration_without_secrets(path: Path | None) -> bytes:
    """Return the settings file; it names keys by their files and holds no passphrase.

    Raises:
        ExchangeError: unreadable (FILE_UNREADABLE).
    """
    if path is None:
        return b""
    try:
        return _CREDENTIALS.sub(r"\1", path.read_text("utf-8")).encode()
    except (OSError, ValueError) as error:
        raise ExchangeError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def named_keys(settings: Settings) -> tuple[str, ...]:
    """Name the keys a hub needs, which are kept elsewhere, never in a backup."""
    keys = {"receipt": settings.keys.receipt, "log": settings.keys.log}
    return tuple(
        f"{name}: {key.uri.partition('?')[0]}" for name, key in keys.items() if key.uri
    )


def known_head(path: Path | None, folder: Path) -> KnownHead | None:
    """Read a state of the log that was seen; by default the one kept beside the data.

    Raises:
        ExchangeError: unreadable (FILE_UNREADABLE).
    """
    found = path or folder / _HEAD
    if path is None and not found.exists():
        return None
    try:
        fields = json.loads(found.read_text("utf-8"))
        return KnownHead(
            log_id=str(fields["log"]),
            size=int(fields["size"]),
            root_hash=bytes.fromhex(fields["root"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExchangeError(ErrorCode.FILE_UNREADABLE, place=found.name) from error


def remember_head(folder: Path, manifest: BackupManifest) -> None:
    """Keep the state of the log that a backup was made of.

    Raises:
        PkiError: it cannot be written (FILE_NOT_WRITTEN).
    """
    fields = {
        "log": manifest.log_id,
        "size": manifest.log_size,
        "root": manifest.root_hash.hex(),
    }
    write_atomically(folder / _HEAD, json.dumps(fields).encode())


def _passphrase(path: Path) -> bytes:
    text = read_private_file(path).rstrip(b"\r\n")
    if not text:
        raise not_opened(path.name)
    return text


def _private_key(
    path: Path, passphrase: bytes | None
) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(read_private_file(path), passphrase)
    except (ValueError, TypeError) as error:
        raise not_opened(path.name) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise not_opened(path.name)
    return key
