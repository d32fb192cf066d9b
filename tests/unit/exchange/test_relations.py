"""Documents that recall, update, replace, answer or repeat earlier ones."""

from dataclasses import replace
from datetime import date

import pytest

from clients.messages import Message, prepare_document
from exchange.domain.records import Envelope
from exchange.http import wire
from exchange.usecases.preflight_envelope import preflight_envelope
from schemas.edxml.document import (
    Business,
    Organisation,
    ReplacementInfo,
    ResponseFor,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import (
    AuditEvent,
    BusinessType,
    DeliveryState,
    LinkKind,
    Reach,
    StatusCode,
    Steering,
    Step,
)
from tests.support.conversations import (
    SYSTEMS,
    arrived,
    delivery,
    key_of,
    merge,
    read,
    recall,
    recall_by_document,
    recalling,
    receipts,
    report,
    sent_to,
    step_of,
    take,
    trace,
    update,
)
from tests.support.world import (
    COMMUNE,
    DOCUMENT_ID,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    edxml_document,
    make_world,
)

AGREED, DECLINED = StatusCode.AGREED, StatusCode.DECLINED


@pytest.fixture
async def world() -> World:
    return await make_world()


@pytest.fixture
async def letter(world: World) -> Envelope:
    """A letter that has arrived at the province and the ministry."""
    return (await world.sent()).envelope


def letter_of(world: World, **changes: object) -> Message:
    return prepare_document(
        edxml_document(**changes), (), credential=world.commune, at=world.clock.now
    )


def to(*agencies: OrganId) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=one) for one in agencies)


async def refusal(world: World, message: Message) -> CodedError:
    with pytest.raises(CodedError) as caught:
        await world.send(message)
    return caught.value


async def sent(world: World, message: Message, agency: OrganId = COMMUNE) -> Envelope:
    accepted = await world.send(message, system_id=SYSTEMS[agency])
    await world.deliver()
    return accepted.envelope


# Recall by a document


