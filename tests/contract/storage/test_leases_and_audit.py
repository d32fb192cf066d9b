import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.leases import CLOCKS_APART
from exchange.errors import ExchangeError
from exchange.storage.ports import AuditQuery, Storage
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent
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


async def test_lease_that_ends_later_than_any_owner_could_say_is_free(
    storage: Storage,
) -> None:
    hours = timedelta(hours=7).total_seconds()
    await acquire(storage, "killed while its clock was ahead", second=hours)

    assert await acquire(storage, "b")
    assert not await acquire(storage, "c", second=1)


async def test_lease_of_an_owner_whose_clock_is_a_little_ahead_is_its_own(
    storage: Storage,
) -> None:
    await acquire(storage, "a", second=CLOCKS_APART.total_seconds())

    assert not await acquire(storage, "b")


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


async def test_audit_trail_is_searched_page_by_page(storage: Storage) -> None:
    at_once = replace(audit_line(7), at=audit_line(1).at)
    refused = audit_line(8, AuditEvent.ENVELOPE_REFUSED)
    for line in (*map(audit_line, (1, 2, 3)), at_once, refused):
        await storage.audit.append(line)
    wanted = AuditQuery(event=AuditEvent.ENVELOPE_ACCEPTED, limit=2)

    first = await storage.audit.search(wanted)
    second = await storage.audit.search(replace(wanted, before=first.older))

    assert first.lines == (audit_line(3), audit_line(2))
    assert second.lines == (at_once, audit_line(1))
    assert second.older == ""


async def test_audit_trail_is_narrowed(storage: Storage) -> None:
    other = replace(audit_line(2), actor="van.hanh")
    refused = replace(audit_line(4), code=ErrorCode.RATE_EXCEEDED.value)
    for line in (audit_line(1), other, audit_line(3), refused):
        await storage.audit.append(line)

    async def found(query: AuditQuery) -> list[str]:
        return [one.subject for one in (await storage.audit.search(query)).lines]

    assert await found(AuditQuery(actor="van.hanh")) == [other.subject]
    assert await found(AuditQuery(subject=audit_line(3).subject)) == [
        audit_line(3).subject
    ]
    assert await found(AuditQuery(since=other.at, until=audit_line(3).at)) == [
        other.subject
    ]
    assert await found(AuditQuery(code="", limit=1)) == [audit_line(3).subject]
    assert await found(AuditQuery(code=refused.code)) == [refused.subject]


@pytest.mark.parametrize("before", ["x", "1.2", "9" * 40], ids=str)
async def test_page_of_no_audit_trail_is_refused(storage: Storage, before: str) -> None:
    await storage.audit.append(audit_line(1))
    with pytest.raises(ExchangeError):
        await storage.audit.search(AuditQuery(before=before))
