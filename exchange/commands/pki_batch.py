"""`lienthong pki batch`: certificates for a whole list in one run."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import make_folder, read_file
from exchange.commands.output import Output, Progress
from exchange.commands.pki_desk import declare_proofs, open_desk, proofs
from exchange.commands.pki_files import act_of, declare_why
from pki.registration.batch import BatchRun
from pki.registration.batch_file import Batch, read_batch
from pki.registration.batch_records import (
    BatchRecord,
    RowResult,
    approve_batch,
    file_batch,
)
from pki.registration.records import RequestState
from schemas.errors import Text


def declare_batch(parser: Parser) -> None:
    """Declare the arguments of `batch`."""
    parser.add_argument(
        "file", type=Path, help="CSV: kind,name,request,agency,system,dns,ip,days,…"
    )
    parser.add_argument(
        "--requests", type=Path, required=True, metavar="FOLDER", help="PKCS#10"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="ROW.pem, results.csv"
    )
    declare_proofs(parser)
    declare_why(parser)


def batch(arguments: Arguments, output: Output) -> int:
    """File a batch, approve it by the operators named, and run it once complete.

    Returns:
        1 if a row was refused.
    """
    read = read_batch(read_file(arguments.file), arguments.requests)
    by = proofs(arguments)
    with open_desk(arguments) as desk:
        record = file_batch(desk.office, read, act_of(arguments))
        for proof in by:
            if record.state is RequestState.PENDING:
                record = approve_batch(desk.office, record.id, proof)
        if record.state is RequestState.PENDING:
            told_batch(record, output)
            return 0
        run = BatchRun(desk.office, read, arguments.out, act_of(arguments))
        return _run(run, read, arguments.out, output)


def _run(run: BatchRun, read: Batch, folder: Path, output: Output) -> int:
    make_folder(folder)
    progress = Progress(len(read.rows), output)

    def step(_result: RowResult) -> None:
        progress.step()

    results = run.run(step)
    refused = [one for one in results if one.code]
    issued = len(results) - len(refused)
    output.result(
        {
            "batch": read.id,
            "issued": issued,
            "refused": [{"row": one.number, "code": one.code} for one in refused],
            "results": str(folder / "results.csv"),
        },
        Text(
            f"Đã cấp {issued}, từ chối {len(refused)}: {folder / 'results.csv'}",
            f"Issued {issued}, refused {len(refused)}: {folder / 'results.csv'}",
        ),
    )
    return 1 if refused else 0


def told_batch(record: BatchRecord, output: Output) -> None:
    """Say how a batch stands."""
    given = len(record.approvals)
    output.result(
        {
            "batch": record.id,
            "digest": record.digest,
            "rows": record.rows,
            "state": record.state.value,
            "approvals": [one.operator for one in record.approvals],
            "needed": record.needed,
        },
        Text(
            f"{record.id}: {record.rows} dòng, đã duyệt {given}/{record.needed}",
            f"{record.id}: {record.rows} rows, {given}/{record.needed} approvals",
        ),
    )