async def test_document_recalls_what_was_taken_and_what_was_not(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    accepted = await recall_by_document(world)
    request = accepted.envelope.envelope_id
    assert [one.envelope_id for one in await arrived(world, PROVINCE)][-1] == request
    asked = await delivery(world, letter)
    gone = await delivery(world, letter, MINISTRY)
    assert asked.recall == gone.recall
    assert asked.recall is not None
    assert asked.recall.request == request
    assert (asked.state, gone.state) == (
        DeliveryState.ACKNOWLEDGED,
        DeliveryState.RECALLED,
    )
    steps = [step_of(one.content) for one in await receipts(world, letter)]
    told = {
        (one.step, one.recipient, one.reach)
        for one in steps
        if one.request_envelope_id == request
        and one.request_body_sha256 == accepted.envelope.body_sha256
    }
    assert told == {
        (Step.RECALL_REQUESTED, PROVINCE, Reach.OPENED),
        (Step.RECALLED, MINISTRY, Reach.NOT_OPENED),
    }


@pytest.mark.parametrize("at", ["letter", "request"])
async def test_recall_by_document_is_answered_at_either_id(
    world: World, letter: Envelope, at: str
) -> None:
    await take(world, letter)
    accepted = await recall_by_document(world)
    named = letter if at == "letter" else accepted.envelope
    recorded = await report(world, named, AGREED)
    receipt = step_of(recorded.content)
    assert receipt.envelope_id == letter.envelope_id
    assert receipt.request_envelope_id == accepted.envelope.envelope_id
    assert (await delivery(world, letter)).state is DeliveryState.RECALLED
    assert (await report(world, named, AGREED)).content == recorded.content


async def test_recall_reaches_every_sending_of_the_document(
    world: World, letter: Envelope
) -> None:
    world.clock.move(minutes=1)
    again = (await world.sent()).envelope
    assert again.envelope_id != letter.envelope_id
    await take(world, letter)
    await take(world, again)
    accepted = await recall_by_document(world)
    await report(world, accepted.envelope, AGREED)
    for one in (letter, again):
        assert (await delivery(world, one)).state is DeliveryState.RECALLED
        assert (await delivery(world, one, MINISTRY)).state is DeliveryState.RECALLED


async def test_recall_by_document_again_is_the_same_receipt(
    world: World, letter: Envelope
) -> None:
    business = Business(business_type=BusinessType.RECALL, document_id=DOCUMENT_ID)
    message = recalling(world, business, document_id=DocumentId("thu-hoi"))
    first, again = await world.send(message), await world.send(message)
    assert again.repeated
    assert again.envelope.receipt == first.envelope.receipt
    assert len(await receipts(world, letter)) == 3


@pytest.mark.parametrize("form", ["13", "document"])
async def test_second_request_waits_for_the_answer_to_the_first(
    world: World, letter: Envelope, form: str
) -> None:
    await take(world, letter)
    await take(world, letter, MINISTRY)
    if form == "13":
        await recall(world, letter)
    else:
        await recall_by_document(world)
    with pytest.raises(CodedError) as caught:
        await recall_by_document(world, number="2")
    assert caught.value.code is ErrorCode.RECALL_NOT_ALLOWED


async def test_recall_of_what_somebody_else_sent_finds_nothing(
    world: World, letter: Envelope
) -> None:
    business = Business(business_type=BusinessType.RECALL, document_id=DOCUMENT_ID)
    theirs = edxml_document(
        sender=Organisation(organ_id=PROVINCE),
        recipients=to(MINISTRY),
        business=business,
        document_id=DocumentId("x"),
    )
    message = prepare_document(
        theirs, (), credential=world.province, at=world.clock.now
    )
    with pytest.raises(CodedError) as caught:
        await world.send(message, system_id="qlvb-h99")
    assert caught.value.code is ErrorCode.EARLIER_DOCUMENT_UNKNOWN
    assert await read(world, letter, MINISTRY)


async def test_recall_of_a_recall_finds_nothing(world: World, letter: Envelope) -> None:
    accepted = await recall_by_document(world)
    business = Business(
        business_type=BusinessType.RECALL, document_id=accepted.envelope.document_id
    )
    message = recalling(world, business, document_id=DocumentId("y"))
    assert (await refusal(world, message)).code is ErrorCode.EARLIER_DOCUMENT_UNKNOWN
    with pytest.raises(CodedError) as caught:
        await recall(world, accepted.envelope)
    assert caught.value.code is ErrorCode.RECALL_NOT_ALLOWED


async def test_recall_from_somebody_who_never_got_it_is_refused_whole(
    world: World, letter: Envelope
) -> None:
    with pytest.raises(CodedError) as caught:
        await recall_by_document(world, to=(PROVINCE, FAR_COMMUNE))
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.NOT_A_RECIPIENT,
        FAR_COMMUNE,
    )
    assert await read(world, letter)


# Update


@pytest.mark.parametrize("code", [AGREED, DECLINED])
async def test_update_is_answered_and_leaves_the_document_readable(
    world: World, letter: Envelope, code: StatusCode
) -> None:
    changed = await sent(world, update(world))
    recorded = await report(world, changed, code)
    receipt = step_of(recorded.content)
    assert receipt.envelope_id == changed.envelope_id
    assert receipt.request_envelope_id == changed.envelope_id
    assert (await report(world, changed, code)).content == recorded.content
    other = DECLINED if code is AGREED else AGREED
    with pytest.raises(CodedError) as caught:
        await report(world, changed, other)
    assert caught.value.code is ErrorCode.STATUS_NOT_ALLOWED
    assert await read(world, letter)
    assert (await arrived(world, COMMUNE))[-1].status_of == changed.envelope_id


