import asyncio
from datetime import timedelta

from exchange.storage.ports import Storage
from tests.support.pki import NOW
from tests.support.stored import audit_line


async def acquire(storage: Storage, owner: str, *, second: float = 0) -> bool:
    return await storage.leases.acquire(
        "sequencer", owner=owner, now=NOW + timedelta(seconds=second), seconds=10
    )


async def test_lease_is_held_by_one(storage: Storage) -> None:
    assert await acquire(storage, "a")
    assert not await acquire(storage, "b", second=9)


async def test_lease_passes_on_when_it_ran_out(storage: Storage) -> None:
    await acquire(storage, "a")

    assert await acquire(storage, "b", second=10)
    assert not await acquire(storage, "a", second=11)


async def test_renewed_lease_lasts_longer(storage: Storage) -> None:
    await acquire(storage, "a")

    assert await acquire(storage, "a", second=8)
    assert not await acquire(storage, "b", second=17)


async def test_released_lease_is_free(storage: Storage) -> None:
    await acquire(storage, "a")
    await storage.leases.release("sequencer", owner="b")
    held = await acquire(storage, "b")

    await storage.leases.release("sequencer", owner="a")

    assert not held
    assert await acquire(storage, "b")


async def test_leases_of_two_names_do_not_meet(storage: Storage) -> None:
    await acquire(storage, "a")

    assert await storage.leases.acquire("checker", owner="b", now=NOW, seconds=10)


async def test_of_many_that_ask_at_a_time_one_gets_it(storage: Storage) -> None:
    answers = await asyncio.gather(
        *(acquire(storage, f"owner-{number}") for number in range(20))
    )

    assert answers.count(True) == 1


async def test_newest_audit_lines_come_first(storage: Storage) -> None:
    lines = [audit_line(number) for number in (2, 1, 3)]
    for line in lines:
        await storage.audit.append(line)

    assert await storage.audit.lines(limit=2) == [lines[2], lines[0]]


async def test_audit_lines_of_one_instant_keep_their_order(storage: Storage) -> None:
    for code in ("first", "second"):
        line = audit_line(1)
        await storage.audit.append(
            type(line)(at=line.at, event=line.event, actor=line.actor, code=code)
        )

    newest = await storage.audit.lines(limit=9)

    assert [one.code for one in newest] == ["second", "first"]


async def test_open_storage_is_ready(storage: Storage) -> None:
    assert await storage.ready()
