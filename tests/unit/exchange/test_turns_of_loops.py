"""What the loops of a process ask for, while there is nothing and while there is."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from exchange.delivery.checker import Checker
from exchange.delivery.notifier import Notifier
from exchange.delivery.sequencer import Sequencer
from exchange.domain.notices import NoticeChannel, NoticeEvent, Subscription
from exchange.http.webhook_carrier import WebhookCarrier
from exchange.signals import Bell
from exchange.usecases.report_status import ReportStatus, report_status
from schemas.edxml.document import OtherInfo
from schemas.vocabulary import StatusCode, Urgency
from tests.support.world import PROVINCE, World, make_world

_HOUR = 3600.0


@pytest.fixture
async def world() -> World:
    return await make_world()


class Asked(Counter[str]):
    """Counts the calls of storage ports."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._monkeypatch = monkeypatch

    def count(self, port: object, *names: str) -> None:
        for name in names:
            self._monkeypatch.setattr(port, name, self._counted(port, name))

    def _counted(self, port: object, name: str) -> Callable[..., Awaitable[object]]:
        asks = getattr(port, name)

        async def counted(*given: object, **named: object) -> object:
            self[name] += 1
            return await asks(*given, **named)

        return counted


async def test_what_keeps_coming_is_gathered_and_what_is_urgent_is_not() -> None:
    bell = Bell()
    bell.ring()
    gathering = asyncio.create_task(bell.wait(_HOUR, gathers=_HOUR))
    await asyncio.sleep(0.05)
    bell.ring()
    await asyncio.sleep(0.05)
    assert not gathering.done()
    bell.ring(hurries=True)
    assert await asyncio.wait_for(gathering, 60)


async def test_what_rings_after_a_pause_is_heeded_at_once() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(_HOUR, gathers=0.05))
    await asyncio.sleep(0.06)
    bell.ring()
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert not await waiting
    # A bound of what it would be at least, if it gathered from the ring on.
    assert loop.time() - began < 5


async def test_bell_that_is_not_rung_says_nothing_urgent() -> None:
    bell = Bell()
    bell.ring(hurries=True)
    assert await bell.wait(_HOUR)
    assert not await bell.wait(0.01)


async def test_sequencer_with_nothing_to_do_asks_one_question_a_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequencer, asked = Sequencer(world.services, owner="a"), Asked(monkeypatch)
    await sequencer.sequence_waiting()
    asked.count(world.services.storage.log, "sequence", "size")
    asked.count(world.services.storage.leases, "acquire")
    for _ in range(10):
        await sequencer.sequence_waiting()
    assert asked == {"sequence": 10}


async def test_sequencer_that_takes_over_tells_of_what_another_did(
    world: World,
) -> None:
    first = Sequencer(world.services, owner="a")
    second = Sequencer(world.services, owner="b")
    await first.sequence_waiting()
    await second.sequence_waiting()
    await world.send(world.document())
    await first.sequence_waiting()
    await first.stop()
    news = world.services.signals.sequenced.ticket()

    await second.sequence_waiting()

    assert news.is_set()


async def test_what_was_checked_is_not_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checker, asked = Checker(world.services, owner="a"), Asked(monkeypatch)
    bell = world.services.signals.accepted
    await world.send(world.document())
    asked.count(world.services.storage.envelopes, "to_check", "record_step")
    await checker.turn()
    await world.services.signals.recorded.wait(_HOUR)
    bell_rings = asyncio.create_task(bell.wait(_HOUR, gathers=0))
    await asyncio.sleep(0.05)

    assert not bell_rings.done()
    assert asked["to_check"] == 1
    bell_rings.cancel()
    await checker.stop()


async def test_status_that_needs_no_check_wakes_no_checker(world: World) -> None:
    envelope = (await world.sent()).envelope
    accepted, recorded = (
        world.services.signals.accepted,
        world.services.signals.recorded,
    )
    await accepted.wait(0.01)
    await recorded.wait(0.01)
    submission = await world.submission(
        world.status(StatusCode.REGISTERED), system_id="qlvb-h99"
    )
    await report_status(
        world.services,
        ReportStatus(submission=submission, envelope_id=envelope.envelope_id),
    )

    await asyncio.wait_for(recorded.wait(_HOUR), 60)
    checking = asyncio.create_task(accepted.wait(_HOUR))
    await asyncio.sleep(0.05)
    assert not checking.done()
    checking.cancel()


async def test_urgent_letter_hurries_the_loops_and_no_other_does(world: World) -> None:
    signals, flash = world.services.signals, OtherInfo(priority=Urgency.FLASH)
    await world.send(world.document())
    assert [await one.wait(1) for one in (signals.accepted, signals.recorded)] == [
        False,
        False,
    ]
    await world.send(world.document(other=flash))
    assert [await one.wait(1) for one in (signals.accepted, signals.recorded)] == [
        True,
        True,
    ]


async def test_notifier_asks_for_nothing_while_nobody_wants_to_know(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = world.services.webhook_policy
    carriers = {NoticeChannel.WEBHOOK: WebhookCarrier(policy)}
    world = replace(world, services=replace(world.services, carriers=carriers))
    notifier, asked = Notifier(world.services, owner="a"), Asked(monkeypatch)
    await notifier.turn()
    asked.count(world.services.storage.leases, "acquire")
    asked.count(
        world.services.storage.notices,
        *("subscriptions", "open_breakers", "any_due", "claim", "shown"),
    )
    await notifier.turn()
    await notifier.turn()
    assert asked.total() <= 1

    await world.services.storage.notices.ensure(
        Subscription(
            subscription_id="late",
            channel=NoticeChannel.WEBHOOK,
            agency=PROVINCE,
            events=frozenset({NoticeEvent.ARRIVED}),
            created_at=world.services.now(),
            cursor=-1,
        )
    )
    while not asked["any_due"]:
        await notifier.turn()
    assert asked["claim"] == 0
