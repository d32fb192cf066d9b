"""Positions of the CAs' journals in MongoDB."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial

from exchange.domain.log_entries import (
    CaJournalPosition,
    CaJournalStep,
    SequencedLogEntry,
)
from exchange.storage.conflicts import journal_conflict
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction


class MongoCaJournals:
    """How much of each CA's published journal is in the log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._positions = database["ca_journals"]

    async def position(self, label: str) -> CaJournalPosition:
        """Where the journal of one CA stands; number 0 when nothing is entered."""
        found = await find_one(self._positions, {"_id": label})
        return CaJournalPosition(label=label) if found is None else _record(found)

    async def positions(self) -> Sequence[CaJournalPosition]:
        """Where all journals stand, ordered by label."""
        found = await find_all(self._positions, {}, sort=[("_id", 1)])
        return [_record(one) for one in found]

    async def enter(self, step: CaJournalStep) -> CaJournalPosition:
        """Store the log entries and move the position, or store nothing.

        Raises:
            StateConflictError: other lines were entered (JOURNAL_BROKEN).
        """
        with suppress(DuplicateError):
            if await in_transaction(self._database, partial(self._enter, step)):
                return step.after
        stored = await self.position(step.before.label)
        if stored.number == step.before.number:
            raise journal_conflict(stored)
        return stored

    async def entries(self, subjects: Collection[str]) -> Sequence[SequencedLogEntry]:
        """Sequenced entries about lines (`LABEL/NUMBER`), in log order."""
        concerns = {"envelope": {"$in": list(subjects)}}
        found = await find_all(self._database["log"], concerns, sort=[("_id", 1)])
        return [codec.sequenced_record(one) for one in found]

    def _enter(self, step: CaJournalStep, transaction: Transaction) -> bool:
        """Move the position first: whoever is late stops here."""
        moved = transaction.replace_one(
            "ca_journals",
            _document(step.before),
            _document(step.after),
            # There is none before the first line; a second one is a duplicate.
            upsert=step.before.number == 0,
        )
        if not moved.matched_count and moved.upserted_id is None:
            return False
        entries = [codec.pending_document(one) for one in step.entries]
        transaction.insert("log_pending", entries)
        return True


def _document(position: CaJournalPosition) -> Document:
    return {
        "_id": position.label,
        "number": position.number,
        "digest": position.digest,
        "lines_sha256": position.lines_sha256,
        "entry": position.entry_id,
    }


def _record(document: Document) -> CaJournalPosition:
    return CaJournalPosition(
        label=document["_id"],
        number=document["number"],
        digest=document["digest"],
        lines_sha256=document["lines_sha256"],
        entry_id=document["entry"],
    )
