"""`lienthong pki responders`: new keys that answer for the issuing CAs (OCSP)."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_files import open_ca, passphrase_in
from pki.files import PRIVATE, write_atomically
from pki.keys.software import KeyKind, generate, save_pkcs12
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
        help="nơi ghi ocsp-*.p12, thay tệp cũ / for ocsp-*.p12, replacing old ones",
    )


def responders(arguments: Arguments, output: Output) -> None:
    """Certify a new key per issuing CA; a running service takes them up by itself."""
    passphrase = passphrase_in(arguments.passphrase_file)
    made: dict[str, str] = {}
    with open_ca(arguments) as hierarchy:
        for issuer, kind in RESPONDERS.items():
            key = generate(KeyKind(arguments.key_kind))
            credential = hierarchy.issue_responder(issuer, key=key)
            path = arguments.out / f"{kind}.p12"
            packed = save_pkcs12(credential, kind, passphrase)
            write_atomically(path, packed, mode=PRIVATE)
            made[str(path)] = format_utc(credential.certificate.not_valid_after_utc)
    lines = "".join(f"\n  {path}  → {until}" for path, until in made.items())
    output.result(
        {"responders": made},
        Text(f"Khóa trả lời OCSP mới:{lines}", f"New OCSP responder keys:{lines}"),
    )
