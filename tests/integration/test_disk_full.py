"""No room left: refused by name with advice, nothing half-stored, well again after."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.delivery.controls_watch import ControlsWatch
from exchange.http.metrics import Metrics
from exchange.settings.limits import LimitSettings
from exchange.storage.memory import MemoryStorage
from exchange.storage.mongo.store import MongoStorage
from exchange.storage.ports.mailboxes import SentQuery
from tests.support.conversations import take
from tests.support.disk import files_of_at_most
from tests.support.hub import Answer, Hub, running_hub
from tests.support.world import COMMUNE, PROVINCE, make_world, note

pytestmark = pytest.mark.integration

_LARGE = 6 << 20


def refused_for_now(answer: Answer) -> bool:
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


async def sent(hub: Hub) -> list[str]:
    """The ids of all that the commune has sent."""
    mail = hub.world.services.storage.mailboxes
    return [one.envelope_id for one in await mail.sent(SentQuery(sender=COMMUNE))]


async def test_body_that_finds_no_room_is_refused_by_name_and_taken_later(
    tmp_path: Path,
) -> None:
    world = await make_world()
    async with running_hub(world, tmp_path) as hub:
        message = world.document(note(os.urandom(_LARGE)))
        with files_of_at_most(2 << 20):
            refused = await hub.post(message, by=world.commune)
            small = await hub.post(world.document(), by=world.commune)
        before = await sent(hub)
        later = await hub.post(message, by=world.commune)

    assert refused_for_now(refused)
    assert refused.code == "storage_full"
    assert small.status == 201
    assert [small.headers["Location"]] == [f"/v1/envelopes/{one}" for one in before]
    assert later.status == 201


class Roomy(MemoryStorage):
    """Memory that says how much room is left."""

    room: int | None = None

    async def free_bytes(self) -> int | None:
        return self.room


async def test_too_little_room_takes_nothing_in_and_lets_read_and_acknowledge(
    tmp_path: Path,
) -> None:
    storage = Roomy()
    world = await make_world(storage=storage, limits=LimitSettings(free_bytes=1000))
    metrics = Metrics()
    watch = ControlsWatch(world.services, metrics)
    async with running_hub(world, tmp_path) as hub:
        accepted = await world.sent()
        storage.room = 999
        await watch.look_at_room()
        refused = await hub.post(world.document(subject="Hai"), by=world.commune)
        degraded = await world.services.check()
        page = await hub.inbox(f"agency={PROVINCE}", by=world.province)
        await take(world, accepted.envelope)
        storage.room = 1000
        await watch.look_at_room()
        later = await hub.post(world.document(subject="Hai"), by=world.commune)

    assert refused_for_now(refused)
    assert refused.code == "storage_full"
    assert degraded == ("room",)
    assert [one["id"] for one in page["items"]] == [accepted.envelope.envelope_id]
    assert later.status == 201
    assert b"lienthong_database_free_bytes NaN" in Metrics().page()
    assert b"lienthong_database_free_bytes 1000.0" in metrics.page()


async def test_database_tells_the_room_on_its_disk(
    emptied_storage: MongoStorage, tmp_path: Path
) -> None:
    free = await emptied_storage.free_bytes()

    assert free is not None
    assert 0 < free < 2 * shutil.disk_usage(tmp_path).total


def test_log_on_a_full_disk_stops_nobody() -> None:
    said = (
        "import structlog; from exchange.logs import configure_logs as begin; begin();"
    )
    work = "structlog.get_logger().info('x'); print('done', flush=True)"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", said + work],
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )

    assert done.stdout == b"done\n"
