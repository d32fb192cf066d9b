"""The append-only log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from exchange.domain.log_entries import LogLeaf, PendingLogEntry, SequencedLogEntry
from schemas.identifiers import EnvelopeId, OrganId


@dataclass(frozen=True, slots=True)
class Arrivals:
    """To whom a stretch of the log showed something.

    Args:
        until: the index of its last entry.
    """

    recipients: frozenset[OrganId]
    until: int


class LogStore(Protocol):
    """The append-only log (RFC 6962)."""

    async def sequence(self, *, limit: int) -> Sequence[SequencedLogEntry]:
        """Give indexes to entries that wait, oldest first, and store tree nodes.

        An entry that makes visible gives its index, in the same transaction, to those
        deliveries that are readable and have none: of those it names, or of all of its
        envelope if it names none. What was held until now comes with the entry that
        released it, and nothing comes twice.
        Called under the `sequencer` lease; safe, and of no effect twice, without it.
        """

    async def oldest_waiting(self) -> str | None:
        """The id of the entry that has waited longest for its index, if any does."""

    async def size(self) -> int:
        """Number of sequenced entries."""

    async def place_of(self, cursor: int) -> int:
        """Return where a poller goes on that has seen all up to a cursor.

        That is the cursor, unless the log ends before it: then it was given before the
        log was restored from an older backup, or is none, and what the poller has not
        seen comes after the last entry of that backup; after the last of the log where
        nothing is known of a restore.
        """

    async def arrivals(self, after: int, *, limit: int) -> Arrivals:
        """To whom the log entries after an index, at most so many, showed something.

        Somebody who may not read it any more can be among them.

        Entries are committed in order, so the last one that is seen is no promise of
        others before it.
        """

    async def reached(
        self, entries: Collection[SequencedLogEntry]
    ) -> frozenset[OrganId]:
        """To whom these entries showed something.

        Somebody who may not read it any more can be among them.
        """

    async def entries_of(self, envelope_id: EnvelopeId) -> Sequence[SequencedLogEntry]:
        """Sequenced entries that concern an envelope, in log order."""

    async def pending_of(self, envelope_id: EnvelopeId) -> Sequence[PendingLogEntry]:
        """Entries of an envelope that have no index yet, oldest first."""

    async def leaves(self, first: int, *, limit: int) -> tuple[LogLeaf, ...]:
        """Sequenced entries from index `first` on, with the nodes they complete."""

    async def nodes(
        self, coordinates: Collection[tuple[int, int]]
    ) -> Mapping[tuple[int, int], bytes]:
        """Hashes of complete subtrees by (level, index)."""
