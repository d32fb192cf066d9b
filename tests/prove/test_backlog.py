"""A large hub is backed up, checked and restored in a process that stays small."""

import asyncio
import json
import os
import random
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.storage.mongo.store import MongoStorage
from tests.integration.test_backup import Site
from tests.support.pki import TestPki
from tests.support.stored import acceptance
from tests.support.world import hub_of

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]

_GIBIBYTES = float(os.environ.get("LIENTHONG_BACKLOG_GIB", "10"))
_BODY_BYTES, _CHUNK_BYTES = 64 << 20, 1 << 20
_MOST_GROWTH = 192 << 20
"""Whatever the size: a batch of 8 MiB is held several times on its way there."""


async def _chunks(chance: random.Random) -> AsyncIterator[bytes]:
    for _ in range(_BODY_BYTES // _CHUNK_BYTES):
        yield chance.randbytes(_CHUNK_BYTES)


async def _fill(storage: MongoStorage) -> int:
    """Store letters of 64 MiB that cannot be compressed; return their number."""
    chance, bodies = random.Random(1), round(_GIBIBYTES * (1 << 30) / _BODY_BYTES)
    for number in range(1, bodies + 1):
        name = f"body-{number}"
        await storage.envelopes.store_chunks(name, _chunks(chance))
        accepted = acceptance(number, body_chunks=name)
        envelope = replace(accepted.envelope, size=_BODY_BYTES)
        await storage.envelopes.accept(replace(accepted, envelope=envelope))
    await storage.log.sequence(limit=bodies)
    return bodies


def _most_resident() -> int:
    """Bytes this process had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await act()
    return round(time.perf_counter() - began, 1)


async def test_backlog_is_backed_up_and_restored_in_bounded_memory(
    mongod_uri: str, mongo_database: str, mongo_storage: MongoStorage, tmp_path: Path
) -> None:
    file = tmp_path / "hub.backup"
    hub = hub_of(TestPki.create())
    site = Site(
        uri=mongod_uri, name=mongo_database, storage=mongo_storage, hub=hub, file=file
    )
    bodies = await _fill(mongo_storage)
    before = _most_resident()
    making = await _timed(site.back_up)
    made = _most_resident() - before
    restoring = await _timed(lambda: site.restore_into(f"{site.name}_back"))
    growth = _most_resident() - before
    line = {
        "prove": "backlog backed up and restored",
        "gibibytes": _GIBIBYTES,
        "letters": bodies,
        "seconds_backup": making,
        "seconds_check_and_restore": restoring,
        "growth_mib_backup": round(made / (1 << 20), 1),
        "growth_mib": round(growth / (1 << 20), 1),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert growth < _MOST_GROWTH
    assert await asyncio.to_thread(lambda: file.stat().st_size) > bodies * _BODY_BYTES