async def test_added_recipient_gets_the_original_document(
    world: World, letter: Envelope
) -> None:
    changed = await sent(world, update(world, (FAR_COMMUNE, 0)))
    assert changed.recipients == (PROVINCE, MINISTRY, FAR_COMMUNE)
    original, notice = await arrived(world, FAR_COMMUNE)
    if original != letter:
        original, notice = notice, original
    assert (original, notice) == (letter, changed)
    assert await read(world, letter, FAR_COMMUNE)
    steps = (await trace(world, letter, FAR_COMMUNE)).receipts
    assert [one.recipient for one in steps] == [None, FAR_COMMUNE]


async def test_removed_recipient_is_asked_for_the_document(
    world: World, letter: Envelope
) -> None:
    await take(world, letter)
    changed = await sent(world, update(world, (PROVINCE, 1), recipients=to(MINISTRY)))
    assert changed in await arrived(world, PROVINCE)
    with pytest.raises(CodedError) as caught:
        await read(world, letter)
    assert caught.value.code is ErrorCode.DOCUMENT_RECALLED
    await report(world, changed, AGREED)
    assert (await delivery(world, letter)).state is DeliveryState.RECALLED
    assert await read(world, letter, MINISTRY)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((PROVINCE, 0), ErrorCode.RECIPIENT_CHANGE_CONTRADICTS),
        ((FAR_COMMUNE, 1), ErrorCode.RECIPIENT_CHANGE_CONTRADICTS),
        ((OrganId("H01"), 0), ErrorCode.RECIPIENT_UNKNOWN),
    ],
    ids=["added twice", "removed without", "unknown"],
)
async def test_change_of_recipients_that_does_not_fit_is_refused_whole(
    world: World, letter: Envelope, change: tuple[OrganId, int], code: ErrorCode
) -> None:
    message = update(world, (MINISTRY, 1), change)
    assert (await refusal(world, message)).code is code
    assert await read(world, letter, MINISTRY)


async def test_recipient_is_added_only_after_the_check(world: World) -> None:
    accepted = await world.send(world.document())
    error = await refusal(world, update(world, (FAR_COMMUNE, 0)))
    assert (error.code, error.place) == (
        ErrorCode.STEP_NOT_ALLOWED,
        accepted.envelope.envelope_id,
    )


async def test_update_of_what_the_hub_never_held_is_accepted_without_a_tie(
    world: World,
) -> None:
    changed = await sent(world, update(world))
    assert [one.envelope_id for one in changed.links] == [None]
    message = update(world, (FAR_COMMUNE, 0))
    assert (await refusal(world, message)).code is ErrorCode.EARLIER_DOCUMENT_UNKNOWN


# Replacement


def replacement(world: World, *organs: OrganId, number: str = "thay") -> Message:
    info = ReplacementInfo(document_id=DOCUMENT_ID, organ_ids=organs)
    business = Business(business_type=BusinessType.REPLACE, replacements=(info,))
    return recalling(world, business, document_id=DocumentId(number))


async def test_replacement_is_seen_from_both_documents(
    world: World, letter: Envelope
) -> None:
    new = await sent(world, replacement(world))
    for agency in (COMMUNE, PROVINCE):
        forward = (await trace(world, new, agency)).links
        assert [(one.kind, one.envelope_id) for one in forward] == [
            (LinkKind.REPLACES, letter.envelope_id)
        ]
        backward = (await trace(world, letter, agency)).later
        assert [(one.link.kind, one.envelope) for one in backward] == [
            (LinkKind.REPLACES, new)
        ]
    assert await read(world, letter)


async def test_replacement_concerns_the_recipients_it_names(
    world: World, letter: Envelope
) -> None:
    new = await sent(world, replacement(world, MINISTRY))
    assert len((await trace(world, letter, MINISTRY)).later) == 1
    assert (await trace(world, letter, PROVINCE)).later == ()
    assert (await trace(world, new, PROVINCE)).links == ()
    assert len((await trace(world, new, COMMUNE)).links) == 1


