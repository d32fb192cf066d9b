"""Proof check and full audit of a log of 1,000,000 entries (design, section 9)."""

import json
import secrets
import sys
import time
import timeit
from collections.abc import Iterator

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from exchange.domain.records import LogLeaf, LogState
from exchange.storage.growth import Growth, grow
from exchange.storage.mongo import codec
from exchange.storage.mongo.store import open_mongo_storage
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.audit_log import audit_leaves, audit_log
from schemas.evidence import LogEntry, LogProof, TreeHead, read_proof, write_proof
from schemas.merkle import inclusion_coordinates, inclusion_path, root
from schemas.vocabulary import LogEntryType
from tests.support.pki import NOW
from tests.support.stored import envelope_id

pytestmark = pytest.mark.bench

ENTRIES = 1_000_000
AUDIT_BAR_SECONDS = 60.0
PROOF_BAR_MS = 1.0
_AT_ONCE = 5_000
_DATA = b"receipt"


def _report(what: str, **figures: float) -> None:
    line = {"what": what, **{name: round(one, 4) for name, one in figures.items()}}
    sys.stdout.write(json.dumps(line) + "\n")


def _growths(count: int) -> Iterator[Growth]:
    """Yield a log, batch by batch, as the sequencer makes it."""
    state, number = LogState(), 0
    while number < count:
        numbers = range(number, min(number + _AT_ONCE, count))
        entries = (
            (
                one,
                log_entry(
                    LogEntryType.ACCEPTED,
                    at=NOW,
                    actor="hub-1",
                    subject=envelope_id(one),
                    data=_DATA,
                ),
            )
            for one in numbers
        )
        batch = [pending(entry, entry_id=f"{one:026d}") for one, entry in entries]
        growth = grow(state, batch)
        yield growth
        state, number = growth.state, numbers.stop


def _leaves(growth: Growth) -> tuple[LogLeaf, ...]:
    return tuple(
        LogLeaf(
            one.sequenced.index,
            one.sequenced.entry.leaf,
            tuple(node for _, node in one.completed),
        )
        for one in growth.leaves
    )


def test_audit_of_entries_meets_its_bar() -> None:
    frontier: tuple[bytes, ...] = ()
    size, seconds, state = 0, 0.0, LogState()
    for growth in _growths(ENTRIES):
        leaves, state = _leaves(growth), growth.state
        begun = time.perf_counter()
        frontier = audit_leaves(frontier, size, leaves)
        seconds += time.perf_counter() - begun
        size += len(leaves)
    assert (size, frontier) == (state.size, state.frontier)
    _report("audit of 1,000,000 log entries, in memory", seconds=seconds)
    assert seconds <= AUDIT_BAR_SECONDS


async def test_audit_of_a_stored_log_and_its_proofs_meet_their_bars(
    mongod_uri: str, mongo_database: str
) -> None:
    storage = await open_mongo_storage(mongod_uri, database=mongo_database)
    state = await _fill(mongod_uri, mongo_database)
    begun = time.perf_counter()
    audited = await audit_log(storage)
    seconds = time.perf_counter() - begun
    assert (audited.size, audited.root_hash) == (ENTRIES, root(state.frontier))
    index = secrets.randbelow(ENTRIES)
    nodes = await storage.log.nodes(inclusion_coordinates(index, ENTRIES))
    path = inclusion_path(index, ENTRIES, lambda *at: nodes[at])
    (leaf,) = await storage.log.leaves(index, limit=1)
    await storage.close()
    proof = LogProof(index=index, size=ENTRIES, path=path)
    written = write_proof(LogEntry.from_bytes(leaf.content), proof)
    head = TreeHead(log_id="log-1", size=ENTRIES, root_hash=audited.root_hash, at=NOW)
    milliseconds = _milliseconds(written, head)
    _report("audit of 1,000,000 stored log entries", seconds=seconds)
    _report("read and check a proof among 1,000,000", ms=milliseconds)
    assert seconds <= AUDIT_BAR_SECONDS
    assert milliseconds <= PROOF_BAR_MS


def _milliseconds(written: bytes, head: TreeHead) -> float:
    def check() -> None:
        entry, proof = read_proof(written)
        proof.verify(entry, head)

    rounds = 200
    return min(timeit.repeat(check, number=rounds, repeat=5)) / rounds * 1000


async def _fill(uri: str, name: str) -> LogState:
    """Write a log straight into storage form."""
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(uri)
    database, state = client[name], LogState()
    for growth in _growths(ENTRIES):
        documents = [codec.leaf_document(one) for one in growth.leaves]
        await database["log"].insert_many(documents, ordered=False)
        state = growth.state
    after = {"size": state.size, "frontier": list(state.frontier)}
    await database["meta"].update_one({"_id": "log"}, {"$set": after})
    client.close()
    return state
