"""Opening a key that the settings name."""

from exchange.config import KeySettings
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
