"""Opening keys that the settings name."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from exchange.settings.keys import KeySettings
from pki.keys.api import Credential
from pki.keys.loader import load_credential


def open_key(settings: KeySettings) -> Credential:
    """Open a key with its certificates, wherever it is kept.

    Raises:
        PkiError: unreadable, exposed, a wrong passphrase, or no such token.
    """
    return load_credential(
        settings.uri,
        passphrase_file=settings.passphrase_file,
        certificate=settings.certificate,
        module=settings.module,
    )


def key_files(keys: Iterable[KeySettings]) -> Iterator[Path]:
    """Yield the files a change of which means a new key."""
    for key in keys:
        scheme, _, place = key.uri.partition(":")
        if scheme in {"file", "pkcs12"}:
            yield Path(place)
        yield from filter(None, (key.passphrase_file, key.certificate))
