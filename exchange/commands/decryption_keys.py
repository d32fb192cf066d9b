"""Keys a command decrypts with: the one in use, and those it replaced."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from pki.keys.api import Credential
from pki.keys.loader import load_credential


def add_decryption_keys(parser: Parser) -> None:
    """Declare the arguments that name keys; each may be given again."""
    parser.add_argument(
        "--decrypt",
        type=Path,
        action="append",
        default=[],
        metavar="KEY.p12",
        help="khóa giải mã tệp đính kèm, cả khóa cũ / a key that decrypts attachments;"
        " again for earlier ones",
    )
    parser.add_argument(
        "--decrypt-passphrase-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="mật khẩu: một cho mọi khóa, hoặc mỗi khóa một / the passphrase: one for"
        " all keys, or one for each",
    )


def load_decryption_keys(arguments: Arguments) -> tuple[Credential, ...]:
    """Return the keys that were named, in their order.

    Raises:
        UsageError: neither one passphrase file for all keys nor one for each.
        PkiError: a key cannot be read, or not with its passphrase.
    """
    keys: list[Path] = arguments.decrypt
    files: list[Path | None] = arguments.decrypt_passphrase_file or [None]
    if len(files) == 1:
        files *= len(keys)
    if len(files) != len(keys):
        raise UsageError(
            "--decrypt-passphrase-file: một cho mọi khóa, hoặc mỗi khóa một /"
            " one for all keys, or one for each"
        )
    return tuple(
        load_credential(f"pkcs12:{key}", passphrase_file=file)
        for key, file in zip(keys, files, strict=True)
    )
