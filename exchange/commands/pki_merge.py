"""`lienthong pki merge`: what a merger of agencies does to their certificates."""

from collections.abc import Sequence

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_desk import declare_proofs, open_desk, own_act, proofs
from pki.registration.merger import (
    approve_merger,
    file_merger,
    plan_merger,
    run_merger,
)
from pki.registration.merger_plan import Merger, MergerRecord
from pki.registration.office import Office
from pki.registration.records import OperatorProof, RequestState
from schemas.errors import Text
from schemas.identifiers import parse_organ_id


def declare_merge(parser: Parser) -> None:
    """Declare the arguments of `merge`."""
    parser.add_argument(
        "--into", required=True, metavar="CODE", help="cơ quan về sau / agency after"
    )
    parser.add_argument(
        "--from",
        dest="sources",
        action="append",
        required=True,
        metavar="CODE",
        help="cơ quan kết thúc / agency that ends in it, once per agency",
    )
    parser.add_argument(
        "--keep",
        metavar="CODE",
        help="sửa chứng thư của cơ quan này thay vì thu hồi / amend this one's",
    )
    parser.add_argument("--name", default="", help="tên về sau / name afterwards")
    parser.add_argument(
        "--dry-run", action="store_true", help="chỉ xem kế hoạch / show the plan alone"
    )
    declare_proofs(parser)


def merge(arguments: Arguments, output: Output) -> None:
    """Plan a merger, approve it by the operators named, and carry it out."""
    merger = Merger(
        into=parse_organ_id(arguments.into),
        sources=tuple(parse_organ_id(one) for one in arguments.sources),
        keep=parse_organ_id(arguments.keep) if arguments.keep else None,
        name=arguments.name,
    )
    by = proofs(arguments)
    with open_desk(arguments) as desk:
        if arguments.dry_run:
            _told(plan_merger(desk.office, merger, own_act()), (), output)
            return
        record = file_merger(desk.office, merger, own_act())
        _approve_and_run(desk.office, record, by, output)


def approve_and_run(
    office: Office, merger_key: str, by: Sequence[OperatorProof], output: Output
) -> None:
    """Approve a merger that was planned, and carry it out once complete.

    Raises:
        PkiError: as approving a request.
    """
    record = approve_merger(office, merger_key, by[0])
    _approve_and_run(office, record, by[1:], output)


def _approve_and_run(
    office: Office,
    record: MergerRecord,
    by: Sequence[OperatorProof],
    output: Output,
) -> None:
    for proof in by:
        if record.state is RequestState.PENDING:
            record = approve_merger(office, record.id, proof)
    made: Sequence[int] = ()
    if record.state is not RequestState.PENDING:
        made = run_merger(office, record.id, own_act())
    _told(record, made, output)


def _told(record: MergerRecord, made: Sequence[int], output: Output) -> None:
    waiting = record.state is RequestState.PENDING
    given = f"{len(record.approvals)}/{record.needed}"
    vi = f"{record.id}: sửa {len(record.amended)}, thu hồi {len(record.revoked)}"
    en = f"{record.id}: {len(record.amended)} amended, {len(record.revoked)} revoked"
    more = (
        Text(f"; đã duyệt {given}", f"; {given} approvals") if waiting else Text("", "")
    )
    output.result(
        {
            "merger": record.id,
            "state": "done" if made or not waiting else record.state.value,
            "amend": [f"{one:x}" for one in record.amended],
            "revoke": [f"{one:x}" for one in record.revoked],
            "new": [f"{one:x}" for one in made],
            "approvals": [one.operator for one in record.approvals],
            "needed": record.needed,
        },
        Text(vi + more.vi, en + more.en),
    )
