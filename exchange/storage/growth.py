"""How the log grows by one batch; pure, shared by every implementation."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.records import LogState, PendingLogEntry, SequencedLogEntry
from schemas.merkle import Coordinates, append, leaf_hash


@dataclass(frozen=True, slots=True)
class Growth:
    """What one batch adds to the log.

    Args:
        entries: the batch with its indexes.
        nodes: the tree nodes it completes; none of them changes again.
        state: the log afterwards.
    """

    entries: tuple[SequencedLogEntry, ...]
    nodes: tuple[tuple[Coordinates, bytes], ...]
    state: LogState


def grow(state: LogState, batch: Sequence[PendingLogEntry]) -> Growth:
    """Give the entries of `batch` consecutive indexes after those of `state`."""
    entries: list[SequencedLogEntry] = []
    nodes: list[tuple[Coordinates, bytes]] = []
    frontier = state.frontier
    for index, entry in enumerate(batch, start=state.size):
        appended = append(frontier, index, leaf_hash(entry.leaf))
        frontier = appended.frontier
        nodes.extend(appended.completed)
        entries.append(SequencedLogEntry(index=index, entry=entry))
    return Growth(
        tuple(entries), tuple(nodes), LogState(state.size + len(entries), frontier)
    )
