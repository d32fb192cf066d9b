"""Check that what CAs published of their journals is in the log, each line once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exchange.domain.log_entries import CaJournalPosition, SequencedLogEntry
from exchange.storage.ports import Storage
from exchange.usecases.enter_ca_journal import line_subject, mark_of
from pki.errors import PkiError
from pki.journal.published import (
    SUFFIX,
    JournalPart,
    published_labels,
    read_published_journal,
)
from schemas.errors import CodedError, ErrorCode, SchemaError
from schemas.evidence import LogEntry
from schemas.identifiers import EnvelopeId
from schemas.merkle import (
    Coordinates,
    frontier_coordinates,
    inclusion_coordinates,
    inclusion_path,
    root_of,
    verify_inclusion,
)
from schemas.vocabulary import LogEntryType

_LINES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalAudit:
    """What was found about the journal of one CA.

    Args:
        label: of the CA.
        published: lines in its file.
        proved: lines, from the first on, that stand in the log once and in order.
        failure: why the rest does not; None if it only has to wait.
    """

    label: str
    published: int
    proved: int
    failure: CodedError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every published line is proved."""
        return self.failure is None and self.proved == self.published


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAudit:
    """What was found, and the log it was found in.

    Args:
        size: entries of the log.
        root_hash: of its tree.
        journals: one finding for each CA, in order of labels.
    """

    size: int
    root_hash: bytes
    journals: tuple[JournalAudit, ...]


async def audit_ca_journals(storage: Storage, folder: Path) -> LogAudit:
    """Check every journal that is published, or was.

    Args:
        storage: holds the log.
        folder: where the CAs publish.

    Raises:
        SchemaError: the tree of the log is not whole (LOG_PROOF_INVALID).
        StorageUnavailableError: the database does not answer.
    """
    log = await _open_log(storage)
    known = {one.label for one in await storage.ca_journals.positions()}
    labels = sorted(known.union(published_labels(folder)))
    journals = [await _audit(log, label, folder) for label in labels]
    return LogAudit(size=log.size, root_hash=log.root, journals=tuple(journals))


@dataclass(frozen=True, slots=True)
class _Log:
    """The log as it was when the audit began."""

    storage: Storage
    size: int
    root: bytes


async def _open_log(storage: Storage) -> _Log:
    size = await storage.log.size()
    frontier = frontier_coordinates(size)
    nodes = await storage.log.nodes(frontier)
    if len(nodes) < len(frontier):
        raise _refused("log")
    return _Log(storage, size, root_of(size, lambda *at: nodes[at]))


async def _audit(log: _Log, label: str, folder: Path) -> JournalAudit:
    position = await log.storage.ca_journals.position(label)
    path = folder / f"{label}{SUFFIX}"
    try:
        entered, rest = await asyncio.to_thread(_read, path, position)
    except PkiError as error:
        return JournalAudit(label=label, published=0, proved=0, failure=error)
    auditor, failure = _Auditor(log, label, entered.digests), None
    try:
        await auditor.run()
    except SchemaError as error:
        failure = error
    return JournalAudit(
        label=label,
        published=rest.end.number,
        proved=auditor.proved,
        failure=failure,
    )


def _read(path: Path, position: CaJournalPosition) -> tuple[JournalPart, JournalPart]:
    """Read what was entered, which must be what is published, and what follows."""
    entered = read_published_journal(path, limit=position.number)
    return entered, read_published_journal(path, after=mark_of(position))


class _Auditor:
    """Follows the lines of one journal through the log.

    Attributes:
        proved: how many lines, from the first on, stand in the log.
    """

    def __init__(self, log: _Log, label: str, digests: Sequence[str]) -> None:
        self._log = log
        self._label = label
        self._digests = digests
        self._index = -1
        self._waiting = False
        self.proved = 0

    async def run(self) -> None:
        """Check all lines.

        Raises:
            SchemaError: the first line that is not in the log, is in it twice, out
                of order, or without a proof (LOG_PROOF_INVALID with its subject).
        """
        for start in range(0, len(self._digests), _LINES_AT_ONCE):
            numbers = range(start, min(start + _LINES_AT_ONCE, len(self._digests)))
            await self._check(numbers)

    async def _check(self, numbers: range) -> None:
        subjects = {line_subject(self._label, n + 1): self._digests[n] for n in numbers}
        entries: dict[str, list[SequencedLogEntry]] = {one: [] for one in subjects}
        for one in await self._log.storage.ca_journals.entries(list(subjects)):
            entries[one.entry.envelope_id].append(one)
        standing = [one for found in entries.values() for one in found]
        nodes = await self._nodes(standing)
        for subject, digest in subjects.items():
            found = entries[subject]
            if len(found) > 1:
                raise _refused(subject)
            if found and found[0].index < self._log.size:
                self._require(found[0], digest, nodes)
            else:
                await self._require_waiting(subject)

    async def _nodes(
        self, entries: Sequence[SequencedLogEntry]
    ) -> Mapping[Coordinates, bytes]:
        size = self._log.size
        paths = (
            inclusion_coordinates(one.index, size)
            for one in entries
            if one.index < size
        )
        return await self._log.storage.log.nodes(frozenset[Coordinates]().union(*paths))

    def _require(
        self,
        found: SequencedLogEntry,
        digest: str,
        nodes: Mapping[Coordinates, bytes],
    ) -> None:
        """Require one entry at its place, behind the entry of the line before."""
        subject, index, size = found.entry.envelope_id, found.index, self._log.size
        entry = LogEntry.from_bytes(found.entry.leaf)
        is_line = (entry.type, entry.subject) == (LogEntryType.CA_ACTION, subject)
        follows = index > self._index and not self._waiting
        known = inclusion_coordinates(index, size) <= nodes.keys()
        attests = entry.attests(digest.encode("ascii"))
        if not (is_line and follows and known and attests):
            raise _refused(subject)
        path = inclusion_path(index, size, lambda *at: nodes[at])
        verify_inclusion(
            entry.leaf_hash(), path, index=index, size=size, root=self._log.root
        )
        self._index = index
        self.proved += 1

    async def _require_waiting(self, subject: str) -> None:
        """Require that an entry waits for its index, or got it a moment ago."""
        self._waiting = True
        storage = self._log.storage
        if await storage.log.pending_of(EnvelopeId(subject)):
            return
        entries = await storage.ca_journals.entries([subject])
        if not any(one.index >= self._log.size for one in entries):
            raise _refused(subject)


def _refused(subject: str) -> SchemaError:
    return SchemaError(ErrorCode.LOG_PROOF_INVALID, place=subject)
