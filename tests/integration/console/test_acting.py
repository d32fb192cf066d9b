"""What a clerk does with a document."""

from collections.abc import AsyncIterator

import pytest

from clients.messages import prepare_document
from exchange.domain.agency_orders import Merge
from exchange.domain.maintenance import Maintenance
from exchange.usecases.accept_envelope import AcceptedEnvelope
from schemas.edxml.document import Organisation
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import DeliveryState, StatusCode
from tests.support.console import Console, Page, Visit, running_console
from tests.support.conversations import SYSTEMS, ordered
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    edxml_document,
    make_world,
    note,
)

_ONCE = '"once" value="'


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


async def _open(visit: Visit, accepted: AcceptedEnvelope) -> Page:
    return await visit.look(f"/documents/{accepted.envelope.envelope_id}")


async def _act(
    visit: Visit, accepted: AcceptedEnvelope, verb: str, **fields: str
) -> Page:
    """Open the document and send one of its forms."""
    shown = await _open(visit, accepted)
    once = shown.text.split(_ONCE)[1].split('"')[0] if _ONCE in shown.text else "1"
    path = f"/documents/{accepted.envelope.envelope_id}/{verb}"
    return await visit.send(path, once=once, **fields)


async def _state(
    console: Console, accepted: AcceptedEnvelope, recipient: OrganId = PROVINCE
) -> tuple[DeliveryState, StatusCode | None]:
    store = console.world.services.storage.envelopes
    found = await store.delivery(accepted.envelope.envelope_id, recipient)
    assert found is not None
    return found.state, found.status


async def _inherited(console: Console, *recipients: OrganId) -> AcceptedEnvelope:
    """A letter of the province to communes of which one then goes into the other."""
    world = console.world
    at = (note(b"x"),)
    letter = edxml_document(
        *at,
        sender=Organisation(organ_id=PROVINCE),
        recipients=tuple(Organisation(organ_id=one) for one in recipients),
        document_id=DocumentId("H99,2026/11/20,1/UBND"),
    )
    message = prepare_document(
        letter, at, credential=world.province, at=world.clock.now
    )
    accepted = await world.send(message, system_id=SYSTEMS[PROVINCE])
    await world.deliver()
    await ordered(world, Merge(sources=(FAR_COMMUNE,), into=COMMUNE))
    return accepted


async def test_successor_lists_takes_and_registers_what_waited_at_the_closed_agency(
    console: Console,
) -> None:
    accepted = await _inherited(console, FAR_COMMUNE)
    envelope = accepted.envelope.envelope_id
    async with console.visit("thu.van") as visit:
        assert envelope not in (await visit.look("/inbox")).text
        assert f'href="/inbox?agency={FAR_COMMUNE}"' in visit.page.text
        mailbox = await visit.look(f"/inbox?agency={FAR_COMMUNE}")
        assert envelope in mailbox.text
        assert f'name="agency" value="{FAR_COMMUNE}"' in mailbox.text
        assert "data-live" not in mailbox.text
        found = await visit.look(f"/inbox?agency={FAR_COMMUNE}&q=khong+co")
        assert envelope not in found.text
        assert (await _act(visit, accepted, "take")).status == 200
        page = await _act(visit, accepted, "status", code="03", number="12")
        assert page.status == 200
    assert await _state(console, accepted, FAR_COMMUNE) == (
        DeliveryState.ACKNOWLEDGED,
        StatusCode.REGISTERED,
    )
    registers = console.world.services.storage.registers
    (told,) = await registers.numbers([(envelope, FAR_COMMUNE)])
    assert told.number == 12


async def test_successor_acts_on_its_own_delivery_before_an_inherited_one(
    console: Console,
) -> None:
    accepted = await _inherited(console, FAR_COMMUNE, COMMUNE)
    async with console.visit("thu.van") as visit:
        await _act(visit, accepted, "take")
        page = await _act(visit, accepted, "status", code="03", number="12")
        assert page.status == 200
        assert 'take"' in (await _open(visit, accepted)).text
        await _act(visit, accepted, "take")
        assert 'take"' not in (await _open(visit, accepted)).text
    assert (await _state(console, accepted, COMMUNE))[1] is StatusCode.REGISTERED
    assert await _state(console, accepted, FAR_COMMUNE) == (
        DeliveryState.ACKNOWLEDGED,
        StatusCode.ARRIVED,
    )


