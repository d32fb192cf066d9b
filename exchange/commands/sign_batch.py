"""`lienthong sign FOLDER|LIST.csv --out FOLDER`: sign many documents in one go.

Started again after whatever stopped it, it goes on where it was: each document is
signed once, and signed files that are there are never written over.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from exchange.commands.arguments import Arguments, UsageError
from exchange.commands.files import make_folder, read_file
from exchange.commands.level_options import LEVELS, services_of
from exchange.commands.output import Output, Progress, Refusal
from exchange.commands.upgrade_folder import enqueue
from schemas.errors import CodedError, ErrorCode, Text
from signing.batch.listing import read_list
from signing.batch.plan import BatchItem, Manner, items_of_folder
from signing.batch.run import BatchRun, Result
from signing.batch.station import Desk, Outcome
from signing.profiles import CopyForm, SignatureProfile, SignerRole
from signing.upgrade_queue import UpgradeTask


def run(arguments: Arguments, secret: bytes | None, output: Output) -> int:
    """Sign the documents and say what became of each.

    Returns:
        1 if a document was refused.
    """
    out = _target_folder(arguments)
    items = _items(arguments, out)
    if not items:
        raise UsageError(f"{arguments.file}: không có tệp PDF / no PDF")
    make_folder(out)
    key = str(arguments.key)
    desk = Desk(
        key=key if key.startswith("pkcs11:") else f"pkcs12:{key}",
        secret=secret,
        certificate=arguments.certificate,
        image=read_file(arguments.image) if arguments.image else None,
        folder=out,
        services=partial(services_of, arguments),
    )
    batch = BatchRun(items, desk, arguments.jobs)
    progress = Progress(len(items), output)

    def step(result: Result) -> None:
        progress.step()
        _queue_if_incomplete(arguments, result, out)
        if output.as_json:
            output.line(_fields(result, out))

    results = batch.run(step)
    _conclude(results, batch.signer, out, output)
    return int(any(one.done.outcome is Outcome.REFUSED for one in results))


def _target_folder(arguments: Arguments) -> Path:
    if arguments.remote:
        raise UsageError("--remote: từng tệp một / one file at a time")
    out: Path | None = arguments.out
    if out is None:
        raise UsageError("thiếu / missing: --out")
    if out.resolve() == arguments.file.resolve():
        raise UsageError("--out: thư mục khác / another folder")
    return out


def _items(arguments: Arguments, out: Path) -> Sequence[BatchItem]:
    manner = Manner(
        role=SignerRole(arguments.role),
        number=arguments.number,
        issued=arguments.date,
        copy_form=CopyForm(arguments.copy_form) if arguments.copy_form else None,
        signer_name=arguments.signer_name,
        placement=arguments.place,
        field_name=arguments.field,
        profile=SignatureProfile(arguments.profile),
        level=LEVELS[arguments.level],
    )
    if not arguments.file.is_dir():
        data = read_file(arguments.file)
        return read_list(data, arguments.file.parent, manner)
    return items_of_folder(_documents(arguments.file, out), arguments.file, manner)


def _documents(folder: Path, out: Path) -> Sequence[Path]:
    """Find the PDF files of a folder, without hidden and signed ones."""
    inside = out.resolve()
    return [
        one
        for one in folder.rglob("*")
        if one.suffix.lower() == ".pdf"
        and one.is_file()
        and not any(part.startswith(".") for part in one.relative_to(folder).parts)
        and not one.resolve().is_relative_to(inside)
    ]


def _fields(result: Result, out: Path) -> dict[str, object]:
    done, job = result.done, result.item.job
    fields: dict[str, object] = {"file": result.item.label, "state": done.outcome.value}
    if done.outcome is Outcome.REFUSED:
        return fields | {"error": Refusal.of(_error(result)).as_fields()}
    fields |= {"out": str(out / job.target) if job else ""}
    return fields | ({"level": done.level} if done.level else {})


def _queue_if_incomplete(arguments: Arguments, result: Result, out: Path) -> None:
    """Let a document wait whose signature has not the level wanted yet."""
    job, level = result.item.job, result.done.level
    if arguments.queue is None or job is None or level is None:
        return
    if not level.includes(job.manner.level):
        path = out / job.target
        task = UpgradeTask(job.manner.level.value)
        enqueue(arguments.queue, path, read_file(path), task)


def _error(result: Result) -> CodedError:
    return CodedError(ErrorCode(result.done.code), place=result.done.place)


def _conclude(
    results: Sequence[Result], signer: str, out: Path, output: Output
) -> None:
    if output.as_json:
        return
    refused = [one for one in results if one.done.outcome is Outcome.REFUSED]
    if refused:
        output.table(
            (Text("Tệp", "File"), Text("Mã", "Code"), Text("Lý do", "Reason")),
            [_row(one, output) for one in refused],
        )
    count = Counter(one.done.outcome for one in results)
    signed, before = count[Outcome.SIGNED], count[Outcome.ALREADY]
    output.say(
        Text(
            f"{signer}: đã ký {signed}, đã có {before}, từ chối {len(refused)} → {out}",
            f"{signer}: signed {signed}, already {before}, refused {len(refused)}"
            f" → {out}",
        )
    )


def _row(result: Result, output: Output) -> tuple[str, str, str]:
    refusal = Refusal.of(_error(result))
    place = f" [{refusal.place}]" if refusal.place else ""
    return result.item.label, refusal.code, f"{output.pick(refusal.message)}{place}"
