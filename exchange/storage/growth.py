"""How the log grows by one batch; pure, shared by every implementation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exchange.domain.log_entries import LogState, PendingLogEntry, SequencedLogEntry
from exchange.domain.records import Acceptance, StepRecord
from schemas.identifiers import OrganId
from schemas.merkle import Coordinates, append, leaf_hash

_FEW = 8
"""Recipients that an entry names; those of a letter to all would be stored for ever."""


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


def shown_by(record: Acceptance | StepRecord) -> tuple[OrganId, ...]:
    """Return to whom the entry of a record makes its envelope visible."""
    if not record.entry.makes_visible:
        return ()
    if isinstance(record, Acceptance):
        return record.envelope.reached
    return (*record.recipients, *(one.recipient for one in record.added))


def entry_of(record: Acceptance | StepRecord) -> PendingLogEntry:
    """Return the entry of a record, naming to whom it shows something, if to few."""
    shown_to = shown_by(record)
    few = 0 < len(shown_to) <= _FEW
    return replace(record.entry, shown_to=shown_to) if few else record.entry


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
