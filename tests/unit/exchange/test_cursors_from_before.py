"""A hub restored from an older backup: cursors of before miss nothing."""

import asyncio

import pytest

from exchange.domain.log_entries import place_in
from exchange.usecases.read_inbox import InboxPage, ReadInbox, read_inbox
from schemas.edxml.document import Organisation
from schemas.identifiers import DocumentId, EnvelopeId
from tests.support.world import PROVINCE, World, make_world

BEFORE = 50
"""A cursor that a log has given which was longer than the restored one."""


@pytest.fixture
async def world() -> World:
    """A hub whose log was restored with the entries of one letter."""
    made = await make_world()
    await letter(made, 1)
    tables = made.services.storage.log._tables  # type: ignore[attr-defined]  # the memory form
    tables.restored_size = tables.log.size
    return made


async def letter(world: World, number: int) -> EnvelopeId:
    message = world.document(
        recipients=(Organisation(organ_id=PROVINCE),),
        document_id=DocumentId(f"H99.151,2026/11/20,{number}/UBND"),
    )
    accepted = await world.send(message)
    await world.deliver()
    return accepted.envelope.envelope_id


async def poll(world: World, after: int, *, wait: float = 0) -> InboxPage:
    command = ReadInbox(
        caller=await world.caller("qlvb-h99"),
        agency=PROVINCE,
        after=after,
        wait_seconds=wait,
        limit=2,
    )
    return await read_inbox(world.services, command)


def ids(page: InboxPage) -> list[EnvelopeId]:
    return [one.envelope.envelope_id for one in page.items]


async def test_what_comes_after_a_restore_is_seen_by_who_has_a_cursor_of_before(
    world: World,
) -> None:
    sent = [await letter(world, number) for number in (2, 3, 4)]

    first = await poll(world, BEFORE)
    second = await poll(world, first.cursor)

    assert ids(first) + ids(second) == sent


async def test_a_poll_with_nothing_to_show_puts_a_cursor_of_before_right(
    world: World,
) -> None:
    page, log = await poll(world, BEFORE), world.services.storage.log
    assert (page.items, page.cursor) == ((), await log.size() - 1)

    # By the time it asks again the log has passed the cursor it came with.
    sent = [await letter(world, number) for number in range(2, 2 + BEFORE // 2)]
    assert await log.size() > BEFORE
    seen: list[EnvelopeId] = []
    while len(seen) < len(sent):
        page = await poll(world, page.cursor)
        seen += ids(page)
    assert seen == sent


async def test_who_waits_with_a_cursor_of_before_is_woken(world: World) -> None:
    coming = asyncio.create_task(poll(world, BEFORE, wait=30))
    for _ in range(100):
        await asyncio.sleep(0)
    assert world.services.signals.mailroom.waiting

    sent = await letter(world, 2)

    assert ids(await asyncio.wait_for(coming, timeout=5)) == [sent]


async def test_without_a_restore_a_cursor_of_nowhere_is_the_end_of_the_log() -> None:
    world = await make_world()
    await letter(world, 1)

    page = await poll(world, BEFORE)
    sent = await letter(world, 2)

    assert (page.items, ids(await poll(world, page.cursor))) == ((), [sent])


@pytest.mark.parametrize(
    ("cursor", "size", "restored", "place"),
    [
        (-1, 0, None, -1),
        (0, 0, None, -1),
        (4, 5, None, 4),
        (4, 5, 2, 4),
        (5, 5, None, 4),
        (5, 5, 2, 1),
        (5, 5, 0, -1),
        (5, 5, 5, 4),
        (9, 5, 7, 4),
    ],
)
def test_a_cursor_counts_where_the_log_has_come_to_it(
    cursor: int, size: int, restored: int | None, place: int
) -> None:
    assert place_in(cursor, size=size, restored=restored) == place
