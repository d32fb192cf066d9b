"""`lienthong sign`: sign a PDF as a person or as the agency."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, write_new
from exchange.commands.output import Output
from pki.files import read_private_file
from pki.keys.api import Credential
from pki.keys.loader import load_credential
from pki.keys.software import load_pkcs12
from pki.names import common_name
from schemas.errors import Text
from signing.pades.request import SignRequest
from signing.pades.signer import sign_pdf
from signing.profiles import Placement, SignatureProfile, SignerRole

_PLACE = "--place PAGE,X,Y,WIDTH,HEIGHT (pt)"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="PKCS#12: .p12, .pfx")
    parser.add_argument("--passphrase-file", type=Path)
    parser.add_argument(
        "--role",
        choices=[role.value for role in SignerRole],
        default=SignerRole.PERSON.value,
    )
    parser.add_argument("--image", type=Path, help="PNG: chữ ký, con dấu")
    parser.add_argument("--place", type=_placement, help=_PLACE)
    parser.add_argument("--field", help="ô chữ ký có sẵn / an existing field")
    parser.add_argument(
        "--profile",
        choices=[one.value for one in SignatureProfile],
        default=SignatureProfile.STANDARD.value,
    )
    parser.add_argument("--out", type=Path, help="mặc định / default: FILE-signed.pdf")


def _placement(text: str) -> Placement:
    try:
        page, *numbers = text.split(",")
        x, y, width, height = map(float, numbers)
        return Placement(int(page), x, y, width, height)
    except ValueError as error:
        raise UsageError(f"{_PLACE}: {text}?") from error


def run(arguments: Arguments, output: Output) -> int:
    """Sign and write the signed file beside the original, which stays as it is."""
    credential = read_credential(arguments.key, arguments.passphrase_file)
    request = SignRequest(
        role=SignerRole(arguments.role),
        at=datetime.now(UTC),
        image=read_file(arguments.image) if arguments.image else None,
        placement=arguments.place,
        field_name=arguments.field,
        profile=SignatureProfile(arguments.profile),
    )
    signed = sign_pdf(read_file(arguments.file), credential=credential, request=request)
    target = arguments.out or arguments.file.with_name(
        f"{arguments.file.stem}-signed.pdf"
    )
    write_new(target, signed)
    signer = common_name(credential.certificate)
    output.result(
        {"file": str(target), "signer": signer, "bytes": len(signed)},
        Text(f"Đã ký: {signer} → {target}", f"Signed: {signer} → {target}"),
    )
    return 0


def read_credential(key: Path, passphrase_file: Path | None) -> Credential:
    """Open a PKCS#12 file; ask for its passphrase where somebody can answer.

    Raises:
        UsageError: no passphrase is given and nobody can be asked.
        PkiError: the file or its passphrase is wrong.
    """
    if passphrase_file is None and sys.stdin.isatty():
        passphrase = getpass.getpass("Mật khẩu / Passphrase: ").encode()
        return load_pkcs12(read_private_file(key), passphrase)
    if passphrase_file is None:
        raise UsageError("--passphrase-file?")
    return load_credential(f"pkcs12:{key}", passphrase_file=passphrase_file)
