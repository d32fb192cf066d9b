"""`lienthong sign`: sign a PDF as a person or as the agency."""

import getpass
import sys
from pathlib import Path

from clients.official import Appearance, Official
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.output import Output
from schemas.errors import Text
from signing.profiles import Placement, SignatureProfile, SignerRole

_PLACE = "PAGE,X,Y,WIDTH,HEIGHT (pt)"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("file", type=Path, help="PDF")
    parser.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="PKCS#12: .p12, .pfx"
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="tệp chứa mật khẩu, nếu không sẽ hỏi / else it is asked for",
    )
    parser.add_argument(
        "--role",
        choices=[role.value for role in SignerRole],
        default=SignerRole.PERSON.value,
        help="người ký hay con dấu cơ quan / a person or the agency's seal",
    )
    parser.add_argument(
        "--image", type=Path, metavar="FILE", help="PNG: chữ ký, con dấu / image"
    )
    parser.add_argument("--place", type=_placement, help=f"vị trí / where: {_PLACE}")
    parser.add_argument("--field", help="ô chữ ký có sẵn / an existing field")
    parser.add_argument(
        "--profile",
        choices=[one.value for one in SignatureProfile],
        default=SignatureProfile.STANDARD.value,
        help="dạng chữ ký / form of the signature",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="mặc định FILE-signed.pdf / by default the same",
    )


def _placement(text: str) -> Placement:
    try:
        page, *numbers = text.split(",")
        x, y, width, height = map(float, numbers)
        return Placement(int(page), x, y, width, height)
    except ValueError as error:
        raise UsageError(f"--place {text}: {_PLACE}") from error


def run(arguments: Arguments, output: Output) -> int:
    """Sign and write the signed file beside the original, which stays as it is."""
    target = arguments.out or arguments.file.with_name(
        f"{arguments.file.stem}-signed.pdf"
    )
    require_absent(target)
    official = open_official(arguments.key, arguments.passphrase_file)
    signed = official.sign(
        read_file(arguments.file),
        role=SignerRole(arguments.role),
        appearance=Appearance(
            image=read_file(arguments.image) if arguments.image else None,
            placement=arguments.place,
            field_name=arguments.field,
        ),
        profile=SignatureProfile(arguments.profile),
    )
    write_new(target, signed)
    output.result(
        {"file": str(target), "signer": official.name, "bytes": len(signed)},
        Text(
            f"Đã ký: {official.name} → {target}", f"Signed: {official.name} → {target}"
        ),
    )
    return 0


def open_official(key: Path, passphrase_file: Path | None) -> Official:
    """Open a PKCS#12 file; ask for its passphrase where somebody can answer.

    Raises:
        UsageError: no passphrase is given and nobody can be asked.
        PkiError: the file or its passphrase is wrong.
    """
    if passphrase_file is not None:
        return Official.from_files(key, passphrase_file)
    if not sys.stdin.isatty():
        raise UsageError("thiếu / missing: --passphrase-file")
    passphrase = getpass.getpass("Mật khẩu / Passphrase: ")
    return Official.from_pkcs12(key, passphrase.encode())
