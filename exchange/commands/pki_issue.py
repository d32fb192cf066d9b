"""`lienthong pki issue` and `renew`: certificates for people, seals and systems."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.files import read_file, require_absent, write_new
from exchange.commands.output import Output
from exchange.commands.pki_desk import told_waiting
from exchange.commands.pki_files import (
    act_of,
    ca_folder,
    declare_why,
    open_ca,
    passphrase_in,
)
from exchange.commands.pki_lookup import declare_serial, find
from exchange.commands.pki_subject import declare_days, declare_subject, subject_of
from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.keys.software import SoftwareKey, generate, save_pkcs8, save_pkcs12
from pki.kinds import CertificateKind
from pki.names import SubjectFields, subject_fields, summary
from pki.registration.desk import RegistrationDesk
from pki.registration.records import (
    Application,
    EnrolmentOrder,
    RegistrationRequest,
)
from schemas.errors import ErrorCode, Text
from schemas.timestamps import format_utc


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be certified."""

    kind: CertificateKind
    subject: SubjectFields

    def order(self, days: int | None) -> EnrolmentOrder:
        """Return it as the desk judges it."""
        return EnrolmentOrder(kind=self.kind, names=self.subject, days=days)


def declare_issue(parser: Parser) -> None:
    """Declare the arguments of `issue`."""
    declare_subject(parser)
    _declare_key(parser)


def declare_renew(parser: Parser) -> None:
    """Declare the arguments of `renew`."""
    declare_serial(parser)
    _declare_key(parser)


def _declare_key(parser: Parser) -> None:
    declare_why(parser)
    declare_days(parser)
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


def issue(arguments: Arguments, output: Output) -> None:
    """Issue for a request, or for a key made here."""
    wanted = _Wanted(CertificateKind(arguments.kind), subject_of(arguments))
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


def _issue(
    arguments: Arguments, wanted: _Wanted, hierarchy: Hierarchy, output: Output
) -> None:
    with RegistrationDesk.open(ca_folder(arguments), hierarchy) as desk:
        if arguments.request:
            request, issued = _issue_for_request(arguments, wanted, desk)
            if issued is None:
                told_waiting(request, output)
                return
            write_new(arguments.out, _pem(issued, *desk.chain_of(issued)))
        elif desk.approvals_needed(wanted.kind):
            raise PkiError(ErrorCode.APPROVAL_REQUIRED, place=wanted.kind)
        else:
            issued = _issue_with_key(arguments, wanted, hierarchy, desk)
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
    arguments: Arguments, wanted: _Wanted, desk: RegistrationDesk
) -> tuple[RegistrationRequest, x509.Certificate | None]:
    if arguments.tls or arguments.passphrase_file:
        raise UsageError("--request: không có khóa ở đây / the key is not here")
    require_absent(arguments.out)
    application = Application(
        kind=wanted.kind,
        names=wanted.subject,
        csr=read_file(arguments.request),
        days=arguments.days,
    )
    request = desk.submit(application, act_of(arguments))
    return request, desk.certificate_of(request.id)


def _issue_with_key(
    arguments: Arguments,
    wanted: _Wanted,
    hierarchy: Hierarchy,
    desk: RegistrationDesk,
) -> x509.Certificate:
    passphrase = passphrase_in(arguments.passphrase_file)
    if passphrase is None:
        raise UsageError("thiếu / missing: --request FILE | --passphrase-file FILE")
    tls = _tls_files(arguments)
    require_absent(arguments.out, *tls)
    key = generate()
    with desk.checked(wanted.order(arguments.days)):
        credential = hierarchy.issue_credential(
            wanted.kind,
            wanted.subject,
            key=key,
            days=arguments.days,
            act=act_of(arguments),
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
