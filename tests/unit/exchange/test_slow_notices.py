"""Notices that take long: an attempt ends before its claim; what was taken is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from exchange.delivery import mail, notifier
from exchange.delivery.mail import MailCarrier, MailServer
from exchange.delivery.notifier import ATTEMPT_FOR, CLAIMED_FOR, Notifier
from exchange.domain.notices import (
    MAIL_SUBSCRIPTION,
    Attempt,
    Breaker,
    Notice,
    NoticeChannel,
    NoticeState,
    Outcome,
    Subscription,
)
from exchange.http.webhook_carrier import tls_of
from exchange.services import NoticeCarrier, Services
from exchange.settings.notices import MailSecurity
from exchange.storage.ports import NoticeQuery
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from tests.support.sinks import HOST
from tests.support.world import AGENCIES, MINISTRY, PROVINCE, World, make_world


class Silent:
    """A carrier that never comes back."""

    def __init__(self) -> None:
        self.times = 0

    async def carry(
        self, _services: Services, _notice: Notice, _subscription: Subscription
    ) -> Attempt:
        self.times += 1
        await asyncio.Event().wait()
        raise AssertionError


class Broken:
    """A carrier that fails as nobody foresaw."""

    async def carry(
        self, _services: Services, notice: Notice, _subscription: Subscription
    ) -> Attempt:
        raise IndexError(notice.notice_id)


@dataclass(slots=True, kw_only=True)
class SlowServer:
    """A mail server that lets its clients wait.

    Args:
        pause: seconds before each answer.
        parts: whether it answers QUIT.
    """

    pause: float = 0
    parts: bool = True
    port: int = 0
    mails: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await self._say(writer, "220 slow.example")
            while verb := (await reader.readline())[:4].upper():
                if verb != b"QUIT" or self.parts:
                    await self._answer(verb, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if verb == b"DATA":
            await self._say(writer, "354 go on")
            await reader.readuntil(b"\r\n.\r\n")
            self.mails += 1
        await self._say(writer, "221 bye" if verb == b"QUIT" else "250 OK")

    async def _say(self, writer: asyncio.StreamWriter, text: str) -> None:
        await asyncio.sleep(self.pause)
        writer.write(text.encode() + b"\r\n")
        await writer.drain()


@asynccontextmanager
async def running(slow: SlowServer) -> AsyncIterator[MailCarrier]:
    """Run a server; give what hands mail in there."""
    server = await asyncio.start_server(slow.serve, HOST, 0)
    slow.port = int(server.sockets[0].getsockname()[1])
    try:
        yield MailCarrier(
            MailServer(
                host=HOST,
                port=slow.port,
                sender="truc@hub.example",
                security=MailSecurity.NONE,
                tls=tls_of(()),
            )
        )
    finally:
        server.close()


async def told_by(carrier: NoticeCarrier) -> tuple[World, Notifier]:
    """Return a world whose province has one mail to get."""
    world = await make_world()
    carriers = {NoticeChannel.SMTP: carrier}
    world = replace(world, services=replace(world.services, carriers=carriers))
    agencies = tuple(
        replace(one, email="vanthu@h99.example" if one.code == PROVINCE else "")
        for one in AGENCIES
    )
    command = ImportAgencies(agencies=agencies, operator="test")
    await import_agencies(world.services, command)
    told = Notifier(world.services, owner="test")
    await told.note()
    await world.sent()
    await told.note()
    return world, told


async def attempts(world: World) -> list[Attempt]:
    """Return all attempts to tell the province."""
    store = world.services.storage.notices
    return [
        attempt
        for state in NoticeState
        for one in await store.find(NoticeQuery(state=state))
        if one.agency == PROVINCE
        for attempt in one.attempts
    ]


def test_claim_lasts_longer_than_an_attempt() -> None:
    longest_mail = timedelta(seconds=mail.SECONDS + mail.PARTING_SECONDS)
    assert longest_mail < ATTEMPT_FOR < CLAIMED_FOR


async def test_attempt_without_end_is_ended_and_counts_as_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notifier, "ATTEMPT_FOR", ATTEMPT_FOR / 1000)
    silent = Silent()
    world, told = await told_by(silent)

    await told.deliver()
    await told.settle(5)
    times = silent.times
    world.clock.move(seconds=CLAIMED_FOR.seconds)
    await told.deliver()
    await told.settle(5)

    assert times == 2  # the province's and the ministry's
    ended = [(one.outcome, one.detail) for one in await attempts(world)]
    assert ended == [(Outcome.FAILED, "TimeoutError")] * 2


async def test_failure_nobody_foresaw_is_tried_by_the_schedule_until_its_end() -> None:
    world, told = await told_by(Broken())

    for _ in range(60 * 101):
        await told.deliver()
        await told.settle(5)
        world.clock.move(seconds=CLAIMED_FOR.seconds)

    store = world.services.storage.notices
    mail_of_all = await store.subscription(MAIL_SUBSCRIPTION)
    dead = await store.find(NoticeQuery(state=NoticeState.DEAD_LETTER))
    tried = await attempts(world)
    assert {one.agency for one in dead} == {PROVINCE, MINISTRY}
    assert {(one.outcome, one.detail) for one in tried} == {
        (Outcome.FAILED, "IndexError")
    }
    assert 100 < len(tried) < 130
    assert mail_of_all is not None
    assert mail_of_all.breaker == Breaker()


async def test_mail_server_slow_at_every_word_has_so_long_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.4)
    slow = SlowServer(pause=0.15)
    async with running(slow) as carrier:
        world, told = await told_by(carrier)
        began = asyncio.get_running_loop().time()
        await told.deliver()
        await told.settle(5)
        took = asyncio.get_running_loop().time() - began

    [attempt] = await attempts(world)
    assert (attempt.outcome, attempt.detail) == (Outcome.FAILED, "TimeoutError")
    assert took < 5 * slow.pause
    assert slow.mails == 0


async def test_mail_that_was_taken_is_sent_though_nobody_says_good_bye(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "PARTING_SECONDS", 0.05)
    slow = SlowServer(parts=False)
    async with running(slow) as carrier:
        world, told = await told_by(carrier)
        await told.deliver()
        await told.settle(5)

    [attempt] = await attempts(world)
    assert attempt.outcome is Outcome.DONE
    assert slow.mails == 1
