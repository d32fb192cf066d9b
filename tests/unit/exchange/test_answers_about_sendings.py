"""One answer to a recall of a document that was sent more than once."""

import pytest

from exchange.domain.records import Envelope, StoredReceipt
from exchange.evidence.bundle import build_bundle
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence
from schemas.receipt import StepReceipt
from schemas.verdict import Indication
from schemas.vocabulary import STATUS_STEPS, Reach, StatusCode
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.conversations import (
    SYSTEMS,
    recall_by_document,
    receipts,
    report,
    step_of,
    two_sendings,
)
from tests.support.world import COMMUNE, PROVINCE, World, make_world, material_of

AGREED, DECLINED = StatusCode.AGREED, StatusCode.DECLINED
PLACES = ("request", "first", "second")
Places = dict[str, Envelope]


@pytest.fixture
async def world() -> World:
    return await make_world()


@pytest.fixture
async def places(world: World) -> Places:
    """A letter sent twice, both taken, the first registered; then it is recalled."""
    first, second = await two_sendings(world)
    await report(world, first, StatusCode.REGISTERED)
    request = (await recall_by_document(world)).envelope
    return {"request": request, "first": first, "second": second}


async def answers_on_record(
    world: World, envelope: Envelope, code: StatusCode
) -> list[StoredReceipt]:
    found = await receipts(world, envelope)
    return [one for one in found if one.step is STATUS_STEPS[code]]


def facts_of(receipt: StepReceipt) -> tuple[object, ...]:
    told = (receipt.recipient, receipt.status_code, receipt.description)
    return (*told, receipt.envelope_id, receipt.body_sha256, receipt.reach)


@pytest.mark.parametrize("code", [AGREED, DECLINED])
@pytest.mark.parametrize("at", PLACES)
async def test_answer_is_attested_of_each_sending(
    world: World, places: Places, at: str, code: StatusCode
) -> None:
    await report(world, places[at], code, reason="Đã huỷ")
    for name, reach in (("first", Reach.ACTED), ("second", Reach.OPENED)):
        sending = places[name]
        (stored,) = await answers_on_record(world, sending, code)
        receipt = step_of(stored.content)
        told = (PROVINCE, code, "Đã huỷ", sending.envelope_id, sending.body_sha256)
        assert facts_of(receipt) == (*told, reach)
        assert receipt.request_envelope_id == places["request"].envelope_id


@pytest.mark.parametrize("at", PLACES)
async def test_answer_is_one_log_entry_and_one_audit_line_for_each_sending(
    world: World, places: Places, at: str
) -> None:
    storage = world.services.storage
    await world.deliver()
    entries, lines = await storage.log.size(), await storage.audit.lines(limit=1_000)
    await report(world, places[at], AGREED)
    await world.deliver()
    assert await storage.log.size() == entries + 2
    added = len(await storage.audit.lines(limit=1_000)) - len(lines)
    assert added == 2
    subjects = {one.subject for one in await storage.audit.lines(limit=added)}
    assert subjects == {places["first"].envelope_id, places["second"].envelope_id}


@pytest.mark.parametrize("at", PLACES)
async def test_receipt_is_about_the_envelope_the_answer_was_posted_to(
    world: World, places: Places, at: str
) -> None:
    recorded = await report(world, places[at], AGREED)
    receipt = step_of(recorded.content)
    about = {receipt.envelope_id, receipt.request_envelope_id}
    assert places[at].envelope_id in about
    world.clock.move(hours=1)
    for one in (at, "request"):
        again = await report(world, places[one], AGREED)
        assert (again.content, again.repeated) == (recorded.content, True)
    for one in ("first", "second"):
        again = await report(world, places[one], AGREED)
        assert step_of(again.content).envelope_id == places[one].envelope_id


@pytest.mark.parametrize("at", PLACES)
async def test_evidence_of_each_sending_proves_the_answer(
    world: World, places: Places, at: str
) -> None:
    await report(world, places[at], AGREED)
    await world.deliver()
    caller = await world.caller(SYSTEMS[COMMUNE])
    for one in ("first", "second"):
        command = CollectEvidence(caller=caller, envelope_id=places[one].envelope_id)
        evidence = await collect_evidence(world.services, command)
        assert STATUS_STEPS[AGREED] in {one.step for one in evidence.receipts}
        verdict = judge_bundle(
            await build_bundle(world.services, evidence),
            material=material_of(world.pki),
            at=None,
            judge_pdf=judge_pdf,
        )
        assert verdict.indication is Indication.TOTAL_PASSED, verdict.reasons
