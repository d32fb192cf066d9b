"""`lienthong pki merge`: what a merger of agencies does to their certificates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.pki_desk import declare_proofs, open_desk, proofs
from exchange.commands.pki_files import act_of, declare_why
from pki.journal.store import Act
from pki.names import composed
from pki.registration.merger import (
    approve_merger,
    file_merger,
    get_merger,
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
    declare_why(parser)


def merge(arguments: Arguments, output: Output) -> None:
    """Plan a merger, approve it by the operators named, and carry it out."""
    merger = Merger(
        into=parse_organ_id(arguments.into),
        sources=tuple(parse_organ_id(one) for one in arguments.sources),
        keep=parse_organ_id(arguments.keep) if arguments.keep else None,
        name=composed(arguments.name),
    )
    by, act = proofs(arguments), act_of(arguments)
    with open_desk(arguments) as desk:
        if arguments.dry_run:
            _told(plan_merger(desk.office, merger, act), (), output)
            return
        record = file_merger(desk.office, merger, act)
        _approve_and_run(Approving(desk.office, by, act), record, output)


@dataclass(frozen=True, slots=True)
class Approving:
    """Who approves, and who carries out what is approved.

    Args:
        office: the desk's tools.
        by: operators who agree.
        act: who runs the command, and why.
    """

    office: Office
    by: Sequence[OperatorProof]
    act: Act


def approve_and_run(approving: Approving, merger_key: str, output: Output) -> None:
    """Approve a merger that was planned, and carry it out once complete.

    Raises:
        PkiError: as approving a request.
    """
    first, *others = approving.by
    record = approve_merger(approving.office, merger_key, first)
    _approve_and_run(replace(approving, by=others), record, output)


def _approve_and_run(
    approving: Approving, record: MergerRecord, output: Output
) -> None:
    for proof in approving.by:
        if record.state is RequestState.PENDING:
            record = approve_merger(approving.office, record.id, proof)
    made: Sequence[int] = ()
    if record.state is not RequestState.PENDING:
        made = run_merger(approving.office, record.id, approving.act)
        record = get_merger(approving.office, record.id)
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
