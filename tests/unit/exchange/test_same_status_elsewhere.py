"""The same bytes of a status, told about more than one envelope."""

from dataclasses import replace

import pytest

from clients.messages import Message
from exchange.domain.records import Envelope
from exchange.evidence.bundle import build_bundle
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence
from exchange.usecases.report_status import (
    RecordedStatus,
    ReportStatus,
    report_status,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.verdict import Indication
from schemas.vocabulary import AuditEvent, DeliveryState, StatusCode
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.support.conversations import (
    SYSTEMS,
    arrived,
    delivery,
    merge,
    recall,
    receipts,
    sent_to,
    status_message,
    step_of,
    take,
    two_sendings,
)
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
    material_of,
)

REGISTERED, DECLINED = StatusCode.REGISTERED, StatusCode.DECLINED
RECALL = StatusCode.RECALL_REQUESTED


@pytest.fixture
async def world() -> World:
    return await make_world()


@pytest.fixture
async def sendings(world: World) -> tuple[Envelope, Envelope]:
    return await two_sendings(world)


async def told(
    world: World,
    envelope: Envelope,
    message: Message,
    by: OrganId = PROVINCE,
    *,
    agency: OrganId | None = None,
    header: str | None = "",
) -> RecordedStatus:
    """Report; the header is the digest a client computes, another one, or none."""
    submission = await world.submission(message, system_id=SYSTEMS[by])
    if header != "":
        submission = replace(submission, message_id=header)
    command = ReportStatus(
        submission=submission, envelope_id=envelope.envelope_id, agency=agency
    )
    return await report_status(world.services, command)


async def repeats(world: World) -> int:
    lines = await world.services.storage.audit.lines(limit=1_000)
    return sum(one.event is AuditEvent.ENVELOPE_REPEATED for one in lines)


@pytest.mark.parametrize("header", [None, ""], ids=["without id", "digest as id"])
@pytest.mark.parametrize(
    ("code", "by"), [(REGISTERED, PROVINCE), (RECALL, COMMUNE)], ids=["03", "13"]
)
async def test_same_status_is_recorded_of_each_sending(
    world: World,
    sendings: tuple[Envelope, Envelope],
    code: StatusCode,
    by: OrganId,
    header: str | None,
) -> None:
    message = status_message(world, code, by)
    recorded = [await told(world, one, message, by, header=header) for one in sendings]
    assert [one.repeated for one in recorded] == [False, False]
    assert await repeats(world) == 0
    about = [step_of(one.content).envelope_id for one in recorded]
    assert about == [one.envelope_id for one in sendings]
    for _ in range(2):
        again = [await told(world, one, message, by, header=header) for one in sendings]
        assert [one.content for one in again] == [one.content for one in recorded]
        assert all(one.repeated for one in again)


async def test_first_status_keeps_the_digest_as_its_id(
    world: World, sendings: tuple[Envelope, Envelope]
) -> None:
    message = status_message(world, REGISTERED)
    for one in sendings:
        await told(world, one, message, header=None)
    first, second = (await arrived(world, COMMUNE))[-2:]
    assert first.message_id == message.message_id
    assert second.message_id != message.message_id
    assert second.body_sha256 == first.body_sha256


@pytest.mark.parametrize(
    ("code", "by"), [(REGISTERED, PROVINCE), (RECALL, COMMUNE)], ids=["03", "13"]
)
async def test_id_of_the_sender_stands_for_one_envelope(
    world: World, sendings: tuple[Envelope, Envelope], code: StatusCode, by: OrganId
) -> None:
    message, (first, second) = status_message(world, code, by), sendings
    recorded = await told(world, first, message, by, header="bao-cao-1")
    before = await receipts(world, second)
    with pytest.raises(CodedError) as caught:
        await told(world, second, message, by, header="bao-cao-1")
    assert caught.value.code is ErrorCode.MESSAGE_ID_CONFLICT
    assert caught.value.place == "bao-cao-1"
    assert await receipts(world, second) == before
    again = await told(world, first, message, by, header="bao-cao-1")
    assert (again.content, again.repeated) == (recorded.content, True)


async def test_request_that_was_declined_is_still_the_same_of_each_sending(
    world: World, sendings: tuple[Envelope, Envelope]
) -> None:
    message = status_message(world, RECALL, COMMUNE)
    recorded = [await told(world, one, message, COMMUNE) for one in sendings]
    for one in sendings:
        world.clock.move(seconds=1)
        await told(world, one, status_message(world, DECLINED))
    for one, first in zip(sendings, recorded, strict=True):
        again = await told(world, one, message, COMMUNE)
        assert (again.content, again.repeated) == (first.content, True)


@pytest.mark.parametrize("header", ["", "thu-hoi-1"], ids=["digest", "own id"])
async def test_refused_status_is_not_answered_by_one_about_another_document(
    world: World, header: str
) -> None:
    first = await sent_to(world, PROVINCE)
    world.clock.move(minutes=1)
    second = await sent_to(world, PROVINCE)
    await take(world, first)
    await take(world, second)
    await recall(world, second)
    world.clock.move(seconds=1)
    await told(world, second, status_message(world, StatusCode.AGREED))
    message = status_message(world, RECALL, COMMUNE)
    await told(world, first, message, COMMUNE, header=header)
    with pytest.raises(CodedError) as caught:
        await told(world, second, message, COMMUNE, header=header)
    expected = ErrorCode.MESSAGE_ID_CONFLICT if header else ErrorCode.RECALL_NOT_ALLOWED
    assert caught.value.code is expected


