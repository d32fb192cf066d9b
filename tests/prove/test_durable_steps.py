"""Service or database killed at every acknowledged write, one after another."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from pymongo import MongoClient

from exchange.storage.embedded import EmbeddedMongo
from exchange.storage.memory import MemoryStorage
from exchange.storage.mongo.store import open_mongo_storage
from tests.support.durable_steps import OPERATIONS, go_on, stored

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]

_EVERY = int(os.environ.get("LIENTHONG_DURABLE_EVERY", "1"))
_FIRST = int(os.environ.get("LIENTHONG_DURABLE_FIRST", "1"))
"""Every so many writes, beginning with this one: parts of a whole run."""

_LEAST_POINTS = 40


async def _steps(mongo: EmbeddedMongo, name: str, *kill: int) -> list[str]:
    """Run a client that kills; return the lines it said."""
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.durable_client"),
        *(mongo.uri, name, *map(str, kill)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await client.communicate()
    return said.decode().splitlines()


def _forget(mongo: EmbeddedMongo, name: str) -> None:
    """Remove a database, so that the next start has few files to open."""
    with MongoClient[dict[str, object]](mongo.uri) as client:
        client.drop_database(name)


async def test_nothing_is_lost_or_doubled_wherever_it_is_killed(tmp_path: Path) -> None:
    reference = MemoryStorage()
    await go_on(reference, answered=0)
    expected = await stored(reference)
    points = 0
    async with EmbeddedMongo(tmp_path) as mongo:
        *_, last = await _steps(mongo, "whole", 0, 0)
        writes = int(last.removeprefix("writes "))
        for number in range(_FIRST, writes + 1, _EVERY):
            for victim in ("service", "database"):
                name = f"{victim}-{number}"
                process = mongo.pid if victim == "database" else 0
                said = await _steps(mongo, name, process, number)
                answered = said.count("step")
                assert (answered == len(OPERATIONS)) == (victim == "database"), name
                storage = await open_mongo_storage(mongo.uri, database=name)
                await go_on(storage, answered=answered)
                assert await stored(storage) == expected, name
                await storage.close()
                _forget(mongo, name)
                points += 1
    line = {
        "prove": "durable steps",
        "writes": writes,
        "first": _FIRST,
        "every": _EVERY,
        "kills": points,
        "wrong": 0,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert points >= _LEAST_POINTS or _EVERY > 1
