"""A batch from beginning to end: sign, record, publish.

A signed file lies under another name until the record says, durably, which digest its
target has; then it becomes the target. Whatever a kill interrupts is found again: a
target with the digest of the record is done, a file that waits is published, and
anything else that lies about is removed and its document signed anew.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import monotonic

from pki.files import PUBLIC, sync_folder
from schemas.errors import ErrorCode
from signing.batch.crew import Crew
from signing.batch.plan import BatchItem, Entry
from signing.batch.record import BatchRecord
from signing.batch.station import TEMPORARY_PREFIX, Desk, Done, Task
from signing.errors import SigningError

_GROUP = 16
_GROUP_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one item of a batch."""

    item: BatchItem
    done: Done


class BatchRun:
    """One run over a batch.

    Args:
        items: what there is to sign.
        desk: the key, the image, and the folder of signed files, which exists.
        jobs: processes; a token is used by one.
    """

    def __init__(self, items: Sequence[BatchItem], desk: Desk, jobs: int) -> None:
        self._items, self._desk = items, desk
        self._jobs = 1 if desk.is_token else max(1, min(jobs, len(items)))
        self.signer = ""

    def run(self, step: Callable[[Result], None]) -> Sequence[Result]:
        """Sign what is not signed yet; `step` is told of every document.

        Raises:
            PkiError: the key cannot be opened.
            SigningError: another batch writes to the folder, or nobody may.
        """
        results = []
        with BatchRecord(self._desk.folder) as record:
            for done in self._results(record):
                result = Result(item=self._items[done.number], done=done)
                results.append(result)
                step(result)
        return results

    def _results(self, record: BatchRecord) -> Iterator[Done]:
        entries = record.entries()
        _remove_strays(self._desk.folder, entries.values())
        tasks = []
        for number, item in enumerate(self._items):
            if item.job is None:
                refusal = item.refusal or SigningError(ErrorCode.SIGN_LIST_INVALID)
                yield Done.refused(number, refusal)
                continue
            entry = entries.get(str(item.job.target))
            tasks.append(Task(number=number, job=item.job, entry=entry))
        if not tasks:
            return
        with Crew(self._desk, self._jobs) as crew:
            self.signer = crew.signer
            yield from self._published(crew, tasks, record)

    def _published(
        self, crew: Crew, tasks: Sequence[Task], record: BatchRecord
    ) -> Iterator[Done]:
        """Publish in groups, which share what it costs to be durable."""
        group: list[Done] = []
        since = monotonic()
        for heard in chain(crew.work(tasks), [()]):
            for done in heard:
                if done.entry is None:
                    yield done
                else:
                    group.append(done)
            is_last = heard == ()
            is_due = len(group) >= _GROUP or monotonic() - since > _GROUP_SECONDS
            if is_last or is_due:
                yield from _publish(self._desk.folder, group, record)
                group, since = [], monotonic()


def _remove_strays(folder: Path, entries: Iterable[Entry]) -> None:
    """Remove what a killed run left, but for what waits to be published."""
    waiting = (one for one in entries if not (folder / one.target).exists())
    kept = {one.temporary for one in waiting}
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _publish(
    folder: Path, group: Sequence[Done], record: BatchRecord
) -> Iterator[Done]:
    record.append(one.entry for one in group if one.entry is not None)
    folders = {folder}
    published = []
    for one in group:
        if one.entry is None:
            continue
        try:
            folders.add(_make_target(folder, one.entry))
            published.append(one)
        except OSError:
            refusal = SigningError(ErrorCode.FILE_NOT_WRITTEN, place=one.entry.target)
            published.append(Done.refused(one.number, refusal))
    if group:
        for changed in folders:
            sync_folder(changed)
    yield from published


def _make_target(folder: Path, entry: Entry) -> Path:
    """Give a signed file its name; a file that has it is left alone."""
    target, temporary = folder / entry.target, folder / Path(entry.temporary).name
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary.chmod(PUBLIC)
    try:
        os.link(temporary, target)
    except FileExistsError:
        temporary.unlink()
        raise
    except OSError:
        # No hard links here (FAT, some shares); the record's lock keeps others away.
        if target.exists():
            raise
        temporary.replace(target)
    else:
        temporary.unlink()
    return target.parent
