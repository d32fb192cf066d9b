"""Many pollers cost one look, not one each."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from exchange.delivery.checking import check_envelope
from exchange.delivery.sequencer import Sequencer
from exchange.domain.log_entries import SequencedLogEntry
from exchange.domain.news import News
from exchange.domain.parties import ActsFor, System
from exchange.domain.records import InboxItem
from exchange.errors import StorageUnavailableError
from exchange.process.channel import news_content, read_news
from exchange.services import Caller
from exchange.signals import Mailroom
from exchange.storage.ports import Arrivals
from exchange.usecases.read_inbox import InboxPage, ReadInbox, read_inbox
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.world import COMMUNE, MINISTRY, PROVINCE, World, make_world

_POLLERS = 50


class Looks:
    """Counts the looks into inboxes and the log, and fails them where told."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        store, log = world.services.storage.envelopes, world.services.storage.log
        self.count, self.of_log, self.fails = 0, 0, False
        self._look, self._look_for_all = store.inbox, log.arrivals
        self._size, self.looked = log.size, asyncio.Event()
        monkeypatch.setattr(store, "inbox", self.inbox)
        monkeypatch.setattr(log, "arrivals", self.arrivals)
        monkeypatch.setattr(log, "size", self.size)

    async def size(self) -> int:
        self._counted()
        self.of_log += 1
        return await self._size()

    async def arrivals(self, after: int, *, limit: int) -> Arrivals:
        self._counted()
        self.of_log += 1
        self.looked.set()
        return await self._look_for_all(after, limit=limit)

    def _counted(self) -> None:
        self.count += 1
        if self.fails:
            raise StorageUnavailableError(ErrorCode.DATABASE_UNAVAILABLE)

    async def inbox(
        self, recipients: Collection[OrganId], *, after: int, limit: int
    ) -> Sequence[InboxItem]:
        self._counted()
        return await self._look(recipients, after=after, limit=limit)


async def poll(world: World, agency: OrganId, *, after: int = -1) -> InboxPage:
    """Wait for mail of one agency, as a system that acts for it alone."""
    return await poll_of(world, (agency,), named=agency, after=after)


async def poll_of(
    world: World, acted_for: Collection[OrganId], *, named: OrganId | None, after: int
) -> InboxPage:
    """Wait for mail, as a system that acts for these agencies."""
    known = (await world.caller("qlvb-h99")).system
    since = known.acts_for[0].valid_from
    rights = tuple(ActsFor(one, since) for one in acted_for)
    system: System = replace(known, acts_for=rights)
    command = ReadInbox(
        caller=Caller(system=system), agency=named, after=after, wait_seconds=30
    )
    return await read_inbox(world.services, command)


def only(agency: OrganId) -> Organisation:
    return Organisation(organ_id=agency)


async def waiting(world: World, count: int) -> None:
    """Let everything happen that happens by itself; then so many wait."""
    for _ in range(1000):
        await asyncio.sleep(0)
    assert len(world.services.signals.mailroom.waiting) == count


async def ended(polls: Collection["asyncio.Task[InboxPage]"]) -> None:
    for one in polls:
        one.cancel()
    await asyncio.gather(*polls, return_exceptions=True)


async def test_one_poll_has_the_mail_of_all_agencies_of_a_system() -> None:
    world = await make_world()
    both = (PROVINCE, MINISTRY)
    first = await world.sent()
    await world.deliver()

    page = await poll_of(world, both, named=None, after=-1)
    # Two deliveries of one letter have one cursor, and no page parts them.
    found = [(one.envelope.envelope_id, one.delivery.recipient) for one in page.items]
    assert sorted(found) == sorted((first.envelope.envelope_id, one) for one in both)
    (cursor,) = {one.delivery.log_index for one in page.items}
    assert cursor == page.cursor

    coming = asyncio.create_task(poll_of(world, both, named=None, after=page.cursor))
    await waiting(world, 1)
    document = world.document(subject="Riêng cho Bộ", recipients=(only(MINISTRY),))
    await world.send(document)
    await world.deliver()
    (item,) = (await coming).items
    assert item.delivery.recipient == MINISTRY

    alone = await poll_of(world, (PROVINCE,), named=None, after=-1)
    assert {one.delivery.recipient for one in alone.items} == {PROVINCE}


