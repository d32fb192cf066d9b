"""Where the CA of a command lies and how it is opened."""

from collections.abc import Sequence
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from pki.ca.accounts import account_name
from pki.ca.custody import KeySecrets
from pki.ca.dual_control import name_operators
from pki.ca.hierarchy import Hierarchy
from pki.ca.key_place import read_place
from pki.ca.labels import CaLabel
from pki.ca.layout import keys_here, private_folder
from pki.journal.store import Act
from pki.keys.loader import read_passphrase
from pki.kinds import CertificateKind
from schemas.errors import Text


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


def locked_cas(arguments: Arguments) -> Sequence[CaLabel]:
    """Return the CAs whose operators did not come, so that they were left out.

    Raises:
        PkiError: it cannot be read where a key is.
    """
    held = KeySecrets(operators=operator_passphrases(arguments))
    return keys_here(ca_folder(arguments), held).locked


def tell_locked(locked: Sequence[CaLabel], output: Output) -> None:
    """Tell people which CAs were left out."""
    if locked and not output.as_json:
        left = ", ".join(map(str, locked))
        told = Text(
            f"Còn chờ những người giữ khóa: {left}", f"Operators needed: {left}"
        )
        output.show(output.pick(told))


def declare_operators(
    parser: Parser, option: str = "--operator-passphrase-file"
) -> None:
    """Declare the files of operators who open a key together.

    Every verb has `--ca-operator-passphrase-file`; those that need them most have the
    short name, which elsewhere means who approves at the desk.
    """
    parser.add_argument(
        option,
        dest="operator_passphrase_file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="mật khẩu của từng người giữ khóa / of each operator, once per operator",
    )


def operator_passphrases(arguments: Arguments) -> tuple[bytes, ...]:
    """Return what the operators of CA keys brought.

    Raises:
        PkiError: a file is unreadable, or open to others.
        UsageError: a file is empty.
    """
    files: list[Path] = arguments.operator_passphrase_file
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
