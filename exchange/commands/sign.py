"""`lienthong sign`: sign a PDF as a person or as the agency.

What is printed on the document is read in a process of its own, without the key: it
tells where to sign, and whether there is a secrecy stamp.
"""

import getpass
import sys
from datetime import date
from pathlib import Path

from clients.official import Appearance, Official
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.output import Output
from schemas.errors import Text
from signing.pades.request import Particulars
from signing.pades.text_lines import DocumentText
from signing.profiles import ROLES, CopyForm, Placement, SignatureProfile, SignerRole
from signing.workers import Job, run_once

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
        help="người ký, con dấu cơ quan, phụ lục, bản sao / who signs, or what",
    )
    parser.add_argument(
        "--image", type=Path, metavar="FILE", help="PNG: chữ ký, con dấu / image"
    )
    _add_particulars(parser)
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


def _add_particulars(parser: Parser) -> None:
    parser.add_argument("--number", default="", help="số, ký hiệu / number: 12/KH-UBND")
    parser.add_argument(
        "--date", type=_day, help="ngày ban hành / date of issue: 2026-10-05"
    )
    parser.add_argument(
        "--copy-form",
        choices=[form.value for form in CopyForm],
        help="hình thức sao / form of the copy",
    )
    parser.add_argument(
        "--signer-name",
        default="",
        help="họ tên in trên văn bản, nếu khác chứng thư / name as printed",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date {text}: 2026-10-05") from error


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
    role = SignerRole(arguments.role)
    _require_particulars(arguments, role)
    official = open_official(arguments.key, arguments.passphrase_file)
    signed = _sign(arguments, official, role)
    write_new(target, signed)
    output.result(
        {"file": str(target), "signer": official.name, "bytes": len(signed)},
        Text(
            f"Đã ký: {official.name} → {target}", f"Signed: {official.name} → {target}"
        ),
    )
    return 0


def _require_particulars(arguments: Arguments, role: SignerRole) -> None:
    """Require what the role shows, and nothing it would not show.

    Raises:
        UsageError: something is missing or would be left out.
    """
    missing = {
        SignerRole.ANNEX: not arguments.number and "--number",
        SignerRole.COPY: not arguments.copy_form and "--copy-form",
        SignerRole.NUMBER: not (arguments.number or arguments.date) and "--number",
    }.get(role)
    if missing:
        raise UsageError(f"thiếu / missing: {missing}")
    unused = [f"--{name}" for name in _left_out(arguments, role)]
    if unused:
        raise UsageError(f"không dùng với / not used with --role {role}: {unused[0]}")


def _left_out(arguments: Arguments, role: SignerRole) -> list[str]:
    numbering = role in {SignerRole.NUMBER, SignerRole.AGENCY_SEAL}
    used = {
        "number": numbering or role is SignerRole.ANNEX,
        "date": numbering,
        "copy-form": role is SignerRole.COPY,
        "image": ROLES[role].image is not None,
        "place": role is not SignerRole.NUMBER,
        "field": role is not SignerRole.NUMBER,
        "signer-name": ROLES[role].image is not None,
    }
    given = vars(arguments)
    return [
        name for name, ok in used.items() if given[name.replace("-", "_")] and not ok
    ]


def _sign(arguments: Arguments, official: Official, role: SignerRole) -> bytes:
    """Sign in the role asked for; a seal with a number puts the number on first."""
    document = read_file(arguments.file)
    profile = SignatureProfile(arguments.profile)
    particulars = Particulars(
        number=arguments.number,
        issued=arguments.date,
        copy_form=CopyForm(arguments.copy_form) if arguments.copy_form else None,
        signer_name=arguments.signer_name,
        text=_text_of(document),
    )
    if role is SignerRole.AGENCY_SEAL and (arguments.number or arguments.date):
        document = official.sign(
            document, role=SignerRole.NUMBER, profile=profile, particulars=particulars
        )
    appearance = Appearance(
        image=read_file(arguments.image) if arguments.image else None,
        placement=arguments.place,
        field_name=arguments.field,
    )
    return official.sign(
        document,
        role=role,
        appearance=appearance,
        profile=profile,
        particulars=particulars,
    )


def _text_of(document: bytes) -> DocumentText | None:
    """Read what is printed on a document, in a process of its own.

    Raises:
        WorkerFailure: it is no PDF to read, or not within the limits of a worker.
    """
    text = run_once(Job.DOCUMENT_TEXT, document)
    return text if isinstance(text, DocumentText) else None


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