async def test_news_wake_whom_they_concern_by_one_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    looks = Looks(world, monkeypatch)
    others = [asyncio.create_task(poll(world, COMMUNE)) for _ in range(_POLLERS)]
    concerned = asyncio.create_task(poll(world, PROVINCE))
    await waiting(world, _POLLERS + 1)
    before = looks.count
    await world.sent()
    page = await concerned
    await waiting(world, _POLLERS)
    assert [one.delivery.recipient for one in page.items] == [PROVINCE]
    assert not any(one.done() for one in others)
    # Those for all, one for each time the log grew, and the concerned one's own.
    assert looks.count - before <= 10
    await ended(others)


async def test_mail_that_is_there_is_had_by_one_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    await world.sent()
    looks = Looks(world, monkeypatch)
    for agency in (PROVINCE, MINISTRY, PROVINCE):
        assert (await poll(world, agency)).items
    assert (looks.count, looks.of_log) == (3, 0)


async def test_who_has_read_all_that_was_told_waits_without_a_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    looks = Looks(world, monkeypatch)
    other = asyncio.create_task(poll(world, COMMUNE))
    coming = asyncio.create_task(poll(world, PROVINCE))
    await waiting(world, 2)
    world.services.signals.mailroom.is_behind = False
    await world.sent()
    first = await coming
    before = looks.count

    coming = asyncio.create_task(poll(world, PROVINCE, after=first.cursor))
    await waiting(world, 2)

    assert looks.count == before
    await world.send(world.document(subject="Sau đó"))
    await world.deliver()
    assert [one.envelope.subject for one in (await coming).items] == ["Sau đó"]
    assert len((await poll(world, PROVINCE)).items) == 2
    await ended([other])


def told(*recipients: OrganId, after: int, until: int) -> News:
    return News(after=after, until=until, recipients=frozenset(recipients))


async def test_nothing_is_known_to_have_come_only_since_somebody_looks() -> None:
    mailroom, own = Mailroom(), frozenset({PROVINCE, MINISTRY})
    mailroom.begin(9)
    assert not mailroom.has_nothing(own, after=9)
    mailroom.looking = asyncio.create_task(asyncio.sleep(60))

    assert mailroom.has_nothing(own, after=9)
    assert not mailroom.has_nothing(own, after=8)
    mailroom.tell(told(COMMUNE, after=9, until=12))
    assert mailroom.has_nothing(own, after=9)
    mailroom.tell(told(MINISTRY, after=12, until=15))
    assert not mailroom.has_nothing(own, after=14)
    assert mailroom.has_nothing(own, after=15)
    mailroom.looking.cancel()


async def test_word_that_comes_late_takes_nothing_back() -> None:
    mailroom, own = Mailroom(), frozenset({PROVINCE})
    mailroom.begin(9)
    mailroom.looking = asyncio.create_task(asyncio.sleep(60))
    mailroom.tell(told(PROVINCE, after=9, until=20))

    mailroom.tell(told(PROVINCE, after=9, until=12))

    assert not mailroom.has_nothing(own, after=12)
    assert mailroom.after == 20
    mailroom.looking.cancel()


async def test_what_was_told_while_an_inbox_was_read_stands() -> None:
    mailroom, own = Mailroom(), frozenset({PROVINCE})
    mailroom.begin(9)
    mailroom.looking = asyncio.create_task(asyncio.sleep(60))
    mailroom.tell(told(PROVINCE, after=9, until=14))

    mailroom.read(own, until=12, told=14)
    assert mailroom.has_nothing(own, after=12)
    mailroom.tell(told(PROVINCE, after=14, until=17))
    mailroom.read(own, until=12, told=14)

    assert not mailroom.has_nothing(own, after=12)
    mailroom.looking.cancel()


async def test_log_is_looked_at_once_to_wait_and_once_for_each_growth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    looks = Looks(world, monkeypatch)
    polls = [asyncio.create_task(poll(world, PROVINCE)) for _ in range(_POLLERS)]
    await waiting(world, _POLLERS)
    begun = looks.of_log
    for number in (1, 2, 3):
        looks.looked.clear()
        world.services.signals.grown()
        await looks.looked.wait()
        await waiting(world, _POLLERS)
        assert looks.of_log == begun + number
    await ended(polls)


