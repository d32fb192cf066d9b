"""How the log grows by one batch; pure, shared by every implementation."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.domain.records import LogState, PendingLogEntry, SequencedLogEntry
from schemas.merkle import Coordinates, append, leaf_hash


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry with its index and the tree nodes it completes, the leaf first.

    A completed node never changes again.
    """

    sequenced: SequencedLogEntry
    completed: tuple[tuple[Coordinates, bytes], ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """What one batch adds to the log, and the log afterwards."""

    leaves: tuple[Leaf, ...]
    state: LogState

    @property
    def entries(self) -> tuple[SequencedLogEntry, ...]:
        """The batch with its indexes."""
        return tuple(leaf.sequenced for leaf in self.leaves)


def grow(state: LogState, batch: Sequence[PendingLogEntry]) -> Growth:
    """Give the entries of `batch` consecutive indexes after those of `state`."""
    leaves: list[Leaf] = []
    frontier = state.frontier
    for index, entry in enumerate(batch, start=state.size):
        appended = append(frontier, index, leaf_hash(entry.leaf))
        frontier = appended.frontier
        sequenced = SequencedLogEntry(index=index, entry=entry)
        leaves.append(Leaf(sequenced, appended.completed))
    return Growth(tuple(leaves), LogState(state.size + len(leaves), frontier))


def completed_by(index: int) -> tuple[Coordinates, ...]:
    """Name the nodes that the entry at an index completes, the leaf first."""
    # One level for each bit that the size before it ends in.
    levels = (index ^ (index + 1)).bit_length()
    return tuple((level, index >> level) for level in range(levels))


def completing_index(coordinates: Coordinates) -> int:
    """Return the index of the entry that completes a node: its rightmost leaf."""
    level, index = coordinates
    return ((index + 1) << level) - 1
