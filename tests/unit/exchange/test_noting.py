"""Notices of one letter that reaches very many who want to know."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from exchange.domain.notices import Attempt, NoticeChannel, NoticeEvent, Subscription
from exchange.domain.notices import wants_arrival as wants
from exchange.domain.records import InboxItem
from exchange.services import Services
from exchange.storage.ports.notices import Shown
from exchange.usecases import noting
from schemas.identifiers import OrganId, SystemId
from tests.support.pki import NOW
from tests.support.world import World, make_world

_MANY = 200


class _Nobody:
    """Carries nothing anywhere."""

    async def carry(self, *_: object) -> Attempt:
        """Do nothing."""
        return Attempt(NOW)


async def _subscribed(services: Services, codes: Sequence[OrganId]) -> None:
    for code in codes:
        await services.storage.notices.ensure(
            Subscription(
                subscription_id=f"hook-{code}",
                channel=NoticeChannel.WEBHOOK,
                agency=code,
                events=frozenset({NoticeEvent.ARRIVED}),
                created_at=NOW,
                cursor=0,
                system_id=SystemId("qlvb-h99"),
                url="https://one.example/",
            )
        )


async def _reached(world: World, codes: Sequence[OrganId]) -> tuple[InboxItem, ...]:
    envelope = (await world.sent()).envelope
    store = world.services.storage.envelopes
    [one, *_] = await store.deliveries(envelope.envelope_id)
    return tuple(
        InboxItem(replace(one, recipient=code, log_index=5), envelope) for code in codes
    )


async def test_who_is_told_of_a_letter_is_looked_for_among_its_recipients_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, asked = await make_world(), 0
    codes = [OrganId(f"H99.{number}") for number in range(1001, 1001 + _MANY)]
    items = await _reached(world, codes)
    services = replace(world.services, carriers={NoticeChannel.WEBHOOK: _Nobody()})
    await _subscribed(services, codes)

    async def shown(_: int, *, limit: int) -> Shown:
        return Shown(items=items[:limit], until=5)

    def counted(subscription: Subscription, item: InboxItem) -> bool:
        nonlocal asked
        asked += 1
        return wants(subscription, item)

    monkeypatch.setattr(services.storage.notices, "shown", shown)
    monkeypatch.setattr(noting, "wants_arrival", counted)
    await noting.note_arrivals(services)

    assert asked == _MANY
