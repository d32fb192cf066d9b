"""`lienthong pki list` and `show`: what the CA issued."""

from cryptography import x509

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.commands.pki_files import open_ca
from pki.errors import PkiError
from pki.hierarchy import Hierarchy
from pki.names import agency_of, summary, system_of
from pki.registry import RegisteredCertificate
from schemas.errors import ErrorCode, Text
from schemas.timestamps import format_utc

_HEADS = (
    Text("Số sê-ri", "Serial"),
    Text("Loại", "Kind"),
    Text("Hết hạn", "Not after"),
    Text("Thu hồi", "Revoked"),
    Text("Chủ thể", "Subject"),
)


def declare_serial(parser: Parser) -> None:
    """Declare the argument that names a certificate."""
    parser.add_argument(
        "serial", type=_serial, help="số sê-ri, hệ 16 / serial number, hexadecimal"
    )


def _serial(text: str) -> int:
    try:
        return int(text.replace(":", ""), 16)
    except ValueError as error:
        raise UsageError(f"serial {text}: hệ 16 / hexadecimal") from error


def find(hierarchy: Hierarchy, serial: int) -> RegisteredCertificate:
    """Find an issued certificate.

    Raises:
        PkiError: no CA here issued it (CERTIFICATE_NOT_FOUND).
    """
    for one in hierarchy.certificates():
        if one.serial == serial:
            return one
    raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=f"{serial:x}")


def serial_number(entry: RegisteredCertificate) -> str:
    """Return the serial number as it is written."""
    return f"{entry.serial:x}"


def list_all(arguments: Arguments, output: Output) -> None:
    """List everything the CA issued."""
    with open_ca(arguments) as hierarchy:
        rows = [_fields(one) for one in hierarchy.certificates()]
    output.result({"certificates": rows})
    if not output.as_json:
        names = ("serial", "kind", "not_after", "revoked_at", "subject")
        output.table(_HEADS, [[row[one] or "-" for one in names] for row in rows])


def show(arguments: Arguments, output: Output) -> None:
    """Show one certificate."""
    with open_ca(arguments) as hierarchy:
        fields = _fields(find(hierarchy, arguments.serial))
    output.result(fields)
    if not output.as_json:
        for name, value in fields.items():
            output.show(f"{name:>12}  {value or '-'}")


def _fields(entry: RegisteredCertificate) -> dict[str, str]:
    certificate = x509.load_der_x509_certificate(entry.der)
    facts = summary(certificate)
    return {
        "serial": facts.serial,
        "kind": entry.kind,
        "subject": facts.subject,
        "agency": agency_of(certificate) or "",
        "system": system_of(certificate) or "",
        "not_before": format_utc(facts.not_before),
        "not_after": format_utc(facts.not_after),
        "issued_at": format_utc(entry.issued_at),
        "revoked_at": format_utc(entry.revoked_at) if entry.revoked_at else "",
        "reason": entry.reason.value if entry.reason else "",
        "sha256": facts.sha256,
    }