async def test_replacement_concerns_who_is_reached_instead_of_whom_it_names(
    world: World,
) -> None:
    letter = await sent_to(world, FAR_COMMUNE, MINISTRY)
    await merge(world, FAR_COMMUNE, PROVINCE)
    info = ReplacementInfo(document_id=DOCUMENT_ID, organ_ids=(FAR_COMMUNE,))
    business = Business(business_type=BusinessType.REPLACE, replacements=(info,))
    fields = {"document_id": DocumentId("thay-the")}
    recipients = to(FAR_COMMUNE, MINISTRY)
    new = await sent(world, recalling(world, business, recipients=recipients, **fields))
    (tie,) = new.links
    assert (tie.envelope_id, tie.recipients) == (
        letter.envelope_id,
        (PROVINCE, FAR_COMMUNE),
    )
    assert new.links_shown_to({PROVINCE}) == (tie,)
    assert new.links_shown_to({MINISTRY}) == ()


async def test_replacement_of_what_the_hub_never_held_names_it(world: World) -> None:
    new = await sent(world, replacement(world))
    (link,) = new.links
    assert (link.envelope_id, link.document_id) == (None, DOCUMENT_ID)


async def test_replacement_is_answered_like_an_update(
    world: World, letter: Envelope
) -> None:
    new = await sent(world, replacement(world))
    await report(world, new, AGREED)
    assert (await delivery(world, new)).answer is AGREED


# Replies


async def reply(
    world: World, named: ResponseFor, *, by: OrganId = PROVINCE, to_: OrganId = COMMUNE
) -> Envelope:
    document = edxml_document(
        sender=Organisation(organ_id=by),
        recipients=to(to_, FAR_COMMUNE),
        document_id=DocumentId("tra-loi"),
        code=DocumentCode("9", "UBND-VX"),
        response_for=(named,),
    )
    message = prepare_document(
        document, (), credential=key_of(world, by), at=world.clock.now
    )
    return await sent(world, message, by)


@pytest.mark.parametrize("name", ["id", "number"])
async def test_reply_shows_with_the_document_it_answers(
    world: World, letter: Envelope, name: str
) -> None:
    named = ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID)
    if name == "number":
        day = edxml_document().promulgation.promulgation_date
        named = ResponseFor(
            organ_id=COMMUNE, code=letter.document_code, promulgation_date=day
        )
    answer = await reply(world, named)
    for agency in (COMMUNE, PROVINCE):
        (later,) = (await trace(world, letter, agency)).later
        assert (later.link.kind, later.envelope) == (LinkKind.ANSWERS, answer)
    assert (await trace(world, letter, MINISTRY)).later == ()
    assert (await trace(world, answer, FAR_COMMUNE)).links == ()


async def test_reply_that_names_an_id_of_its_own_is_tied_by_number_and_notation(
    world: World, letter: Envelope
) -> None:
    named = ResponseFor(
        organ_id=COMMUNE,
        document_id=DocumentId("H99-2026-214/UBND-VHXH"),
        code=letter.document_code,
        promulgation_date=letter.matter.promulgated,
    )
    answer = await reply(world, named)
    (tie,) = answer.links
    assert (tie.kind, tie.envelope_id) == (LinkKind.ANSWERS, letter.envelope_id)
    last_year = replace(named, promulgation_date=date(2025, 11, 20))
    world.clock.move(minutes=1)
    other = await reply(world, last_year)
    assert other.links_of(LinkKind.ANSWERS) == ()


async def test_reply_to_a_document_one_is_no_party_of_ties_nothing(
    world: World, letter: Envelope
) -> None:
    named = ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID)
    answer = await reply(world, named, by=FAR_COMMUNE, to_=PROVINCE)
    assert answer.links == ()
    assert (await trace(world, letter, COMMUNE)).later == ()