async def test_nobody_takes_what_reached_others(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    path = f"/documents/{accepted.envelope.envelope_id}/take"
    async with console.visit("tinh.van"), console.visit("thu.van") as visit:
        await visit.look("/inbox")
        assert (await visit.send(path)).status == 403
        inbox = await visit.look(f"/inbox?agency={PROVINCE}")
    assert (inbox.status, "agency_not_acted_for" in inbox.text) == (403, True)


async def test_document_is_taken_for_the_agency_and_the_sender_sees_it(
    console: Console,
) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        page = await _act(visit, accepted, "take")
    assert page.status == 200
    assert await _state(console, accepted) == (
        DeliveryState.ACKNOWLEDGED,
        StatusCode.ARRIVED,
    )
    async with console.visit("thu.van") as visit:
        assert "Nơi nhận đã lấy về" in (await _open(visit, accepted)).text


async def test_registered_document_has_its_number_in_the_status(
    console: Console,
) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        await _act(visit, accepted, "take")
        page = await _act(visit, accepted, "status", code="03", number="581")
        assert page.status == 200
        again = await _act(visit, accepted, "status", code="05")
    assert 'value="03"' not in again.text
    assert (await _state(console, accepted))[1] is StatusCode.IN_PROCESS
    receipts = await console.world.services.storage.envelopes.receipts(
        accepted.envelope.envelope_id
    )
    assert any("Số đến: 581".encode() in one.content for one in receipts)


async def test_number_of_another_document_is_no_status_either(
    console: Console,
) -> None:
    first = await console.world.sent(note(b"x"))
    second = await console.world.sent(note(b"y"))
    async with console.visit("tinh.van") as visit:
        await _act(visit, first, "status", code="03", number="581")
        page = await _act(visit, second, "status", code="03", number="581")
        assert "register_number_taken" in page.text
        assert (await _state(console, second))[1] is None
        page = await _act(visit, second, "status", code="03", number="581a")
        assert page.status == 400
        assert (
            await _act(visit, second, "status", code="03", number="582")
        ).status == 200
    assert (await _state(console, second))[1] is StatusCode.REGISTERED


async def test_refusal_without_a_reason_is_not_sent(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        page = await _act(visit, accepted, "status", code="02")
    assert page.status == 400
    assert await _state(console, accepted) == (DeliveryState.AVAILABLE, None)


async def test_unopened_document_is_gone_at_once_when_it_is_asked_back(
    console: Console,
) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("thu.van") as visit:
        page = await _act(
            visit, accepted, "recall", recipient=str(PROVINCE), reason="sai số"
        )
    assert page.status == 200
    assert (await _state(console, accepted))[0] is DeliveryState.RECALLED
    assert (await _state(console, accepted, MINISTRY))[0] is DeliveryState.AVAILABLE


@pytest.mark.parametrize(
    ("code", "state"),
    [("15", DeliveryState.RECALLED), ("16", DeliveryState.ACKNOWLEDGED)],
    ids=["agreed", "declined"],
)
async def test_recipient_answers_a_recall(
    console: Console, code: str, state: DeliveryState
) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as recipient:
        await _act(recipient, accepted, "take")
        async with console.visit("thu.van") as sender:
            await _act(sender, accepted, "recall", recipient="", reason="nhầm")
        asked = await _open(recipient, accepted)
        assert "Đồng ý (15)" in asked.text
        await _act(recipient, accepted, "answer", code=code, reason="đã rõ")
    assert (await _state(console, accepted))[0] is state


async def test_second_recall_in_the_same_words_is_another_one(
    console: Console,
) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as recipient, console.visit("thu.van") as own:
        await _act(recipient, accepted, "take")
        for _ in range(2):
            await _act(own, accepted, "recall", recipient="", reason="nhầm")
            page = await _act(recipient, accepted, "answer", code="16", reason="")
            assert page.status == 200
    receipts = await console.world.services.storage.envelopes.receipts(
        accepted.envelope.envelope_id
    )
    assert sum(one.key.startswith("declined:H99") for one in receipts) == 2


async def test_official_looks_and_does_nothing(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("ky.nguoi") as visit:
        page = await _act(visit, accepted, "recall", recipient="", reason="nhầm")
    assert page.status == 403


async def test_sender_cannot_take_its_own_document(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("thu.van") as visit:
        page = await _act(visit, accepted, "take")
    assert page.status == 403
    assert "not_a_recipient" in page.text


async def test_nothing_is_taken_in_during_maintenance(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    console.world.services.switches.maintenance = Maintenance(
        since=console.world.clock.now, reason="nâng cấp"
    )
    async with console.visit("thu.van") as visit:
        page = await _act(visit, accepted, "recall", recipient="", reason="nhầm")
    assert page.status == 503
    assert "nâng cấp" in page.text
    assert (await _state(console, accepted))[0] is DeliveryState.AVAILABLE