async def test_same_status_is_recorded_of_each_agency_that_was_succeeded(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    await merge(world, MINISTRY, PROVINCE)
    message = status_message(world, REGISTERED)
    for one in (FAR_COMMUNE, MINISTRY):
        recorded = await told(world, letter, message, agency=one)
        assert (step_of(recorded.content).recipient, recorded.repeated) == (one, False)
        assert (await delivery(world, letter, one)).status is REGISTERED
        again = await told(world, letter, message, agency=one)
        assert (again.content, again.repeated) == (recorded.content, True)


async def test_evidence_proves_the_same_status_of_each_agency_that_was_succeeded(
    world: World,
) -> None:
    letter = await taken_letter(world)
    message = status_message(world, REGISTERED)
    for one in (FAR_COMMUNE, MINISTRY):
        await told(world, letter, message, agency=one)
    await world.deliver()
    caller = await world.caller(SYSTEMS[COMMUNE])
    command = CollectEvidence(caller=caller, envelope_id=letter.envelope_id)
    evidence = await collect_evidence(world.services, command)
    assert len(evidence.statuses) == 2
    verdict = judge_bundle(
        await build_bundle(world.services, evidence),
        material=material_of(world.pki),
        at=None,
        judge_pdf=judge_pdf,
    )
    assert verdict.indication is Indication.TOTAL_PASSED, verdict.reasons


async def taken_letter(world: World) -> Envelope:
    """A letter that two agencies took; then both are merged into the province."""
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    for one in (FAR_COMMUNE, MINISTRY):
        await take(world, letter, one)
        await merge(world, one, PROVINCE)
    return letter


@pytest.mark.parametrize("code", [REGISTERED, DECLINED], ids=["03", "16"])
@pytest.mark.parametrize(
    "named", [(None, FAR_COMMUNE), (FAR_COMMUNE, None)], ids=["second", "first"]
)
async def test_same_status_is_recorded_whether_or_not_it_names_whose_part_it_is(
    world: World, named: tuple[OrganId | None, ...], code: StatusCode
) -> None:
    letter = await taken_letter(world)
    if code is DECLINED:
        await recall(world, letter)
    message = status_message(world, code)
    for agency in named:
        recorded = await told(world, letter, message, agency=agency)
        assert step_of(recorded.content).recipient == (agency or MINISTRY)
        assert not recorded.repeated
        again = await told(world, letter, message, agency=agency)
        assert (again.content, again.repeated) == (recorded.content, True)
    for one in (FAR_COMMUNE, MINISTRY):
        found = await delivery(world, letter, one)
        assert code in {found.status, found.recall and found.recall.answer}


@pytest.mark.parametrize("first", [FAR_COMMUNE, MINISTRY])
async def test_answer_repeated_at_the_document_is_not_one_for_the_next_that_waits(
    world: World, first: OrganId
) -> None:
    letter = await taken_letter(world)
    (other,) = {FAR_COMMUNE, MINISTRY} - {first}
    await recall(world, letter, about=first)
    if first == MINISTRY:
        await recall(world, letter, about=other)
    message = status_message(world, StatusCode.AGREED)
    recorded = await told(world, letter, message)
    assert step_of(recorded.content).recipient == first
    if first == FAR_COMMUNE:
        await recall(world, letter, about=other)
    again = await told(world, letter, message)
    assert (again.content, again.repeated) == (recorded.content, True)
    assert (await delivery(world, letter, other)).state is not DeliveryState.RECALLED
    world.clock.move(seconds=1)
    another = await told(world, letter, status_message(world, StatusCode.AGREED))
    assert step_of(another.content).recipient == other


async def test_answer_that_named_another_does_not_swallow_that_to_another_request(
    world: World,
) -> None:
    letter = await taken_letter(world)
    for one in (FAR_COMMUNE, MINISTRY):
        await recall(world, letter, about=one)
    message = status_message(world, DECLINED)
    for named, recipient in ((FAR_COMMUNE, FAR_COMMUNE), (None, MINISTRY)):
        recorded = await told(world, letter, message, agency=named)
        assert step_of(recorded.content).recipient == recipient
        again = await told(world, letter, message, agency=named)
        assert (again.content, again.repeated) == (recorded.content, True)


async def test_same_answer_is_recorded_of_each_request(world: World) -> None:
    letter = await sent_to(world, PROVINCE)
    await take(world, letter)
    message = status_message(world, DECLINED, document_id=None)
    answers = []
    for _ in range(2):
        await recall(world, letter)
        request = (await arrived(world, PROVINCE))[-1]
        recorded = await told(world, request, message)
        assert not recorded.repeated
        assert step_of(recorded.content).request_envelope_id == request.envelope_id
        assert (await told(world, request, message)).content == recorded.content
        answers.append(recorded)
        world.clock.move(seconds=1)
    assert answers[0] != answers[1]


async def test_same_status_at_the_same_place_is_a_repeat_whatever_has_come_since(
    world: World,
) -> None:
    letter = await sent_to(world, PROVINCE)
    await take(world, letter)
    await recall(world, letter)
    message = status_message(world, DECLINED)
    recorded = await told(world, letter, message)
    world.clock.move(seconds=1)
    await recall(world, letter)
    again = await told(world, letter, message)
    assert (again.content, again.repeated) == (recorded.content, True)