async def test_mail_that_comes_while_a_ticket_is_taken_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    log, looks = world.services.storage.log, Looks(world, monkeypatch)
    sizes: list[int] = []

    async def size() -> int:
        found = await looks.size()
        if not sizes:
            sizes.append(found)
            await world.sent()
        return found

    monkeypatch.setattr(log, "size", size)
    page = await poll(world, PROVINCE)
    assert sizes
    assert len(page.items) == 1


async def test_each_of_many_gets_what_comes_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    polls = [
        asyncio.create_task(poll(world, one))
        for one in (PROVINCE, MINISTRY)
        for _ in range(_POLLERS)
    ]
    await waiting(world, 2 * _POLLERS)
    await world.sent()
    pages = await asyncio.gather(*polls)
    assert {len(one.items) for one in pages} == {1}
    assert world.services.signals.mailroom.waiting == {}


async def test_mail_that_was_there_before_anybody_waited_wakes_nobody() -> None:
    world = await make_world()
    await world.sent()
    first = await poll(world, PROVINCE)
    later = asyncio.create_task(poll(world, PROVINCE, after=first.cursor))
    await waiting(world, 1)
    world.services.signals.grown()
    await waiting(world, 1)
    assert not later.done()
    await ended([later])


async def test_database_that_fails_is_told_to_whoever_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    looks = Looks(world, monkeypatch)
    polls = [asyncio.create_task(poll(world, PROVINCE)) for _ in range(3)]
    await waiting(world, 3)
    looks.fails = True
    world.services.signals.grown()
    failures = await asyncio.gather(*polls, return_exceptions=True)
    assert {type(one) for one in failures} == {StorageUnavailableError}


async def test_stopping_sends_everybody_home() -> None:
    world = await make_world()
    polls = [asyncio.create_task(poll(world, PROVINCE)) for _ in range(3)]
    await waiting(world, 3)
    world.services.signals.drain()
    pages = await asyncio.gather(*polls)
    assert [one.items for one in pages] == [(), (), ()]


async def test_what_was_told_is_not_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    looks = Looks(world, monkeypatch)
    signals, log = world.services.signals, world.services.storage.log
    others = [asyncio.create_task(poll(world, COMMUNE)) for _ in range(_POLLERS)]
    concerned = asyncio.create_task(poll(world, PROVINCE))
    await waiting(world, _POLLERS + 1)
    signals.mailroom.is_behind = False
    before = looks.count

    await world.sent()
    page = await concerned

    assert [one.delivery.recipient for one in page.items] == [PROVINCE]
    assert looks.count - before == 1
    assert signals.mailroom.after == await log.size() - 1
    await waiting(world, _POLLERS)
    await ended(others)


async def test_news_that_leave_a_gap_are_looked_for() -> None:
    world = await make_world()
    concerned = asyncio.create_task(poll(world, PROVINCE))
    await waiting(world, 1)
    await world.send(world.document())
    for one in await world.services.storage.envelopes.to_check(limit=9):
        await check_envelope(world.services, one)
    await world.services.storage.log.sequence(limit=9)
    # The word of what came for the province was lost.
    later = News(after=5, until=6, recipients=frozenset({COMMUNE}))

    world.services.signals.grown(later)

    assert len((await concerned).items) == 1


async def test_what_another_process_sequenced_in_between_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    log, signals = world.services.storage.log, world.services.signals
    await world.send(world.document())
    for one in await world.services.storage.envelopes.to_check(limit=9):
        await check_envelope(world.services, one)
    await world.send(world.document(subject="later"))
    sequence, size = log.sequence, await log.size()
    signals.mailroom.after = size - 1

    async def in_turns(*, limit: int) -> Sequence[SequencedLogEntry]:
        first = await sequence(limit=1)
        await sequence(limit=1)
        return [*first, *await sequence(limit=limit)]

    monkeypatch.setattr(log, "sequence", in_turns)
    await Sequencer(world.services, owner="a").sequence_waiting()

    assert signals.mailroom.is_behind
    assert signals.mailroom.after == size - 1


def test_news_are_read_by_another_process_as_they_were_said() -> None:
    news = News(after=7, until=9, recipients=frozenset({PROVINCE, COMMUNE}))
    assert read_news(news_content(news)) == news
    assert read_news(news_content(None)) is None
    many = frozenset(OrganId(f"H{one}") for one in range(20_001))
    assert read_news(news_content(replace(news, recipients=many))) is None
