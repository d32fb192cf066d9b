"""No room left: refused by name with advice, nothing half-stored, well again after.

The limit of the size of files stands in for a full disk: the kernel refuses the same
writes, and no privilege is needed to set it.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.hub import Answer, Hub, running_hub
from tests.support.world import make_world, note

pytestmark = pytest.mark.integration

_LARGE = 6 << 20


@contextmanager
def files_of_at_most(size: int, *, process: int = 0) -> Iterator[None]:
    """Let no file of a process grow beyond this; 0 is this one."""
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


def refused_for_now(answer: Answer) -> bool:
    return answer.status == 503 and int(answer.headers["Retry-After"]) > 0


async def stored(hub: Hub) -> tuple[int, int]:
    storage = hub.world.services.storage
    return len(await storage.envelopes.to_check(limit=9)), await storage.log.size()


async def test_body_that_finds_no_room_is_refused_by_name_and_taken_later(
    tmp_path: Path,
) -> None:
    world = await make_world()
    async with running_hub(world, tmp_path) as hub:
        message = world.document(note(os.urandom(_LARGE)))
        with files_of_at_most(2 << 20):
            refused = await hub.post(message, by=world.commune)
            small = await hub.post(world.document(), by=world.commune)
        before = await stored(hub)
        later = await hub.post(message, by=world.commune)

    assert refused_for_now(refused)
    assert refused.code == "storage_full"
    assert small.status == 201
    assert before == (1, 0)
    assert later.status == 201
