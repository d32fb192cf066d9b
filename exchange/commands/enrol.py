"""`lienthong enrol`: a certificate for a key made here, by code or by renewal."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from clients.enrolment import EnrolmentCall, enrol, make_request
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import require_absent, write_new
from exchange.commands.output import Output
from pki.files import PRIVATE, read_private_file, write_atomically
from pki.keys.api import Credential
from pki.keys.loader import load_credential, read_passphrase
from pki.keys.software import (
    SoftwareKey,
    generate,
    load_private_key,
    save_pkcs8,
    save_pkcs12,
)
from pki.names import common_name, summary
from schemas.errors import Text
from schemas.timestamps import format_utc

_UNDECIDED = 2
_KEY_END = b"-----END ENCRYPTED PRIVATE KEY-----\n"


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("url", help="địa chỉ đăng ký / enrolment listener: https://…")
    parser.add_argument(
        "--authority",
        type=Path,
        required=True,
        metavar="FILE",
        help="chứng thư nơi cấp cho máy chủ, PEM / vouches for the server",
    )
    parser.add_argument("--code", metavar="ID", help="mã đăng ký / enrolment code")
    parser.add_argument(
        "--code-file",
        type=Path,
        metavar="FILE",
        help="tệp riêng chứa mật khẩu của mã / private file with the code's secret",
    )
    parser.add_argument(
        "--renew",
        type=Path,
        metavar="FILE",
        help="gia hạn chứng thư trong tệp .p12 này / renew what is in this .p12",
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        required=True,
        metavar="FILE",
        help="mật khẩu các tệp PKCS#12 / passphrase of the PKCS#12 files",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="ghi thêm .pem và .key không mật khẩu cho TLS / also for TLS, in clear",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".p12 mới / new .p12"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Enrol; undecided while approvals are missing: the same call goes on later."""
    passphrase = read_passphrase(arguments.passphrase_file)
    if not passphrase:
        raise UsageError(f"{arguments.passphrase_file}: trống / empty")
    call = _call(arguments)
    out: Path = arguments.out
    pending = out.with_suffix(".pending")
    # What a crash left of an enrolment that was begun is written again.
    require_absent(out, *(() if pending.exists() else _tls_files(arguments)))
    key, request = _begun(pending, passphrase, call)
    credential = enrol(call, key, request)
    if credential is None:
        _tell_pending(pending, output)
        return _UNDECIDED
    _save(arguments, credential, passphrase)
    pending.unlink()
    _tell(out, credential, output)
    return 0


def _call(arguments: Arguments) -> EnrolmentCall:
    if arguments.renew:
        uri = f"pkcs12:{arguments.renew}"
        current = load_credential(uri, passphrase_file=arguments.passphrase_file)
        return EnrolmentCall(
            url=arguments.url, authority=arguments.authority, current=current
        )
    if not (arguments.code and arguments.code_file):
        raise UsageError("thiếu / missing: --code ID --code-file FILE | --renew FILE")
    secret = (read_passphrase(arguments.code_file) or b"").decode("utf-8", "replace")
    return EnrolmentCall(
        url=arguments.url,
        authority=arguments.authority,
        code_id=arguments.code,
        secret=secret,
    )


def _begun(
    pending: Path, passphrase: bytes, call: EnrolmentCall
) -> tuple[SoftwareKey, bytes]:
    """Return key and request of an enrolment that was begun, or begin one.

    Both are on disk before anything is sent: a certificate is never made for a key
    that a crash then loses.
    """
    if pending.exists():
        pem, _, request = read_private_file(pending).partition(_KEY_END)
        return load_private_key(pem + _KEY_END, passphrase), request
    key = generate()
    current = call.current
    request = (
        make_request(key, current.certificate.subject) if current else make_request(key)
    )
    content = save_pkcs8(key, passphrase) + request
    write_atomically(pending, content, mode=PRIVATE)
    return key, request


def _tls_files(arguments: Arguments) -> tuple[Path, ...]:
    if not arguments.tls:
        return ()
    return tuple(arguments.out.with_suffix(one) for one in (".pem", ".key"))


def _save(arguments: Arguments, credential: Credential, passphrase: bytes) -> None:
    if arguments.tls and isinstance(credential.key, SoftwareKey):
        certificates, private = _tls_files(arguments)
        chain = (credential.certificate, *credential.chain)
        pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
        write_atomically(certificates, pem)
        write_atomically(private, save_pkcs8(credential.key, None), mode=PRIVATE)
    name = common_name(credential.certificate)
    packed = save_pkcs12(credential, name, passphrase)
    write_new(arguments.out, packed, private=True)


def _tell_pending(pending: Path, output: Output) -> None:
    output.result(
        {"state": "pending", "file": str(pending)},
        Text(
            "Đang chờ duyệt; chạy lại đúng lệnh này sau.",
            "Waits for approval; run the same command again later.",
        ),
    )


def _tell(out: Path, credential: Credential, output: Output) -> None:
    facts = summary(credential.certificate)
    output.result(
        {
            "state": "issued",
            "file": str(out),
            "serial": facts.serial,
            "subject": facts.subject,
            "not_after": format_utc(facts.not_after),
        },
        Text(
            f"Đã nhận {facts.serial}: {facts.subject} → {out}",
            f"Received {facts.serial}: {facts.subject} → {out}",
        ),
    )
