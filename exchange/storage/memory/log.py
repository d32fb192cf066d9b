"""The log in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from exchange.domain.log_entries import (
    LogLeaf,
    PendingLogEntry,
    SequencedLogEntry,
    place_in,
)
from exchange.storage.growth import completed_by, grow
from exchange.storage.lanes import in_turn, most_urgent
from exchange.storage.memory.tables import Tables
from exchange.storage.ports import Arrivals
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import READABLE_DELIVERY_STATES


class MemoryLog:
    """The append-only log (RFC 6962)."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def sequence(self, *, limit: int) -> Sequence[SequencedLogEntry]:
        """Give indexes to entries that wait, oldest first, and store tree nodes."""
        tables = self._tables
        growing = _waiting(tables.pending, limit)
        growth = grow(tables.log, growing)
        for leaf in growth.leaves:
            del tables.pending[leaf.sequenced.entry.entry_id]
            entry = replace(leaf.sequenced.entry, urgency=0)
            tables.entries.append(replace(leaf.sequenced, entry=entry))
            tables.nodes.update(leaf.completed)
            if leaf.sequenced.entry.makes_visible:
                self._show(leaf.sequenced)
        tables.log = growth.state
        return growth.entries

    async def oldest_waiting(self) -> str | None:
        """The id of the entry that has waited longest for its index."""
        return min(self._tables.pending, default=None)

    async def size(self) -> int:
        """Number of sequenced entries."""
        return self._tables.log.size

    async def place_of(self, cursor: int) -> int:
        """Return where a poller goes on that has seen all up to a cursor."""
        size = self._tables.log.size
        return place_in(cursor, size=size, restored=self._tables.restored_size)

    async def arrivals(self, after: int, *, limit: int) -> Arrivals:
        """To whom the log entries after an index, at most so many, showed something."""
        until = min(after + limit, len(self._tables.entries) - 1)
        shown = range(after + 1, until + 1)
        deliveries = self._tables.deliveries.values()
        reached = (one.recipient for one in deliveries if one.log_index in shown)
        return Arrivals(frozenset(reached), max(after, until))

    async def reached(
        self, entries: Collection[SequencedLogEntry]
    ) -> frozenset[OrganId]:
        """To whom these entries showed something."""
        shown = {one.index for one in entries}
        deliveries = self._tables.deliveries.values()
        return frozenset(one.recipient for one in deliveries if one.log_index in shown)

    async def entries_of(self, envelope_id: EnvelopeId) -> Sequence[SequencedLogEntry]:
        """Sequenced entries that concern an envelope, in log order."""
        return [
            one for one in self._tables.entries if one.entry.envelope_id == envelope_id
        ]

    async def pending_of(self, envelope_id: EnvelopeId) -> Sequence[PendingLogEntry]:
        """Entries of an envelope that have no index yet, oldest first."""
        waiting = (self._tables.pending[key] for key in sorted(self._tables.pending))
        return [one for one in waiting if one.envelope_id == envelope_id]

    async def leaves(self, first: int, *, limit: int) -> tuple[LogLeaf, ...]:
        """Sequenced entries from index `first` on, with the nodes they complete."""
        wanted = self._tables.entries[first : first + limit]
        return tuple(
            LogLeaf(
                one.index,
                one.entry.leaf,
                tuple(self._tables.nodes[at] for at in completed_by(one.index)),
            )
            for one in wanted
        )

    async def nodes(
        self, coordinates: Collection[tuple[int, int]]
    ) -> Mapping[tuple[int, int], bytes]:
        """Hashes of complete subtrees by (level, index)."""
        stored = self._tables.nodes
        return {one: stored[one] for one in coordinates if one in stored}

    def _show(self, sequenced: SequencedLogEntry) -> None:
        for key, delivery in self._tables.deliveries.items():
            if (
                key[0] == sequenced.entry.envelope_id
                and key[1] in (sequenced.entry.shown_to or key[1:])
                and delivery.log_index is None
                and delivery.state in READABLE_DELIVERY_STATES
            ):
                self._tables.deliveries[key] = replace(
                    delivery, log_index=sequenced.index
                )


def _waiting(
    pending: Mapping[str, PendingLogEntry], limit: int
) -> list[PendingLogEntry]:
    oldest = {key: pending[key] for key in sorted(pending)}
    if len(oldest) < limit:
        return list(oldest.values())
    marked = [key for key in oldest if pending[key].urgency]
    marked.sort(key=lambda key: -pending[key].urgency)
    urgent = {key: pending[key] for key in marked[: most_urgent(limit)]}
    return in_turn(urgent, oldest, limit=limit)
