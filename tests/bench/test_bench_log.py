"""Proof check and full audit of a log of 1,000,000 entries (design, section 9)."""

import json
import sys
import time
import timeit
from collections.abc import Iterator
from dataclasses import replace

import pytest

from exchange.domain.log_entries import LogLeaf, LogState
from exchange.storage.growth import Growth, grow
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import open_client, open_database
from exchange.storage.mongo.store import MongoStorage
from exchange.usecases.attesting import log_entry, pending
from exchange.usecases.audit_log import audit_leaves, audit_log
from schemas.evidence import LogEntry, LogProof, TreeHead, read_proof, write_proof
from schemas.merkle import inclusion_coordinates, inclusion_path, root
from schemas.vocabulary import LogEntryType
from tests.support.pki import NOW
from tests.support.stored import envelope_id

ENTRIES = 1_000_000
AUDIT_BAR_SECONDS = 60.0
PROOF_BAR_MS = 1.0
_AT_ONCE = 5_000
_SAMPLE = log_entry(
    LogEntryType.ACCEPTED,
    at=NOW,
    actor="hub-1",
    subject=envelope_id(0),
    data=b"receipt",
)


def _report(what: str, **figures: float) -> None:
    line = {"what": what, **{name: round(one, 4) for name, one in figures.items()}}
    sys.stdout.write(json.dumps(line) + "\n")


def _growths() -> Iterator[Growth]:
    """Yield a log, batch by batch, as the sequencer makes it."""
    state = LogState()
    sample = pending(_SAMPLE, entry_id="0")
    while state.size < ENTRIES:
        subjects = map(envelope_id, range(state.size, state.size + _AT_ONCE))
        old = envelope_id(0).encode()
        # Entries alike but for their subjects: canonical as the sample is.
        batch = [
            replace(
                sample,
                entry_id=one,
                envelope_id=one,
                leaf=sample.leaf.replace(old, one.encode()),
            )
            for one in subjects
        ]
        growth = grow(state, batch)
        yield growth
        state = growth.state


def _leaves(growth: Growth) -> tuple[LogLeaf, ...]:
    return tuple(
        LogLeaf(
            one.sequenced.index,
            one.sequenced.entry.leaf,
            tuple(node for _, node in one.completed),
        )
        for one in growth.leaves
    )


@pytest.mark.bench
@pytest.mark.timeout(600)
async def test_audit_and_proofs_of_a_large_log_meet_their_bars(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage
) -> None:
    in_memory, state = await _fill(mongod_uri, mongo_database)
    _report("audit of 1,000,000 log entries, in memory", seconds=in_memory)
    begun = time.perf_counter()
    audited = await audit_log(mongo_storage)
    seconds = time.perf_counter() - begun
    assert (audited.size, audited.root_hash) == (ENTRIES, root(state.frontier))
    _report("audit of 1,000,000 stored log entries", seconds=seconds)
    head = TreeHead(log_id="log-1", size=ENTRIES, root_hash=audited.root_hash, at=NOW)
    milliseconds = _milliseconds(await _proof(mongo_storage, 654_321), head)
    _report("read and check a proof among 1,000,000", ms=milliseconds)
    assert max(in_memory, seconds) <= AUDIT_BAR_SECONDS
    assert milliseconds <= PROOF_BAR_MS


async def _fill(uri: str, name: str) -> tuple[float, LogState]:
    """Write a log straight into storage form; time its audit on the way."""
    client = open_client(uri, patience_seconds=10)
    database, state, seconds = open_database(client, name), LogState(), 0.0
    for growth in _growths():
        leaves = _leaves(growth)
        begun = time.perf_counter()
        frontier = audit_leaves(state.frontier, state.size, leaves)
        seconds += time.perf_counter() - begun
        state = growth.state
        assert frontier == state.frontier
        documents = [codec.leaf_document(one) for one in growth.leaves]
        await database["log"].insert_many(documents, ordered=False)
    after = {"size": state.size, "frontier": list(state.frontier)}
    await database["meta"].update_one({"_id": "log"}, {"$set": after})
    client.close()
    return seconds, state


async def _proof(storage: MongoStorage, index: int) -> bytes:
    nodes = await storage.log.nodes(inclusion_coordinates(index, ENTRIES))
    path = inclusion_path(index, ENTRIES, lambda *at: nodes[at])
    (leaf,) = await storage.log.leaves(index, limit=1)
    proof = LogProof(index=index, size=ENTRIES, path=path)
    return write_proof(LogEntry.from_bytes(leaf.content), proof)


def _milliseconds(written: bytes, head: TreeHead) -> float:
    def check() -> None:
        entry, proof = read_proof(written)
        proof.verify(entry, head)

    rounds = 200
    return min(timeit.repeat(check, number=rounds, repeat=5)) / rounds * 1000
