"""`lienthong pki ceremony`: found a CA by a script, under dual control."""

import sys
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import read_file, require_empty
from exchange.commands.output import Output
from exchange.commands.pki_files import (
    ca_folder,
    declare_operators,
    operator_passphrases,
)
from pki.ca.layout import load_certificate
from pki.ceremony.script import read_script
from pki.ceremony.steps import Ceremony, CeremonyStep
from pki.errors import PkiError
from pki.keys.api import Credential
from pki.kinds import CertificateKind
from pki.names import summary
from schemas.ceremony import CeremonyTranscript, write_ceremony
from schemas.errors import ErrorCode, Text
from signing.xmldsig.sign import sign_receipt

_STEPS = {
    CeremonyStep.ROOT_MADE: Text(
        "Tạo khóa và chứng thư CA gốc", "Make the root's key and certificate"
    ),
    CeremonyStep.ISSUING_CAS_MADE: Text(
        "Tạo các CA cấp chứng thư", "Make the issuing CAs"
    ),
    CeremonyStep.LISTS_PUBLISHED: Text(
        "Phát hành danh sách thu hồi đầu tiên", "Publish the first revocation lists"
    ),
    CeremonyStep.SIGNER_CERTIFIED: Text(
        "Cấp chứng thư cho khóa ký biên bản, dùng một lần",
        "Certify the key that signs the transcript, once",
    ),
    CeremonyStep.TRANSCRIPT_SIGNED: Text("Ký biên bản", "Sign the transcript"),
    CeremonyStep.ROOT_TAKEN_AWAY: Text(
        "Chuyển thư mục riêng của CA gốc đi", "Take the root's private folder away"
    ),
}
_AGREED = frozenset({"có", "co", "yes", "y"})


def declare_ceremony(parser: Parser) -> None:
    """Declare the arguments of `ceremony`."""
    parser.add_argument(
        "script", type=Path, metavar="SCRIPT", help="kịch bản / script (TOML)"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="không hỏi trước từng bước / do not ask before each step",
    )
    declare_operators(parser)


def ceremony(arguments: Arguments, output: Output) -> None:
    """Hold the ceremony; it makes everything or nothing."""
    path: Path = arguments.script
    script = read_script(read_file(path), path.absolute().parent)
    folder = ca_folder(arguments)
    require_empty(folder)
    transcript = Ceremony(
        script=script,
        passphrases=operator_passphrases(arguments),
        software=version("lienthong"),
        confirm=partial(_confirm, output, asks=not arguments.yes),
        sign=_sign,
    ).hold(folder)
    root = summary(load_certificate(folder, CertificateKind.ROOT))
    output.result(
        {
            "folder": str(folder),
            "transcript": str(transcript),
            "root": root.subject,
            "sha256": root.sha256,
        },
        Text(
            f"Đã lập CA: {folder}\nBiên bản: {transcript}\nSHA-256: {root.sha256}",
            f"CA made: {folder}\nTranscript: {transcript}\nSHA-256: {root.sha256}",
        ),
    )


def _confirm(output: Output, step: CeremonyStep, *, asks: bool) -> None:
    number, told = list(CeremonyStep).index(step) + 1, _STEPS[step]
    line = f"{number}/{len(CeremonyStep)}  {told.vi} / {told.en}"
    if not asks:
        if not output.as_json:
            output.show(line)
        return
    # Standard output is for the result.
    print(f"{line}\n    [có/yes] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() not in _AGREED:
        raise PkiError(ErrorCode.CEREMONY_STOPPED, place=step)


def _sign(
    transcript: CeremonyTranscript, credential: Credential, at: datetime
) -> bytes:
    return sign_receipt(write_ceremony(transcript), credential=credential, at=at)
