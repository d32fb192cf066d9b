"""`lienthong pki issue` and `renew`: certificates for people, seals and systems."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.output import Output
from exchange.commands.pki_files import open_ca, passphrase_in
from exchange.commands.pki_lookup import declare_serial, find
from pki.errors import PkiError
from pki.hierarchy import Hierarchy
from pki.keys.software import SoftwareKey, generate, save_pkcs8, save_pkcs12
from pki.kinds import CertificateKind
from pki.names import SubjectFields, subject_fields, summary
from pki.profiles import PROFILES
from pki.requests import read_request
from schemas.errors import ErrorCode, Text
from schemas.identifiers import parse_organ_id, parse_system_id
from schemas.timestamps import format_utc

_MOST_DAYS = 36_500
_END_KINDS = [kind.value for kind, profile in PROFILES.items() if not profile.is_ca]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be certified."""

    kind: CertificateKind
    subject: SubjectFields


def declare_issue(parser: Parser) -> None:
    """Declare the arguments of `issue`."""
    parser.add_argument("kind", choices=_END_KINDS, help="loại chứng thư / kind")
    parser.add_argument("--name", required=True, help="tên chủ thể / common name")
    parser.add_argument("--organisation", default="", help="cơ quan / organisation")
    parser.add_argument("--unit", default="", help="đơn vị / unit")
    parser.add_argument(
        "--agency", metavar="CODE", help="mã định danh cơ quan / agency code"
    )
    parser.add_argument("--system", metavar="ID", help="mã hệ thống / system id")
    parser.add_argument(
        "--dns", action="append", default=[], help="tên máy chủ / host name"
    )
    parser.add_argument(
        "--ip", action="append", default=[], help="địa chỉ máy chủ / address"
    )
    _declare_key(parser)


def declare_renew(parser: Parser) -> None:
    """Declare the arguments of `renew`."""
    declare_serial(parser)
    _declare_key(parser)


def _declare_key(parser: Parser) -> None:
    parser.add_argument(
        "--days", type=_days, help="số ngày hiệu lực / days of validity"
    )
    parser.add_argument(
        "--request",
        type=Path,
        metavar="FILE",
        help="PKCS#10; không có thì tạo khóa mới / without it a key is made",
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="mật khẩu cho tệp PKCS#12 / passphrase for the PKCS#12 file",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="ghi thêm .pem và .key không mật khẩu cho TLS / also for TLS, in clear",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="khóa mới: .p12; theo yêu cầu: .pem / new key: .p12; request: .pem",
    )


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _MOST_DAYS:
        raise UsageError(f"--days {text}: 1-{_MOST_DAYS}")
    return int(text)


def issue(arguments: Arguments, output: Output) -> None:
    """Issue for a request, or for a key made here."""
    wanted = _Wanted(CertificateKind(arguments.kind), _subject(arguments))
    with open_ca(arguments) as hierarchy:
        _issue(arguments, wanted, hierarchy, output)


def renew(arguments: Arguments, output: Output) -> None:
    """Issue anew to the subject of a certificate; the old one counts until its end.

    Raises:
        PkiError: unknown, or revoked: whom it named must be established anew.
    """
    with open_ca(arguments) as hierarchy:
        entry = find(hierarchy, arguments.serial)
        if entry.revoked_at:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="revoked")
        subject = subject_fields(x509.load_der_x509_certificate(entry.der))
        _issue(arguments, _Wanted(entry.kind, subject), hierarchy, output)


def _subject(arguments: Arguments) -> SubjectFields:
    return SubjectFields(
        common_name=arguments.name,
        organisation=arguments.organisation,
        unit=arguments.unit,
        organ_id=parse_organ_id(arguments.agency) if arguments.agency else None,
        system_id=parse_system_id(arguments.system) if arguments.system else None,
        dns_names=tuple(arguments.dns),
        ip_addresses=tuple(arguments.ip),
    )


def _issue(
    arguments: Arguments, wanted: _Wanted, hierarchy: Hierarchy, output: Output
) -> None:
    if arguments.request:
        issued = _issue_for_request(arguments, wanted, hierarchy)
    else:
        issued = _issue_with_key(arguments, wanted, hierarchy)
    facts = summary(issued)
    output.result(
        {
            "file": str(arguments.out),
            "serial": facts.serial,
            "subject": facts.subject,
            "not_after": format_utc(facts.not_after),
        },
        Text(
            f"Đã cấp {facts.serial}: {facts.subject} → {arguments.out}",
            f"Issued {facts.serial}: {facts.subject} → {arguments.out}",
        ),
    )


def _issue_for_request(
    arguments: Arguments, wanted: _Wanted, hierarchy: Hierarchy
) -> x509.Certificate:
    if arguments.tls or arguments.passphrase_file:
        raise UsageError("--request: không có khóa ở đây / the key is not here")
    require_absent(arguments.out)
    key = read_request(read_file(arguments.request))
    issued = hierarchy.issue(wanted.kind, wanted.subject, key, days=arguments.days)
    write_new(arguments.out, _pem(issued, *hierarchy.chain_above(wanted.kind)))
    return issued


def _issue_with_key(
    arguments: Arguments, wanted: _Wanted, hierarchy: Hierarchy
) -> x509.Certificate:
    passphrase = passphrase_in(arguments.passphrase_file)
    if passphrase is None:
        raise UsageError("thiếu / missing: --request FILE | --passphrase-file FILE")
    tls = _tls_files(arguments)
    require_absent(arguments.out, *tls)
    key = generate()
    credential = hierarchy.issue_credential(
        wanted.kind, wanted.subject, key=key, days=arguments.days
    )
    packed = save_pkcs12(credential, wanted.subject.common_name, passphrase)
    write_new(arguments.out, packed, private=True)
    if tls:
        _write_for_tls(tls, key, (credential.certificate, *credential.chain))
    return credential.certificate


def _tls_files(arguments: Arguments) -> tuple[Path, ...]:
    """Return where certificates and key for TLS go: none, or two files."""
    if not arguments.tls:
        return ()
    files = tuple(arguments.out.with_suffix(one) for one in (".pem", ".key"))
    if arguments.out in files:
        raise UsageError(f"--out {arguments.out.name}: .p12")
    return files


def _write_for_tls(
    files: tuple[Path, ...], key: SoftwareKey, chain: tuple[x509.Certificate, ...]
) -> None:
    certificates, private = files
    write_new(certificates, _pem(*chain))
    write_new(private, save_pkcs8(key, None), private=True)


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
