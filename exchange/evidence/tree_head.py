"""The head of the log, signed, and proofs under it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exchange.domain.log_entries import SequencedLogEntry
from exchange.errors import ExchangeError
from exchange.services import Services
from schemas.errors import ErrorCode
from schemas.evidence import (
    LogEntry,
    LogProof,
    TreeHead,
    write_proof,
    write_tree_head,
)
from schemas.merkle import (
    Coordinates,
    consistency_coordinates,
    consistency_path,
    frontier_coordinates,
    inclusion_coordinates,
    inclusion_path,
    root_of,
)
from signing.xmldsig.sign import sign_receipt


@dataclass(frozen=True, slots=True)
class ProvedEntries:
    """Entries with their proofs, in the order given, and the head they lead to."""

    proofs: tuple[bytes, ...]
    head: bytes


async def signed_head(services: Services) -> bytes:
    """Return the signed head over everything sequenced so far."""
    return (await prove_entries(services, ())).head


async def prove_entries(
    services: Services, entries: Sequence[SequencedLogEntry]
) -> ProvedEntries:
    """Prove `entries` under one signed head of the log as it is now."""
    size = await services.storage.log.size()
    nodes = await services.storage.log.nodes(_coordinates(entries, size))

    def node(level: int, index: int) -> bytes:
        return nodes[level, index]

    proofs = (
        write_proof(
            LogEntry.from_bytes(one.entry.leaf),
            LogProof(
                index=one.index,
                size=size,
                path=inclusion_path(one.index, size, node),
            ),
        )
        for one in entries
    )
    return ProvedEntries(tuple(proofs), _signed(services, size, root_of(size, node)))


async def prove_growth(services: Services, first: int, second: int) -> list[bytes]:
    """Prove that the log, when it had `second` entries, began with its first ones.

    Args:
        services: where the log is.
        first: how many entries it had earlier; 0 needs no proof.
        second: how many it had later.

    Raises:
        ExchangeError: it never had so many, or not in this order (REQUEST_INVALID).
        StorageUnavailableError: the database does not answer.
    """
    if not 0 <= first <= second <= await services.storage.log.size():
        place = f"first={first}, second={second}"
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
    wanted = consistency_coordinates(first, second)
    nodes = await services.storage.log.nodes(wanted)
    return list(consistency_path(first, second, lambda *at: nodes[at]))


def _coordinates(
    entries: Iterable[SequencedLogEntry], size: int
) -> frozenset[Coordinates]:
    paths = (inclusion_coordinates(one.index, size) for one in entries)
    return frozenset(frontier_coordinates(size)).union(*paths)


def _signed(services: Services, size: int, root_hash: bytes) -> bytes:
    now = services.now()
    head = TreeHead(log_id=services.hub.log_id, size=size, root_hash=root_hash, at=now)
    return sign_receipt(write_tree_head(head), credential=services.hub.log, at=now)
