"""Webhooks of agencies whose code is closed: told on, and their systems' own still."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from clients.messages import prepare_document
from exchange.delivery.docket_watch import DocketWatch
from exchange.domain.agency_orders import Merge, Order, Recode
from exchange.domain.notices import (
    MAIL_SUBSCRIPTION,
    Attempt,
    Notice,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Subscription,
)
from exchange.services import Services
from exchange.storage.ports import NoticeQuery
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.noting import ensure_mail, note_arrivals, note_overdue
from exchange.usecases.tending import Tending, release
from exchange.usecases.webhooks import (
    WebhookWish,
    change_webhook,
    find_webhook,
    forget_webhook,
    list_webhooks,
    notices_of,
    register_webhook,
)
from schemas.edxml.document import Organisation
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from tests.support.small_pdf import small_pdf
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    CrashingPdfs,
    World,
    attachment,
    edxml_document,
    make_world,
    note,
)

RECODED = OrganId("H99.160")
RECODE = Recode(code=FAR_COMMUNE, new_code=RECODED)
SYSTEM = "qlvb-h99-153"
WISH = WebhookWish(url="https://nhan.example.vn/moi")


class Carries:
    """A carrier that is never asked."""

    async def carry(
        self, services: Services, notice: Notice, subscription: Subscription
    ) -> Attempt:
        raise NotImplementedError


@pytest.fixture
async def world() -> World:
    made = await make_world()
    carriers = {NoticeChannel.WEBHOOK: Carries()}
    return replace(made, services=replace(made.services, carriers=carriers))


async def registered(world: World, code: OrganId = FAR_COMMUNE) -> Subscription:
    caller = await world.caller(SYSTEM)
    return await register_webhook(world.services, caller, code, WISH)


async def changed(world: World, order: Order) -> None:
    command = ChangeAgencies(
        order=order,
        effective=world.clock.now,
        reason="Sắp xếp đơn vị hành chính",
        legal_basis="",
        operator="van.hanh",
    )
    await change_agencies(world.services, command)
    world.clock.move(seconds=10)


async def sent(world: World, recipient: OrganId, number: int = 1) -> EnvelopeId:
    letter = edxml_document(
        note(b"x"),
        sender=Organisation(organ_id=PROVINCE),
        recipients=(Organisation(organ_id=recipient),),
        document_id=DocumentId(f"H99,2026/11/20,{number}/UBND"),
    )
    message = prepare_document(
        letter, (note(b"x"),), credential=world.province, at=world.clock.now
    )
    accepted = await world.send(message, system_id="qlvb-h99")
    await world.deliver()
    await note_arrivals(world.services)
    return accepted.envelope.envelope_id


async def held(world: World, recipient: OrganId) -> EnvelopeId:
    """Send a letter that nobody can check."""
    document = attachment(small_pdf())
    letter = edxml_document(
        document,
        sender=Organisation(organ_id=PROVINCE),
        recipients=(Organisation(organ_id=recipient),),
    )
    message = prepare_document(
        letter, (document,), credential=world.province, at=world.clock.now
    )
    accepted = await world.send(message, system_id="qlvb-h99")
    await world.with_pdfs(CrashingPdfs()).deliver()
    return accepted.envelope.envelope_id


async def released(world: World, envelope_id: EnvelopeId) -> None:
    wanted = Tending(envelope_id=envelope_id, recipients=frozenset(), actor="van.hanh")
    await release(world.services, wanted)
    await world.deliver()
    while await note_arrivals(world.services):
        pass


async def told(services: Services, hook: Subscription) -> Sequence[Notice]:
    return await notices_for(services, hook.subscription_id)


async def notices_for(services: Services, subscription_id: str) -> Sequence[Notice]:
    query = NoticeQuery(state=NoticeState.WAITING, subscription_id=subscription_id)
    return await services.storage.notices.find(query)


@pytest.mark.parametrize("recipient", [FAR_COMMUNE, RECODED], ids=["old", "new"])
async def test_webhook_is_told_on_after_its_agency_got_another_code(
    world: World, recipient: OrganId
) -> None:
    hook = await registered(world)
    await changed(world, RECODE)
    envelope_id = await sent(world, recipient)

    (notice,) = await told(world.services, hook)
    assert (notice.envelope_id, notice.agency) == (envelope_id, RECODED)


async def test_webhook_registered_for_a_closed_code_is_told_of_its_successor(
    world: World,
) -> None:
    await changed(world, RECODE)
    hook = await registered(world)
    await sent(world, FAR_COMMUNE)

    assert hook.agency == FAR_COMMUNE
    assert [one.agency for one in await told(world.services, hook)] == [RECODED]


async def test_webhook_of_a_recoded_agency_is_told_what_is_overdue(
    world: World,
) -> None:
    hook = await registered(world)
    await changed(world, RECODE)
    late = EnvelopeId("01K9ZZZZZZZZZZZZZZZZZZZZZZ")

    assert await note_overdue(world.services, RECODED, late) == 1
    (notice,) = await told(world.services, hook)
    assert (notice.event, notice.agency) == (NoticeEvent.OVERDUE, RECODED)


async def test_webhook_is_told_what_is_overdue_at_an_agency_that_was_merged(
    world: World,
) -> None:
    hook = await register_webhook(
        world.services, await world.caller("qlvb-h99-151"), COMMUNE, WISH
    )
    theirs = await registered(world)
    late = await sent(world, FAR_COMMUNE)
    await changed(world, Merge(sources=(FAR_COMMUNE,), into=COMMUNE))
    world.clock.move(days=3)
    await DocketWatch(world.services, owner="test").keep()

    for one in (hook, theirs):
        overdue = [
            (found.agency, found.envelope_id)
            for found in await told(world.services, one)
            if found.event is NoticeEvent.OVERDUE
        ]
        assert overdue == [(COMMUNE, late)]


@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
async def test_successor_is_told_of_what_was_held_when_its_forerunner_was_merged(
    world: World, is_before: bool
) -> None:
    letter = await held(world, FAR_COMMUNE)
    merger = Merge(sources=(FAR_COMMUNE,), into=COMMUNE)
    if not is_before:
        await changed(world, merger)
    hook = await register_webhook(
        world.services, await world.caller("qlvb-h99-151"), COMMUNE, WISH
    )
    if is_before:
        await changed(world, merger)

    await released(world, letter)

    (notice,) = await told(world.services, hook)
    assert (notice.envelope_id, notice.agency) == (letter, COMMUNE)


async def test_mail_about_what_was_held_at_a_merger_goes_to_the_successor(
    world: World,
) -> None:
    carriers = {NoticeChannel.SMTP: Carries()}
    world = replace(world, services=replace(world.services, carriers=carriers))
    await ensure_mail(world.services)
    letter = await held(world, FAR_COMMUNE)
    await changed(world, Merge(sources=(FAR_COMMUNE,), into=COMMUNE))

    await released(world, letter)

    found = await notices_for(world.services, MAIL_SUBSCRIPTION)
    assert [(one.envelope_id, one.agency) for one in found] == [(letter, COMMUNE)]


async def test_system_of_a_closed_code_alone_is_told_by_that_code(
    world: World,
) -> None:
    hook = await registered(world)
    letter = await held(world, FAR_COMMUNE)
    await changed(world, Merge(sources=(FAR_COMMUNE,), into=COMMUNE))

    await released(world, letter)

    (notice,) = await told(world.services, hook)
    assert (notice.envelope_id, notice.agency) == (letter, FAR_COMMUNE)


async def test_webhook_is_told_of_no_other_agency_after_a_change(world: World) -> None:
    hook = await registered(world)
    await changed(world, RECODE)
    await sent(world, MINISTRY)

    assert await told(world.services, hook) == []


async def test_webhook_of_a_closed_code_is_read_changed_and_forgotten(
    world: World,
) -> None:
    hook = await registered(world)
    await changed(world, RECODE)
    services, caller = world.services, await world.caller(SYSTEM)
    key = hook.subscription_id
    query = NoticeQuery(state=NoticeState.WAITING, subscription_id=key)

    assert await list_webhooks(services, caller, FAR_COMMUNE) == [hook]
    assert await find_webhook(services, caller, key) == hook
    assert await notices_of(services, caller, query) == []
    wish = WebhookWish(url="https://nhan.example.vn/khac")
    assert (await change_webhook(services, caller, key, wish)).url == wish.url
    await forget_webhook(services, caller, key)
    assert await list_webhooks(services, caller, FAR_COMMUNE) == []


async def test_webhook_of_a_merged_agency_is_its_successors_to_forget(
    world: World,
) -> None:
    hook = await registered(world)
    await changed(world, Merge(sources=(FAR_COMMUNE,), into=COMMUNE))
    successor = await world.caller("qlvb-h99-151")

    await forget_webhook(world.services, successor, hook.subscription_id)
    assert await list_webhooks(world.services, successor, FAR_COMMUNE) == []
