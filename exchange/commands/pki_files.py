"""Where the CA of a command lies and how it is opened."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from pki.ca.accounts import account_name
from pki.ca.dual_control import name_operators
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import read_place
from pki.ca.layout import private_folder
from pki.journal.store import Act
from pki.keys.loader import read_passphrase
from pki.kinds import CertificateKind


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
    return Hierarchy.open(
        ca_folder(arguments),
        passphrase=passphrase,
        operators=operator_passphrases(arguments),
    )


def declare_operators(parser: Parser) -> None:
    """Declare the files of operators who open a key together."""
    parser.add_argument(
        "--operator-passphrase-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="mật khẩu của từng người giữ khóa / of each operator, once per operator",
    )


def operator_passphrases(arguments: Arguments) -> tuple[bytes, ...]:
    """Return what the operators brought; nothing for verbs they are not asked by.

    Raises:
        PkiError: a file is unreadable, or open to others.
        UsageError: a file is empty.
    """
    files: list[Path] = getattr(arguments, "operator_passphrase_file", [])
    return tuple(filter(None, map(passphrase_in, files)))


def named_operators(arguments: Arguments) -> dict[str, bytes]:
    """Return the operators' passphrases by name, as the root's lock tells them apart.

    Raises:
        PkiError: they do not open the root's key.
    """
    brought = operator_passphrases(arguments)
    root = private_folder(ca_folder(arguments), CertificateKind.ROOT)
    lock = read_place(root).lock
    return name_operators(lock, brought) if lock else {}


def declare_why(parser: Parser) -> None:
    """Declare the reason that the journal keeps."""
    parser.add_argument(
        "--why",
        "--reason-text",
        default="",
        metavar="TEXT",
        help="vì sao, ghi vào nhật ký của CA / why, kept in the CA's journal",
    )


def act_of(arguments: Arguments) -> Act:
    """Return who runs this verb, and why.

    Raises:
        PkiError: the reason is too long or not printable (VALUE_MALFORMED).
    """
    return Act(actor=account_name(), reason=arguments.why)


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
