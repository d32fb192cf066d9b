"""Who is told: systems that act for the agency at that moment, and nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from exchange.delivery.notifier import Notifier
from exchange.domain.agency_orders import Recode
from exchange.domain.notices import (
    Attempt,
    Notice,
    NoticeChannel,
    NoticeState,
    Outcome,
    Subscription,
)
from exchange.domain.parties import ActsFor
from exchange.domain.webhooks import TargetPolicy
from exchange.services import Services
from exchange.storage.ports import NoticeQuery
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.noting import note_overdue
from exchange.usecases.register_system import RegisterSystem, register_system
from exchange.usecases.webhooks import WebhookWish, change_webhook, register_webhook
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from tests.support.pki import NOW
from tests.support.world import PROVINCE, World, make_world

WISH = WebhookWish(url="https://vendor.example/hook")
OLD, NEW = SystemId("qlvb-h99"), SystemId("qlvb-g22")


@dataclass(slots=True)
class Hook:
    """Takes every notice that is brought."""

    told: list[str] = field(default_factory=list)

    async def carry(
        self, services: Services, notice: Notice, _subscription: Subscription
    ) -> Attempt:
        self.told.append(notice.agency)
        return Attempt(services.now(), Outcome.DONE)


@dataclass(frozen=True, slots=True)
class Office:
    """A world with one webhook of the province, registered by its system."""

    world: World
    hook: Hook
    notifier: Notifier
    webhook: Subscription

    async def run(self) -> None:
        """Make notices and try what is due."""
        await self.notifier.note()
        await self.notifier.deliver()
        await self.notifier.settle(5)

    async def rights(self, name: SystemId, *rights: ActsFor) -> None:
        """Let a system act for other agencies from now on."""
        services = self.world.services
        before = await services.storage.directory.system(name)
        assert before is not None
        after = replace(before, acts_for=rights)
        await register_system(services, RegisterSystem(system=after, operator="test"))

    async def details(self) -> Sequence[str]:
        """Say why notices were given up."""
        query = NoticeQuery(state=NoticeState.DEAD_LETTER)
        found = await self.world.services.storage.notices.find(query)
        return [one.attempts[-1].detail for one in found]


@pytest.fixture
async def office() -> Office:
    world, hook = await make_world(), Hook()
    services = replace(
        world.services,
        carriers={NoticeChannel.WEBHOOK: hook},
        webhook_policy=TargetPolicy(hosts=frozenset({"vendor.example:443"})),
    )
    world = replace(world, services=services)
    webhook = await register_webhook(services, await world.caller(OLD), PROVINCE, WISH)
    return Office(world, hook, Notifier(services, owner="test"), webhook)


async def test_system_whose_right_has_ended_is_told_nothing_more(
    office: Office,
) -> None:
    await office.rights(OLD)
    office.world.clock.move(seconds=1)
    await office.world.sent()

    await office.run()

    assert office.hook.told == []
    assert await office.details() == []


async def test_right_that_ends_before_a_notice_goes_leaves_a_dead_letter(
    office: Office,
) -> None:
    await office.world.sent()
    await note_overdue(office.world.services, PROVINCE, EnvelopeId("0" * 26))
    await office.notifier.note()
    await office.rights(OLD)
    office.world.clock.move(seconds=1)

    await office.run()

    assert office.hook.told == []
    assert await office.details() == ["not acted for"] * 2


async def test_right_that_comes_back_is_told_of_what_comes_from_then_on(
    office: Office,
) -> None:
    await office.rights(OLD)
    office.world.clock.move(seconds=1)
    await office.world.sent()
    await office.run()
    await office.rights(OLD, ActsFor(PROVINCE, office.world.clock.now))
    await office.world.send(office.world.document(subject="thư hai"))
    await office.world.deliver()

    await office.run()

    assert office.hook.told == [PROVINCE]


async def test_webhook_goes_over_to_the_system_that_changes_it(office: Office) -> None:
    await office.rights(OLD)
    await office.rights(NEW, ActsFor(PROVINCE, NOW))
    services, caller = office.world.services, await office.world.caller(NEW)
    office.world.clock.move(seconds=1)

    await change_webhook(services, caller, office.webhook.subscription_id, WISH)
    await office.world.sent()
    await office.run()

    assert office.hook.told == [PROVINCE]


async def test_what_was_noted_under_a_code_that_was_replaced_is_told(
    office: Office,
) -> None:
    await office.world.sent()
    await office.notifier.note()
    recode = ChangeAgencies(
        order=Recode(code=PROVINCE, new_code=OrganId("H98")),
        effective=office.world.clock.now,
        reason="Đổi mã",
        operator="test",
    )
    await change_agencies(office.world.services, recode)
    office.world.clock.move(seconds=1)

    await office.run()

    assert office.hook.told == [PROVINCE]
