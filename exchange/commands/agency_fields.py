"""An agency as the command line shows it."""

from exchange.commands.output import Output
from exchange.domain.agency_history import RecordedEvent
from exchange.domain.parties import Agency
from exchange.http.agency_wire import agency as public_fields
from exchange.http.agency_wire import entitlement as entitlement_fields
from exchange.usecases.entitlement import Entitlement
from schemas.errors import Text
from schemas.timestamps import format_utc


def agency_fields(agency: Agency) -> dict[str, object]:
    """Return what operators are shown of an agency: more than systems are."""
    return {
        **public_fields(agency),
        "email": agency.email,
        "closed_by": agency.closed_by,
    }


def show_entitlement(found: Entitlement, output: Output) -> None:
    """Show who an agency was at a moment."""
    output.result(entitlement_fields(found))
    if output.as_json:
        return
    state = Text("đang hoạt động", "open") if found.is_open else Text("đóng", "closed")
    output.show(f"{found.agency.code}  {found.agency.name}  ({output.pick(state)})")
    for label, names in (
        (Text("Cấp trên", "Above"), [one.code for one in found.parents]),
        (Text("Kế thừa", "Successors"), [one.code for one in found.successors]),
        (Text("Hệ thống", "Systems"), [one.system_id for one in found.systems]),
        (
            Text("Ủy quyền", "Delegations"),
            [
                f"{one.delegation.delegator} → {one.delegation.delegate}"
                for one in found.delegations
            ],
        ),
    ):
        output.show(f"  {output.pick(label)}: {', '.join(names) or '-'}")


def show_history(found: Entitlement, output: Output) -> None:
    """Show every change on record that names an agency."""
    output.result({"events": [_event(one) for one in found.events]})
    if output.as_json:
        return
    heads = (
        Text("Hiệu lực", "Effective"),
        Text("Thay đổi", "Change"),
        Text("Cơ quan", "Agencies"),
        Text("Về sau", "After"),
        Text("Lý do", "Reason"),
    )
    rows = [
        [
            format_utc(one.event.effective),
            one.event.change,
            ", ".join(one.event.agencies),
            ", ".join(one.event.results) or "-",
            one.event.reason,
        ]
        for one in found.events
    ]
    output.table(heads, rows)


def _event(recorded: RecordedEvent) -> dict[str, object]:
    return {**recorded.event.fields(), "version": recorded.version}
