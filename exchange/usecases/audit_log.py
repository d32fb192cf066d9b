"""Compute the tree of the log anew from its entries, and compare it with the stored."""

from dataclasses import dataclass

from exchange.domain.log_entries import LogLeaf
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode, SchemaError
from schemas.merkle import append, leaf_hash, root

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class AuditedLog:
    """A log every node of which is what its entries make.

    Args:
        size: entries.
        root_hash: of the tree over them.
    """

    size: int
    root_hash: bytes


async def audit_log(storage: Storage) -> AuditedLog:
    """Check every entry and node of the log as it is when the audit begins.

    Raises:
        SchemaError: the first entry that is missing, or does not make the nodes
            stored with it (LOG_PROOF_INVALID with its index).
        StorageUnavailableError: the database does not answer.
    """
    size = await storage.log.size()
    frontier: tuple[bytes, ...] = ()
    index = 0
    while index < size:
        leaves = await storage.log.leaves(index, limit=min(_AT_ONCE, size - index))
        if not leaves:
            raise _refused(index)
        frontier = audit_leaves(frontier, index, leaves)
        index += len(leaves)
    return AuditedLog(size, root(frontier))


def audit_leaves(
    frontier: tuple[bytes, ...], size: int, leaves: tuple[LogLeaf, ...]
) -> tuple[bytes, ...]:
    """Require that leaves continue a tree, and return its right edge after them.

    Args:
        frontier: the right edge before them.
        size: entries before them.
        leaves: the next ones.

    Raises:
        SchemaError: one does not (LOG_PROOF_INVALID with its index).
    """
    for index, leaf in enumerate(leaves, start=size):
        grown = append(frontier, index, leaf_hash(leaf.content))
        completed = tuple(node for _, node in grown.completed)
        if leaf.index != index or leaf.nodes != completed:
            raise _refused(index)
        frontier = grown.frontier
    return frontier


def _refused(index: int) -> SchemaError:
    return SchemaError(ErrorCode.LOG_PROOF_INVALID, place=str(index))
