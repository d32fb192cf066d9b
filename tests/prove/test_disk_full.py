"""The database finds no room: refused with advice, nothing lost, well again by itself.

The limit of the size of files stands in for a full disk: the kernel refuses the same
writes to the database, however often it is started again.
"""

import asyncio
import json
import os
import resource
import sys
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from clients.messages import Message
from exchange.demo.province import COMMUNE, PROVINCE
from tests.support.holdings import read_head, settled
from tests.support.peers import Posted, connect, post
from tests.support.station import Station, run_station
from tests.support.world import note

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

_LETTERS = 6
_FULL_BYTES = 64 << 10
"""Less than any file of the database has: every write beyond it is refused."""


def _let_files_grow_to(size: int, *processes: int) -> None:
    for one in processes:
        _, hard = resource.prlimit(one, resource.RLIMIT_FSIZE)
        resource.prlimit(one, resource.RLIMIT_FSIZE, (size, hard))


async def _until_refused(
    session: aiohttp.ClientSession, messages: list[Message]
) -> list[tuple[Message, Posted]]:
    """Hand letters in until one is refused; return all with their answers."""
    answers = []
    for one in messages:
        answers.append((one, await post(session, one)))
        if answers[-1][1].status == 503:
            break
    return answers


async def _until_accepted(session: aiohttp.ClientSession, message: Message) -> Posted:
    while (answer := await post(session, message)).status == 503:  # noqa: ASYNC110 - the hub is asked
        await asyncio.sleep(0.2)
    return answer


async def test_full_disk_loses_nothing_and_ends_by_itself(tmp_path: Path) -> None:
    async with run_station(tmp_path) as station:
        async with connect(station, COMMUNE) as commune:
            early, late = (
                [
                    commune.letter(f"{name}-{number}", note(os.urandom(200_000)))
                    for number in range(_LETTERS)
                ]
                for name in ("trước", "sau")
            )
        service = station.service.process
        async with station.session(COMMUNE) as session:
            receipts = {one: (await post(session, one)).body for one in early}
            full = _full(station)
            refused = await _until_refused(session, late)
            _let_files_grow_to(resource.RLIM_INFINITY, *full)
            for one in late:
                receipts[one] = (await _until_accepted(session, one)).body
            again = {one: (await post(session, one)).body for one in early + late}
            async with session.get("/v1/log/head") as answer:
                head = await answer.read()
        assert service.returncode is None
        await _check(station, [*early, *late], head)
    assert refused[-1][1].status == 503
    assert b"database_unavailable" in refused[-1][1].body
    assert again == receipts
    line = {
        "prove": "disk full",
        "letters": len(receipts),
        "refused_and_accepted_later": sum(one.status == 503 for _, one in refused),
        "lost": 0,
        "doubled": 0,
        "false_receipts": 0,
    }
    sys.stdout.write(json.dumps(line) + "\n")


def _full(station: Station) -> list[int]:
    """Leave no room to the database, nor to those the service starts in its place."""
    mongod = station.mongod
    assert mongod is not None
    pid = station.service.process.pid
    _let_files_grow_to(_FULL_BYTES, pid, mongod.pid)
    return [pid]


async def _check(station: Station, sent: list[Message], head: bytes) -> None:
    held = await settled(station)
    assert held.faults(read_head(head)) == []
    assert sorted(one["message_id"] for one in held.documents) == sorted(
        one.message_id for one in sent
    )
    stored = Counter(bytes(one["content"]) for one in held.receipts)
    assert max(stored.values()) == 1
    async with connect(station, PROVINCE) as province:
        items = await province.pages(count=len(sent))
    assert len({one.envelope_id for one in items}) == len(items) == len(sent)
