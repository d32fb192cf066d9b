"""`lienthong pki audit`: do journals, registries and published files agree?"""

from exchange.commands.arguments import Arguments
from exchange.commands.output import Output, Refusal
from exchange.commands.pki_files import ca_folder
from pki.ca.audit import AuditedJournal, AuditFinding, audit_folder
from pki.errors import PkiError
from schemas.errors import Text

_HEADS = (
    Text("CA", "CA"),
    Text("Mục", "Entries"),
    Text("Chưa công bố", "Unpublished"),
    Text("Chứng thư", "Certificates"),
    Text("Dở dang", "Unfinished"),
    Text("Mã băm cuối", "Last digest"),
)


def audit(arguments: Arguments, output: Output) -> int:
    """Check the whole folder; 1 if anything is wrong. No key is opened."""
    audited = audit_folder(ca_folder(arguments))
    findings = [finding for one in audited for finding in one.findings]
    refusals = [_refusal(one) for one in findings]
    error = {"error": refusals[0].as_fields()} if refusals else {}
    output.result(
        {
            "ok": not findings,
            **error,
            "findings": [
                {"code": one.code.value, "place": one.place} for one in findings
            ],
            "journals": [_fields(one) for one in audited],
        }
    )
    if not output.as_json:
        output.table(_HEADS, [_row(one) for one in audited])
        for one in refusals:
            output.show(f"\n{output.describe(one)}")
    return 1 if findings else 0


def _refusal(finding: AuditFinding) -> Refusal:
    return Refusal.of(PkiError(finding.code, place=finding.place))


def _fields(audited: AuditedJournal) -> dict[str, object]:
    return {
        "label": audited.label,
        "entries": audited.entries,
        "head": audited.head,
        "unpublished": audited.unpublished,
        "certificates": audited.certificates,
        "unfinished": audited.unfinished,
    }


def _row(audited: AuditedJournal) -> list[str]:
    counts = (
        audited.entries,
        audited.unpublished,
        audited.certificates,
        audited.unfinished,
    )
    return [audited.label, *map(str, counts), audited.head]
