"""Opening keys that the settings name."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.services import Hub
from exchange.settings.keys import KeySettings
from pki.keys.api import Credential
from pki.keys.loader import load_credential
from schemas.errors import ErrorCode


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


def open_hub(settings: Settings) -> Hub:
    """Open the keys the hub attests with.

    Raises:
        CodedError: a key is not named, or cannot be opened.
    """
    return Hub(
        hub_id=settings.hub.id,
        log_id=settings.hub.log_id,
        receipt=_credential(settings.keys.receipt, "keys.receipt"),
        log=_credential(settings.keys.log, "keys.log"),
    )


def _credential(settings: KeySettings, name: str) -> Credential:
    if not settings.uri:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=f"{name}.uri")
    return open_key(settings)


def key_files(keys: Iterable[KeySettings]) -> Iterator[Path]:
    """Yield the files a change of which means a new key."""
    for key in keys:
        scheme, _, place = key.uri.partition(":")
        if scheme in {"file", "pkcs12"}:
            yield Path(place)
        yield from filter(None, (key.passphrase_file, key.certificate))
