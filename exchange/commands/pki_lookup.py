"""`lienthong pki list` and `show`: what the CA issued."""

from cryptography import x509

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.commands.pki_files import open_ca
from pki.ca.hierarchy import Hierarchy
from pki.journal.store import JournalEntry
from pki.names import agency_of, summary, system_of
from pki.registry.api import RegisteredCertificate
from schemas.errors import Text
from schemas.timestamps import format_utc

_HEADS = (
    Text("Số hiệu", "Serial"),
    Text("Loại", "Kind"),
    Text("Hết hạn", "Not after"),
    Text("Thu hồi", "Revoked"),
    Text("Chủ thể", "Subject"),
)
_JOURNAL_HEADS = (
    Text("Lúc", "At"),
    Text("Việc", "Action"),
    Text("Ai", "Who"),
    Text("Vì sao", "Why"),
)


def declare_serial(parser: Parser) -> None:
    """Declare the argument that names a certificate."""
    parser.add_argument(
        "serial", type=_serial, help="số hiệu, hệ 16 / serial number, hexadecimal"
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
    return hierarchy.find(serial)


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
        fields = _fields(hierarchy.find(arguments.serial))
        journal = hierarchy.journal_about(arguments.serial)
    output.result({**fields, "journal": [_told(one) for one in journal]})
    if not output.as_json:
        for name, value in fields.items():
            output.show(f"{name:>15}  {value or '-'}")
        output.show("")
        lines = [_told(one) for one in journal]
        names = ("at", "action", "actor", "reason")
        output.table(_JOURNAL_HEADS, [[one[name] for name in names] for one in lines])


def _told(entry: JournalEntry) -> dict[str, str]:
    return {
        "number": str(entry.number),
        "at": format_utc(entry.at),
        "action": entry.action.value,
        "actor": entry.act.actor,
        "reason": entry.act.reason,
        "sha256": entry.digest(),
    }


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
        "invalidity_date": (
            format_utc(entry.invalidity_date) if entry.invalidity_date else ""
        ),
        "sha256": facts.sha256,
    }
