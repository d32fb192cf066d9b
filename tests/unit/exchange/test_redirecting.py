"""Documents to closed codes: one delivery, one word of the hub that names all links."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.agency_orders import Merge, NewAgency
from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.settings.addressing import AddressingSettings
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId, OrganId
from schemas.receipt import AcceptanceReceipt, StepReceipt, read_receipt
from schemas.vocabulary import (
    AgencyChange,
    AuditEvent,
    DeliveryState,
    RedirectReason,
    Step,
)
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MERGED,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
)

NEW = OrganId("H99.160")


def to(*codes: str) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=OrganId(one)) for one in codes)


@pytest.fixture
async def world() -> World:
    return await make_world()


async def merge(world: World, source: OrganId, into: OrganId | NewAgency) -> str:
    command = ChangeAgencies(
        order=Merge(sources=(source,), into=into),
        effective=world.clock.now - timedelta(days=1),
        reason="Sắp xếp đơn vị hành chính",
        legal_basis="NQ 202/2025/QH15",
        operator="test",
    )
    recorded = await change_agencies(world.services, command)
    return recorded.event.event_id


async def sent(world: World, *codes: str) -> EnvelopeId:
    accepted = await world.send(world.document(recipients=to(*codes)))
    await world.deliver()
    return accepted.envelope.envelope_id


async def states(world: World, envelope_id: EnvelopeId) -> dict[str, DeliveryState]:
    found = await world.services.storage.envelopes.deliveries(envelope_id)
    return {one.recipient: one.state for one in found}


async def redirected_step(services: Services, envelope_id: EnvelopeId) -> StepReceipt:
    receipts = await services.storage.envelopes.receipts(envelope_id)
    (stored,) = (one for one in receipts if one.step is Step.REDIRECTED)
    found = read_receipt(verify_receipt(parse(stored.content)).content)
    assert isinstance(found, StepReceipt)
    return found


async def test_document_to_a_closed_code_reaches_the_successor(world: World) -> None:
    event_id = await merge(world, FAR_COMMUNE, PROVINCE)
    await world.deliver()
    envelope_id = await sent(world, FAR_COMMUNE, MINISTRY)
    assert await states(world, envelope_id) == {
        FAR_COMMUNE: DeliveryState.REDIRECTED,
        PROVINCE: DeliveryState.AVAILABLE,
        MINISTRY: DeliveryState.AVAILABLE,
    }
    (link,) = (await redirected_step(world.services, envelope_id)).redirections
    assert (link.addressed, link.successor) == (FAR_COMMUNE, PROVINCE)
    assert (link.change, link.event_id) == (AgencyChange.MERGE, event_id)
    assert link.effective == world.clock.now - timedelta(days=1)
    entries = await world.services.storage.log.entries_of(EnvelopeId(event_id))
    assert link.log_index == entries[0].index
    inbox = await read_inbox(
        world.services,
        ReadInbox(caller=await world.caller("qlvb-h99"), agency=PROVINCE),
    )
    assert inbox.items[0].envelope.meant_for(PROVINCE) == (FAR_COMMUNE,)


async def test_acceptance_receipt_names_the_closed_code_and_who_is_reached(
    world: World,
) -> None:
    accepted = await world.send(world.document(recipients=to(MERGED, PROVINCE)))
    verified = verify_receipt(parse(accepted.envelope.receipt)).content
    receipt = read_receipt(verified)
    assert isinstance(receipt, AcceptanceReceipt)
    assert receipt.recipients == (MERGED, PROVINCE, COMMUNE)


async def test_code_closed_by_an_import_is_explained_without_an_event(
    world: World,
) -> None:
    envelope_id = await sent(world, MERGED)
    (link,) = (await redirected_step(world.services, envelope_id)).redirections
    assert (link.addressed, link.successor) == (MERGED, COMMUNE)
    assert (link.change, link.event_id, link.log_index) == (None, None, None)


async def test_closed_code_and_its_successor_together_are_one_delivery(
    world: World,
) -> None:
    await merge(world, FAR_COMMUNE, PROVINCE)
    envelope_id = await sent(world, FAR_COMMUNE, PROVINCE)
    assert await states(world, envelope_id) == {
        FAR_COMMUNE: DeliveryState.REDIRECTED,
        PROVINCE: DeliveryState.AVAILABLE,
    }


async def test_closed_code_without_a_successor_is_refused(world: World) -> None:
    ended = replace(
        (await world.services.storage.directory.agencies())[0],
        code=OrganId("G98"),
        valid_to=world.clock.now,
    )
    await world.services.storage.directory.import_agencies(
        [ended], audit=(await world.services.storage.audit.lines(limit=1))[0]
    )
    with pytest.raises(ExchangeError) as caught:
        await world.send(world.document(recipients=to("G98")))
    assert caught.value.code is ErrorCode.RECIPIENT_CLOSED


async def test_sender_sees_the_redirection_and_where_it_led(world: World) -> None:
    envelope_id = await sent(world, MERGED)
    trace = await trace_envelope(
        world.services,
        TraceEnvelope(
            caller=await world.caller("qlvb-h99-151"), envelope_id=envelope_id
        ),
    )
    assert Step.REDIRECTED in {one.step for one in trace.receipts}
    (redirect,) = trace.envelope.redirects
    assert (redirect.addressed, redirect.reached) == (MERGED, COMMUNE)


async def test_level_below_a_province_is_expanded_at_the_hub(world: World) -> None:
    envelope_id = await sent(world, "H99_all.commune", MINISTRY)
    assert set(await states(world, envelope_id)) == {FAR_COMMUNE, MINISTRY}


async def test_recipients_are_counted_after_expansion(world: World) -> None:
    few = replace(world.services, addressing=AddressingSettings(recipients=1))
    narrow = replace(world, services=few)
    await narrow.send(narrow.document(recipients=to("H99_all.commune")))
    with pytest.raises(ExchangeError) as caught:
        await narrow.send(narrow.document(recipients=to("H99_all.commune", MINISTRY)))
    assert caught.value.code is ErrorCode.RECIPIENT_COUNT_EXCEEDED
    assert caught.value.place == "2 > 1"


async def test_fallback_to_the_parent_is_off_and_says_why_when_on(
    world: World,
) -> None:
    await merge(world, FAR_COMMUNE, NewAgency(code=NEW, name="UBND xã Mới"))
    plain = await sent(world, NEW)
    assert await states(world, plain) == {NEW: DeliveryState.AVAILABLE}
    settings = AddressingSettings(parent_fallback=True)
    falling = replace(world, services=replace(world.services, addressing=settings))
    envelope_id = await sent(falling, NEW, MINISTRY)
    assert await states(falling, envelope_id) == {
        NEW: DeliveryState.REDIRECTED,
        PROVINCE: DeliveryState.AVAILABLE,
        MINISTRY: DeliveryState.AVAILABLE,
    }
    (link,) = (await redirected_step(falling.services, envelope_id)).redirections
    assert link.reason is RedirectReason.NOT_CONNECTED


async def test_change_is_one_event_one_log_entry_and_one_audit_line(
    world: World,
) -> None:
    event_id = await merge(world, FAR_COMMUNE, PROVINCE)
    storage = world.services.storage
    assert len(await storage.log.pending_of(EnvelopeId(event_id))) == 1
    lines = await storage.audit.lines(limit=99)
    changes = [one for one in lines if one.event is AuditEvent.DIRECTORY_CHANGED]
    assert [one.subject for one in changes] == [event_id]