async def test_reply_is_shown_to_its_sender_behind_those_of_others(
    world: World, letter: Envelope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.usecases.trace_envelope._MOST_LATER", 1)
    named = ResponseFor(organ_id=COMMUNE, document_id=DOCUMENT_ID)
    first = await reply(world, named, by=MINISTRY)
    own = await reply(world, named, by=PROVINCE)
    for agency, shown in ((PROVINCE, own), (MINISTRY, first), (COMMUNE, first)):
        (later,) = (await trace(world, letter, agency)).later
        assert later.envelope == shown


async def test_document_names_few_others(world: World) -> None:
    many = tuple(ResponseFor(code=str(number)) for number in range(51))
    error = await refusal(world, world.document(response_for=many))
    assert (error.code, error.place) == (ErrorCode.XML_LIMIT_EXCEEDED, "ResponseFor")


async def test_matter_is_kept_and_shown_in_inbox_and_trace(world: World) -> None:
    message = world.document(
        due_date=date(2026, 12, 1),
        steering=Steering.STEER_AND_REPORT,
        task_codes=("NV-1",),
        application_type="MCDT_DT",
        business=Business(business_type=BusinessType.NEW, paper=True),
        response_for=(ResponseFor(organ_id=MINISTRY, code="3/VPCP"),),
    )
    envelope = await sent(world, message)
    assert envelope.matter.steering is Steering.STEER_AND_REPORT
    shown = wire.trace(await trace(world, envelope, PROVINCE))
    expected = {
        "document_id": DOCUMENT_ID,
        "business_type": 0,
        "due_date": "2026-12-01",
        "steering": 2,
        "paper": True,
        "application": "MCDT_DT",
        "tasks": ["NV-1"],
        "links": [],
        "duplicate_of": None,
    }
    assert {name: shown[name] for name in expected} == expected


# Duplicates


@pytest.mark.parametrize("same", ["id", "number"])
async def test_duplicate_is_accepted_and_flagged(
    world: World, letter: Envelope, same: str
) -> None:
    changes: dict[str, object] = {"document_id": DocumentId("khac")}
    if same == "id":
        changes = {"code": DocumentCode("215", "UBND")}
    message = letter_of(world, recipients=to(PROVINCE, FAR_COMMUNE), **changes)
    found = await preflight_envelope(world.services, await world.submission(message))
    assert found.acceptable
    assert [(one.code, one.place) for one in found.notices] == [
        (ErrorCode.DOCUMENT_DUPLICATE, letter.envelope_id)
    ]
    again = await sent(world, message)
    assert again.links_of(LinkKind.DUPLICATES)[0].envelope_id == letter.envelope_id
    for agency, expected in ((PROVINCE, letter.envelope_id), (FAR_COMMUNE, None)):
        shown = wire.trace(await trace(world, again, agency))
        assert shown["duplicate_of"] == expected
    lines = await world.services.storage.audit.lines(limit=20)
    accepted = [one for one in lines if one.event is AuditEvent.ENVELOPE_ACCEPTED]
    assert dict(accepted[0].facts)["duplicate_of"] == letter.envelope_id


@pytest.mark.parametrize(
    "changes",
    [
        {"document_id": DocumentId("khac"), "code": DocumentCode("215", "UBND")},
        {"year": 2025},
    ],
    ids=["other names", "other year"],
)
async def test_other_document_is_no_duplicate(
    world: World, letter: Envelope, changes: dict[str, object]
) -> None:
    if "year" in changes:
        promulgation = replace(
            edxml_document().promulgation, promulgation_date=date(2025, 11, 20)
        )
        changes = {"promulgation": promulgation, "document_id": DocumentId("khac")}
    other = await sent(world, letter_of(world, **changes))
    assert other.links == ()


async def test_same_message_again_is_no_duplicate(world: World) -> None:
    message = world.document()
    await sent(world, message)
    found = await preflight_envelope(world.services, await world.submission(message))
    assert (found.acceptable, found.notices) == (True, ())


async def test_preflight_tells_what_a_recall_would_be_refused_for(
    world: World,
) -> None:
    business = Business(business_type=BusinessType.RECALL, document_id=DOCUMENT_ID)
    message = recalling(world, business)
    found = await preflight_envelope(world.services, await world.submission(message))
    codes = [one.code for one in found.refusals]
    assert codes == [ErrorCode.EARLIER_DOCUMENT_UNKNOWN]
