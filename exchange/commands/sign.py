"""`lienthong sign`: sign a PDF as a person or as the agency.

What is printed on the document is read in a process of its own, without the key: it
tells where to sign, and whether there is a secrecy stamp.
"""

import getpass
import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from clients.official import Appearance, Official
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.level_options import LEVELS, add_service_options, services_of
from exchange.commands.output import Output, Refusal
from exchange.commands.sign_remote import add_remote_options, run_remote, run_task
from exchange.commands.upgrade_folder import enqueue
from pki.keys.loader import read_passphrase
from schemas.errors import CodedError, Text
from signing.batch.listing import parse_placement
from signing.pades.levels import SignedDocument
from signing.pades.request import Particulars
from signing.pades.text_lines import DocumentText
from signing.profiles import ROLES, CopyForm, Placement, SignatureProfile, SignerRole
from signing.upgrade_queue import UpgradeTask
from signing.workers import Job, run_once

_PLACE = "PAGE,X,Y,WIDTH,HEIGHT (pt)"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        help="PDF; thư mục, hoặc danh sách CSV / a folder, or a list in CSV",
    )
    parser.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="FILE",
        help="PKCS#12: .p12, .pfx; --remote, hàng loạt / many: pkcs11:…",
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
    _add_form(parser)
    add_service_options(parser)
    add_remote_options(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="mặc định FILE-signed.pdf; thư mục nếu ký hàng loạt / a folder for many",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count(),
        help="số tiến trình khi ký hàng loạt / processes for many documents",
    )


def _add_form(parser: Parser) -> None:
    """Declare the form and level of the signature."""
    parser.add_argument(
        "--profile",
        choices=[one.value for one in SignatureProfile],
        default=SignatureProfile.STANDARD.value,
        help="dạng chữ ký / form of the signature",
    )
    parser.add_argument(
        "--level", choices=list(LEVELS), default="b", help="mức chữ ký / level"
    )
    parser.add_argument(
        "--queue",
        type=Path,
        metavar="FOLDER",
        help="hàng đợi nâng mức khi chưa đạt / where a lower signature waits",
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
        return parse_placement(text)
    except ValueError as error:
        raise UsageError(f"--place {text}: {_PLACE}") from error


def run(arguments: Arguments, output: Output) -> int:
    """Sign and write the signed file beside the original, which stays as it is."""
    if arguments.code:
        return run_task(arguments, output)
    if arguments.file is None:
        raise UsageError("thiếu / missing: FILE")
    if _is_batch(arguments.file):
        return _sign_many(arguments, output)
    target = arguments.out or arguments.file.with_name(
        f"{arguments.file.stem}-signed.pdf"
    )
    require_absent(target)
    role = SignerRole(arguments.role)
    _require_particulars(arguments, role)
    if arguments.remote:
        return run_remote(arguments, output, target)
    services = services_of(arguments)
    official = open_official(arguments.key, arguments.passphrase_file)
    signed = _sign(arguments, replace(official, services=services), role)
    write_new(target, signed.data)
    _queue_if_incomplete(arguments, target, signed)
    output.result(
        {
            "file": str(target),
            "signer": official.name,
            "bytes": len(signed.data),
            **_reached(signed),
        },
        Text(
            f"Đã ký: {official.name} → {target} ({signed.level})",
            f"Signed: {official.name} → {target} ({signed.level})",
        ),
    )
    if signed.reason is not None and not output.as_json:
        error = CodedError(signed.reason.code, place=signed.reason.place)
        output.refuse(Refusal.of(error))
    return 0


def _reached(signed: SignedDocument) -> dict[str, object]:
    """Tell the level, and what kept the signature from the one that was wanted."""
    if signed.reason is None:
        return {"level": signed.level}
    error = CodedError(signed.reason.code, place=signed.reason.place)
    missed = Refusal.of(error).as_fields()
    return {"level": signed.level, "wanted": signed.wanted, "missed": missed}


def _queue_if_incomplete(
    arguments: Arguments, target: Path, signed: SignedDocument
) -> None:
    if arguments.queue is not None and not signed.is_complete:
        task = UpgradeTask(signed.wanted.value)
        enqueue(arguments.queue, target, signed.data, task)


def _is_batch(path: Path) -> bool:
    """Tell whether many documents are meant: a folder or a list."""
    return path.is_dir() or path.suffix.lower() == ".csv"


def _sign_many(arguments: Arguments, output: Output) -> int:
    # It signs in this installation, which one that has the key elsewhere need not do.
    from exchange.commands import sign_batch  # noqa: PLC0415 as above

    _require_used(arguments, SignerRole(arguments.role))
    return sign_batch.run(arguments, ask_secret(arguments.passphrase_file), output)


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
    _require_used(arguments, role)


def _require_used(arguments: Arguments, role: SignerRole) -> None:
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


def _sign(arguments: Arguments, official: Official, role: SignerRole) -> SignedDocument:
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
    return official.sign_at_level(
        document,
        LEVELS[arguments.level],
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
    return Official.from_pkcs12(key, ask_secret(passphrase_file))


def ask_secret(passphrase_file: Path | None) -> bytes | None:
    """Read a passphrase, or ask for it where somebody can answer.

    Raises:
        UsageError: no passphrase is given and nobody can be asked.
        PkiError: the file is unreadable or exposed.
    """
    if passphrase_file is not None:
        return read_passphrase(passphrase_file)
    if not sys.stdin.isatty():
        raise UsageError("thiếu / missing: --passphrase-file")
    return getpass.getpass("Mật khẩu / Passphrase: ").encode()
