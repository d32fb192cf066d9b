"""`lienthong verify` for folders and several files: a table, or a line for each."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from exchange.commands.arguments import Arguments
from exchange.commands.output import Output, Progress
from exchange.commands.upgrade_names import OWN_FILES
from exchange.commands.verify_keep import Keeper
from pki.trust import load_material
from schemas.catalogue import explain
from schemas.errors import ErrorCode, Text
from schemas.render import verdict_to_json
from schemas.verdict import Indication, Verdict, worst
from signing.errors import SigningError
from signing.many import ManyFiles, judge_files
from signing.reports import words
from signing.reports.rows import all_signatures, clean, problems

_WORST_FIRST = (
    Indication.TOTAL_FAILED,
    Indication.INDETERMINATE,
    Indication.TOTAL_PASSED,
)
_HEADS = (
    words.FILE,
    Text("Kết quả", "Verdict"),
    words.SIGNER,
    Text("Mức", "Level"),
    Text("Lý do", "Reason"),
)
_LONGEST_REASON = 70


def files_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files named and those in the folders named, each once.

    Folders are searched to their ground; what is hidden in them and the queue of an
    archive (`lienthong upgrades`) are left out, and links to other folders are not
    followed.

    Raises:
        SigningError: there is none (FILE_UNREADABLE).
    """
    found = tuple(dict.fromkeys(one for path in paths for one in _files(path)))
    if not found:
        raise SigningError(ErrorCode.FILE_UNREADABLE, place=str(paths[0]))
    return found


def run_many(arguments: Arguments, output: Output) -> Indication:
    """Judge files and folders and show what was found; return the worst indication.

    Raises:
        SigningError: there is no file (FILE_UNREADABLE).
        PkiError: what is to be trusted cannot be read.
    """
    question = ManyFiles(
        material=load_material(
            arguments.trust,
            arguments.intermediate,
            arguments.revocation,
            arguments.policy,
        ),
        at=arguments.at,
        now=datetime.now(UTC),
        jobs=arguments.jobs,
    )
    at = question.at or question.now
    with Keeper(arguments.keep, material=question.material, at=at) as keeper:
        return asyncio.run(_run(files_in(arguments.files), question, output, keeper))


async def _run(
    files: Sequence[Path], question: ManyFiles, output: Output, keeper: Keeper
) -> Indication:
    progress = Progress(len(files), output)
    verdicts: list[Verdict] = []
    judging = judge_files(files, question, lambda path: progress.step(path.name))
    names = iter(files)
    # Whatever ends this, a reader who has seen enough too, ends the workers first.
    async with aclosing(judging):
        async for verdict in judging:
            path = next(names)
            await asyncio.to_thread(keeper.keep, path, verdict)
            named = replace(verdict, name=_shown(path))
            verdicts.append(named)
            if output.as_json:
                output.line(verdict_to_json(named))
    if not output.as_json:
        _show_table(verdicts, output)
    return worst(verdicts)[0]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(one for one in inner if not one.startswith("."))
        for name in sorted(names):
            found = Path(folder, name)
            is_meant = not name.startswith(".") and name not in OWN_FILES
            if is_meant and found.is_file():
                yield found


def _show_table(verdicts: Sequence[Verdict], output: Output) -> None:
    ranked = sorted(verdicts, key=lambda one: _WORST_FIRST.index(one.indication))
    output.table(_HEADS, [_row(one, output) for one in ranked])
    counts = (
        f"{output.pick(words.SHORT[one])}: {number}"
        for one in _WORST_FIRST
        if (number := sum(verdict.indication is one for verdict in verdicts))
    )
    output.show("")
    output.show(", ".join(counts))


def _row(verdict: Verdict, output: Output) -> tuple[str, ...]:
    signatures = [one for _, one in all_signatures(verdict)]
    signers = dict.fromkeys(one.signer for one in signatures if one.signer)
    levels = dict.fromkeys(one.level for one in signatures if one.level)
    return (
        clean(verdict.name),
        output.pick(words.SHORT[verdict.indication]),
        clean(", ".join(signers)) or "–",
        clean(", ".join(levels)) or "–",
        _reason(verdict, output),
    )


def _reason(verdict: Verdict, output: Output) -> str:
    reasons = problems(verdict)
    if not reasons or verdict.indication is Indication.TOTAL_PASSED:
        return ""
    message = output.pick(explain(reasons[0].code).message)
    short = message[: _LONGEST_REASON - 1].rstrip() + "…"
    return message if len(message) <= _LONGEST_REASON else short


def _shown(path: Path) -> str:
    """Return the name of a file as text, whatever bytes it is made of."""
    return os.fsencode(path).decode(errors="replace")
