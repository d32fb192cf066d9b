"""Where the CA of a command lies and how it is opened."""

from pathlib import Path

from exchange.commands.arguments import Arguments, UsageError
from pki.hierarchy import Hierarchy
from pki.keys.loader import read_passphrase


def ca_folder(arguments: Arguments) -> Path:
    """Return the folder of the CA."""
    folder: Path = arguments.ca or arguments.var / "pki"
    return folder


def open_ca(arguments: Arguments) -> Hierarchy:
    """Open the CA of a command.

    Raises:
        PkiError: there is none, or a file or the passphrase is wrong.
    """
    passphrase = passphrase_in(arguments.ca_passphrase_file)
    return Hierarchy.open(ca_folder(arguments), passphrase=passphrase)


def passphrase_in(path: Path | None) -> bytes | None:
    """Return the passphrase in a private file; none without a file.

    Raises:
        PkiError: unreadable, or open to others.
        UsageError: the file is empty, which would protect nothing.
    """
    passphrase = read_passphrase(path)
    if passphrase == b"":
        raise UsageError(f"{path}: trống / empty")
    return passphrase
