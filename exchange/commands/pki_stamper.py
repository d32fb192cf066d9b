"""`lienthong pki stamper`: the key that makes time stamps, and its yearly renewal."""

import json
from datetime import datetime, timedelta
from pathlib import Path

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
from pki.ca.hierarchy import system_clock
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from pki.keys.loader import load_credential
from pki.keys.software import KeyKind, generate, save_pkcs12
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from pki.tsa.authority import end_of_key_use
from schemas.errors import Text
from schemas.timestamps import format_utc

FILE = f"{CertificateKind.TSA}.p12"
_NAME = "Dấu thời gian"
_DUE_DAYS = 30


def declare_stamper(parser: Parser) -> None:
    """Declare the arguments of `stamper`."""
    parser.add_argument(
        "--name", default=_NAME, help="tên trong chứng thư / name in the certificate"
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        required=True,
        metavar="FILE",
        help="mật khẩu cho tệp PKCS#12 / passphrase for the PKCS#12 file",
    )
    parser.add_argument(
        "--key-kind",
        choices=[one.value for one in KeyKind],
        default=KeyKind.P256.value,
        help="loại khóa / kind of the key",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help=f"nơi ghi {FILE}, thay tệp cũ / for {FILE}, replacing the old one",
    )
    parser.add_argument(
        "--when-due",
        action="store_true",
        help=f"chỉ khi còn ≤ {_DUE_DAYS} ngày / only with ≤ {_DUE_DAYS} days left",
    )
    declare_why(parser)


def stamper(arguments: Arguments, output: Output) -> None:
    """Certify a new key that stamps; a running service takes it up by itself."""
    path: Path = arguments.out / FILE
    if arguments.when_due and path.exists():
        end = _end_of(path, arguments.passphrase_file)
        if not is_due(end, system_clock()):
            output.result(
                {"stamper": str(path), "made": False, "until": format_utc(end)},
                Text(
                    f"Khóa còn dùng đến {format_utc(end)}: {path}",
                    f"The key serves until {format_utc(end)}: {path}",
                ),
            )
            return
    end = end_of_key_use(_make(arguments, path).certificate)
    register = ca_folder(arguments) / "private" / "stamps.sqlite"
    lines = settings_lines(path, arguments.passphrase_file, register)
    output.result(
        {"stamper": str(path), "made": True, "until": format_utc(end)},
        Text(
            f"Khóa dấu thời gian mới, dùng đến {format_utc(end)}: {path}\n\n{lines}",
            f"New key for time stamps, until {format_utc(end)}: {path}\n\n{lines}",
        ),
    )


def is_due(end: datetime, now: datetime) -> bool:
    """Tell whether a key whose use ends then is to be renewed."""
    return end - now <= timedelta(days=_DUE_DAYS)


def settings_lines(path: Path, passphrase: Path, register: Path) -> str:
    """Return what the settings of a service of role `ca` need."""
    return f"""\
[keys.tsa]
uri = {_quoted(f"pkcs12:{path.resolve()}")}
passphrase_file = {_quoted(passphrase.resolve())}

[time_stamping]
register = {_quoted(register.resolve())}
clock = "kernel"
"""


def _quoted(text: str | Path) -> str:
    """Write a basic string of TOML; JSON escapes the same characters."""
    return json.dumps(str(text), ensure_ascii=False)


def _end_of(path: Path, passphrase: Path) -> datetime:
    credential = load_credential(f"pkcs12:{path}", passphrase_file=passphrase)
    return end_of_key_use(credential.certificate)


def _make(arguments: Arguments, path: Path) -> Credential:
    """Make key and certificate.

    Raises:
        PkiError: refused by the CA, or the file cannot be written.
    """
    passphrase = passphrase_in(arguments.passphrase_file)
    make_folder(path.parent)
    key = generate(KeyKind(arguments.key_kind))
    with open_ca(arguments) as hierarchy:
        names = SubjectFields(common_name=arguments.name)
        credential = hierarchy.issue_credential(
            CertificateKind.TSA, names, key=key, act=act_of(arguments)
        )
    packed = save_pkcs12(credential, CertificateKind.TSA, passphrase)
    write_atomically(path, packed, mode=PRIVATE)
    return credential
