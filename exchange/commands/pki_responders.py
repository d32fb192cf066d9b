"""`lienthong pki responders`: new keys that answer for the issuing CAs (OCSP)."""

from collections.abc import Iterator
from pathlib import Path

from exchange.certification.responders import renew_responder
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import make_folder
from exchange.commands.output import Output
from exchange.commands.pki_files import (
    act_of,
    ca_folder,
    declare_why,
    open_ca,
    passphrase_in,
)
from pki.ca.custody import has_key
from pki.ca.hierarchy import system_clock
from pki.ca.labels import CaLabel
from pki.ca.layout import labels_in, load_certificate, private_folder
from pki.keys.software import KeyKind
from pki.kinds import RESPONDERS
from schemas.errors import Text
from schemas.timestamps import format_utc


def declare_responders(parser: Parser) -> None:
    """Declare the arguments of `responders`."""
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        required=True,
        metavar="FILE",
        help="mật khẩu cho các tệp PKCS#12 / passphrase for the PKCS#12 files",
    )
    parser.add_argument(
        "--key-kind",
        choices=[one.value for one in KeyKind],
        default=KeyKind.P256.value,
        help="loại khóa / kind of the keys",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="nơi ghi các tệp .p12, thay tệp cũ / for *.p12, replacing old ones",
    )
    declare_why(parser)


def responders(arguments: Arguments, output: Output) -> None:
    """Certify a new key per issuing CA; a running service takes them up by itself."""
    passphrase = passphrase_in(arguments.passphrase_file)
    make_folder(arguments.out)
    made: dict[str, str] = {}
    with open_ca(arguments) as hierarchy:
        for issuer, name in _wanted(ca_folder(arguments)):
            path = arguments.out / f"{name}.p12"
            key_kind = KeyKind(arguments.key_kind)
            certificate = renew_responder(
                hierarchy,
                issuer,
                path,
                passphrase,
                key_kind=key_kind,
                act=act_of(arguments),
            )
            made[str(path)] = format_utc(certificate.not_valid_after_utc)
    lines = "".join(f"\n  {path}  → {until}" for path, until in made.items())
    output.result(
        {"responders": made},
        Text(f"Khóa trả lời OCSP mới:{lines}", f"New OCSP responder keys:{lines}"),
    )


def _wanted(folder: Path) -> Iterator[tuple[CaLabel, str]]:
    """Yield the CAs that need a responder, and what its file is called.

    That of the newest generation keeps its name, so that settings need no change.
    Earlier generations are left out once they are over, or where their key is gone.
    """
    issuing = [one for one in labels_in(folder) if one.kind in RESPONDERS]
    newest = {one.kind: one for one in issuing}
    for label in issuing:
        if newest[label.kind] == label:
            yield label, RESPONDERS[label.kind]
        elif _goes_on(folder, label):
            yield label, str(label)


def _goes_on(folder: Path, label: CaLabel) -> bool:
    end = load_certificate(folder, label).not_valid_after_utc
    return end > system_clock() and has_key(private_folder(folder, label))
