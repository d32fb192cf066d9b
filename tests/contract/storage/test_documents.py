"""Documents by their names and ties; updates that hold only if nothing changed."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from exchange.domain.links import Link, Matter, Recall, Reference
from exchange.domain.records import (
    Acceptance,
    AddedDelivery,
    Delivery,
    DeliveryUpdate,
    Envelope,
    StepRecord,
)
from exchange.domain.relations import known_document
from exchange.errors import StateConflictError
from exchange.storage.ports import DocumentQuery, Storage
from schemas.identifiers import DocumentId, OrganId
from schemas.vocabulary import (
    BusinessType,
    DeliveryState,
    LinkKind,
    StatusCode,
    Steering,
)
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)

MATTER = Matter(
    type_name="Công văn",
    signer="Đoàn Thạch Khuê",
    promulgated=date(2026, 11, 20),
    due_date=date(2026, 12, 1),
    steering=Steering.STEER_AND_REPORT,
    paper=False,
    application="MCDT_DT",
    tasks=("NV-1", "NV-2"),
    answers=(
        Reference(
            organ_id=PROVINCE,
            code="98/UBND-VX",
            promulgated=date(2026, 11, 2),
            document_id=DocumentId("7c1a"),
        ),
        Reference(),
    ),
)


def described(number: int, **changes: object) -> Acceptance:
    plain = acceptance(number)
    envelope = replace(plain.envelope, **changes)  # type: ignore[arg-type]  # by field
    return replace(plain, envelope=envelope)


async def numbers(storage: Storage, query: DocumentQuery, limit: int = 9) -> list[str]:
    found = await storage.documents.sent_as(query, limit=limit)
    return [one.envelope_id.lstrip("0") for one in found]


async def test_matter_and_links_come_back_as_they_were(storage: Storage) -> None:
    links = (
        Link(
            kind=LinkKind.REPLACES,
            envelope_id=envelope_id(7),
            document_id=DocumentId("7c1a"),
            recipients=(PROVINCE,),
        ),
        Link(kind=LinkKind.UPDATES, document_id=DocumentId("8d")),
    )
    stored = described(1, matter=MATTER, links=links)
    await storage.envelopes.accept(stored)
    assert await storage.envelopes.envelope(envelope_id(1)) == stored.envelope


async def test_documents_are_found_by_either_name_oldest_first(
    storage: Storage,
) -> None:
    this_year, last_year = MATTER, Matter(promulgated=date(2025, 11, 20))
    for one in (
        described(1, document_id="a", matter=this_year),
        described(2, document_id="b", matter=this_year),
        described(3, document_id="a", matter=last_year),
        described(4, document_id="a", matter=this_year, sender=MINISTRY),
        acceptance(5, status_of=envelope_id(1)),
    ):
        await storage.envelopes.accept(one)
    code = acceptance(1).envelope.document_code
    by_id = DocumentQuery(sender=COMMUNE, document_id=DocumentId("a"))
    by_code = DocumentQuery(sender=COMMUNE, code=code, year=2026)
    either = replace(by_code, document_id=DocumentId("a"))
    assert await numbers(storage, by_id) == ["1", "3"]
    assert await numbers(storage, by_code) == ["1", "2"]
    assert await numbers(storage, either) == ["1", "2", "3"]
    assert await numbers(storage, either, limit=1) == ["1"]
    assert await numbers(storage, DocumentQuery(sender=COMMUNE)) == []


async def test_documents_are_narrowed_to_whom_they_reached_and_to_their_types(
    storage: Storage,
) -> None:
    recall = {"business_type": BusinessType.RECALL}
    for one in (
        described(1, document_id="a", recipients=(PROVINCE,)),
        described(2, document_id="a", recipients=(MINISTRY, PROVINCE)),
        described(3, document_id="a", recipients=(MINISTRY,), **recall),
        described(4, document_id="a", recipients=(MINISTRY,)),
    ):
        await storage.envelopes.accept(one)
    by_id = DocumentQuery(sender=COMMUNE, document_id=DocumentId("a"))
    to_ministry = replace(by_id, reaching=frozenset({MINISTRY}))
    no_recalls = replace(by_id, without=BusinessType.RECALL)
    assert await numbers(storage, to_ministry) == ["2", "3", "4"]
    assert await numbers(storage, to_ministry, limit=2) == ["2", "3"]
    assert await numbers(storage, no_recalls) == ["1", "2", "4"]
    both = replace(to_ministry, without=BusinessType.RECALL)
    assert await numbers(storage, both) == ["2", "4"]
    assert await numbers(storage, replace(by_id, reaching=frozenset())) == []


async def test_what_somebody_was_added_to_stays_among_what_reached_others(
    storage: Storage,
) -> None:
    letter = described(1, document_id="a", recipients=(PROVINCE,))
    await storage.envelopes.accept(letter)
    given = AddedDelivery(letter.envelope, MINISTRY, DeliveryState.AVAILABLE)
    adding = replace(step(1, "added", recipients=(), after=None), added=(given,))
    await storage.envelopes.accept(replace(acceptance(2), steps=(adding,)))
    by_id = DocumentQuery(sender=COMMUNE, document_id=DocumentId("a"))
    reached = replace(by_id, reaching=frozenset({MINISTRY}))
    assert await numbers(storage, reached) == ["1"]


async def test_what_is_tied_to_an_envelope_is_found(storage: Storage) -> None:
    tie = Link(kind=LinkKind.ANSWERS, envelope_id=envelope_id(1))
    other = Link(kind=LinkKind.ANSWERS, envelope_id=envelope_id(9))
    for one in (
        acceptance(1),
        described(2, links=(other, tie)),
        described(3, links=(tie,)),
        described(4, links=(other,)),
    ):
        await storage.envelopes.accept(one)
    assert await tied(storage, COMMUNE, limit=9) == ["2", "3"]
    assert await tied(storage, COMMUNE, limit=1) == ["2"]


async def test_what_is_tied_is_found_by_whom_it_is_shown_to_before_any_is_left_out(
    storage: Storage,
) -> None:
    to_all = Link(kind=LinkKind.ANSWERS, envelope_id=envelope_id(1))
    to_one = replace(to_all, recipients=(MINISTRY,))
    to_none = replace(to_all, recipients=())
    elsewhere = Link(kind=LinkKind.ANSWERS, envelope_id=envelope_id(9))
    both = {"recipients": (PROVINCE, MINISTRY)}
    for one in (
        acceptance(1),
        described(2, links=(to_all,)),
        described(3, links=(to_one,), **both),
        described(4, links=(to_none, elsewhere), **both),
        described(5, links=(to_all,), **both),
        described(6, links=(to_none,), sender=PROVINCE, recipients=(COMMUNE,)),
    ):
        await storage.envelopes.accept(one)
    assert await tied(storage, COMMUNE) == ["2", "3", "4", "5"]
    assert await tied(storage, PROVINCE) == ["2", "5", "6"]
    assert await tied(storage, MINISTRY) == ["3", "5"]
    assert await tied(storage, MINISTRY, limit=1) == ["3"]
    assert await tied(storage, PROVINCE, MINISTRY) == ["2", "3", "5", "6"]
    assert await tied(storage) == []


async def tied(storage: Storage, *agencies: OrganId, limit: int = 9) -> list[str]:
    """The numbers of what is tied to the first envelope, as agencies see it."""
    found = await storage.documents.linked_to(
        envelope_id(1), shown_to=agencies, limit=limit
    )
    return [one.envelope_id.lstrip("0") for one in found]


async def delivery(storage: Storage, number: int = 1) -> Delivery:
    found = await storage.envelopes.delivery(envelope_id(number), PROVINCE)
    assert found is not None
    return found


def recalling(before: Delivery, number: int = 5) -> StepRecord:
    """A step by which a delivery is recalled at once."""
    after = replace(
        before, state=DeliveryState.RECALLED, recall=Recall(envelope_id(number))
    )
    plain = step(1, f"recalled:{number}", recipients=(), after=None)
    return replace(plain, updates=(DeliveryUpdate(before, after),))


async def test_update_changes_what_is_still_as_it_was(storage: Storage) -> None:
    await deliver(storage, 1)
    before = await delivery(storage)
    await storage.envelopes.record_step(recalling(before))
    after = await delivery(storage)
    assert after.state is DeliveryState.RECALLED
    assert after.recall == Recall(envelope_id(5))
    answered = replace(
        after, opened=True, recall=Recall(envelope_id(5), StatusCode.DECLINED)
    )
    second = replace(
        step(1, "declined", recipients=(), after=None),
        updates=(DeliveryUpdate(after, answered),),
    )
    await storage.envelopes.record_step(second)
    assert await delivery(storage) == answered


CHANGED = {
    "state": {"state": DeliveryState.LEASED},
    "status": {"status": StatusCode.REGISTERED},
    "opened": {"opened": True},
    "recall": {"recall": Recall(envelope_id(8))},
    "answer": {"answer": StatusCode.AGREED},
}


@pytest.mark.parametrize("name", CHANGED)
async def test_update_of_what_changed_meanwhile_stores_nothing(
    storage: Storage, name: str
) -> None:
    await deliver(storage, 1)
    looked_at = replace(await delivery(storage), **CHANGED[name])  # type: ignore[arg-type]  # by field
    record = recalling(looked_at)
    request = replace(
        acceptance(5, recipients=(MINISTRY,)), steps=(step(1, "a", after=None), record)
    )
    for storing in (
        storage.envelopes.record_step(record),
        storage.envelopes.accept(replace(acceptance(6), updates=record.updates)),
        storage.envelopes.accept(request),
    ):
        with pytest.raises(StateConflictError):
            await storing
    assert await storage.envelopes.envelope(envelope_id(5)) is None
    assert await storage.envelopes.envelope(envelope_id(6)) is None
    assert (await delivery(storage)).state is DeliveryState.AVAILABLE
    assert len(await storage.envelopes.receipts(envelope_id(1))) == 1


async def test_acceptance_brings_its_steps_or_is_none(storage: Storage) -> None:
    await deliver(storage, 1)
    record = recalling(await delivery(storage))
    request = replace(acceptance(5, recipients=(MINISTRY,)), steps=(record,))
    await storage.envelopes.accept(request)
    assert (await delivery(storage)).state is DeliveryState.RECALLED
    receipts = await storage.envelopes.receipts(envelope_id(1))
    assert receipts[-1] == record.receipt
    assert record.entry in await storage.log.pending_of(envelope_id(1))
    assert record.audit in await storage.audit.lines(limit=9)


async def test_step_that_comes_with_another_starts_from_its_outcome(
    storage: Storage,
) -> None:
    await deliver(storage, 1)
    before = replace(await delivery(storage), state=DeliveryState.ACKNOWLEDGED)
    arrived = replace(
        step(1, "arrived", recipients=(), after=None),
        updates=(DeliveryUpdate(before, replace(before, status=StatusCode.ARRIVED)),),
    )
    taken = step(
        1,
        "taken",
        before=(DeliveryState.AVAILABLE,),
        after=DeliveryState.ACKNOWLEDGED,
    )
    await storage.envelopes.record_step(replace(taken, also=(arrived,)))
    assert (await delivery(storage)).status is StatusCode.ARRIVED
    keys = [one.key for one in await storage.envelopes.receipts(envelope_id(1))]
    assert sorted(keys) == ["arrived", "delivered", "taken"]
    again = await storage.envelopes.record_step(replace(taken, also=(arrived,)))
    assert again == taken.receipt


async def test_of_recall_and_taking_at_a_time_one_comes_first(storage: Storage) -> None:
    await deliver(storage, 1)
    before = await delivery(storage)
    taken = step(
        1,
        "taken",
        before=(DeliveryState.AVAILABLE,),
        after=DeliveryState.ACKNOWLEDGED,
    )
    results = await asyncio.gather(
        storage.envelopes.record_step(taken),
        storage.envelopes.record_step(recalling(before)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, StateConflictError) for one in results) == 1
    assert len(await storage.envelopes.receipts(envelope_id(1))) == 2


async def accepted(storage: Storage) -> Envelope:
    found = await storage.envelopes.envelope(envelope_id(1))
    assert found is not None
    return found


async def test_added_recipient_gets_the_envelope_in_its_inbox(
    storage: Storage,
) -> None:
    await deliver(storage, 1)
    await storage.log.sequence(limit=9)
    adding = replace(
        step(1, "added", recipients=(), after=None),
        added=(
            AddedDelivery(await accepted(storage), MINISTRY, DeliveryState.AVAILABLE),
        ),
    )
    await storage.envelopes.record_step(adding)
    await storage.log.sequence(limit=9)
    (item,) = await storage.envelopes.inbox([MINISTRY], after=-1, limit=9)
    assert item.envelope.envelope_id == envelope_id(1)
    (first,) = await storage.envelopes.inbox([PROVINCE], after=-1, limit=9)
    assert (first.delivery.log_index or 0) < (item.delivery.log_index or 0)


async def test_recipient_is_not_added_twice(storage: Storage) -> None:
    await deliver(storage, 1)
    known = AddedDelivery(await accepted(storage), PROVINCE, DeliveryState.HELD)
    request = replace(
        acceptance(5),
        steps=(replace(step(1, "x", recipients=(), after=None), added=(known,)),),
    )
    with pytest.raises(StateConflictError):
        await storage.envelopes.accept(request)
    assert (await delivery(storage)).state is DeliveryState.AVAILABLE


@pytest.mark.parametrize(
    ("state", "recall", "is_open"),
    [
        (DeliveryState.AVAILABLE, None, True),
        (DeliveryState.ACKNOWLEDGED, Recall(envelope_id(5)), False),
        (DeliveryState.ACKNOWLEDGED, Recall(envelope_id(5), StatusCode.DECLINED), True),
        (DeliveryState.ACKNOWLEDGED, Recall(envelope_id(5), StatusCode.AGREED), False),
        (DeliveryState.RECALLED, None, False),
        (DeliveryState.HELD, None, False),
    ],
    ids=["available", "asked back", "declined", "agreed", "recalled", "held"],
)
async def test_payload_is_opened_only_while_it_can_be_read(
    storage: Storage, state: DeliveryState, recall: Recall | None, *, is_open: bool
) -> None:
    await deliver(storage, 1)
    before = await delivery(storage)
    changed = replace(before, state=state, recall=recall)
    await storage.envelopes.record_step(
        replace(
            step(1, "x", recipients=(), after=None),
            updates=(DeliveryUpdate(before, changed),),
        )
    )
    opened = await storage.documents.open_payload(envelope_id(1), [PROVINCE, MINISTRY])
    assert opened is is_open
    assert (await delivery(storage)).opened is is_open


async def test_oldest_new_document_of_a_name_is_found_however_many_ask(
    storage: Storage,
) -> None:
    for number in range(1, 8):
        one = described(
            number,
            document_id=DocumentId(f"id-{number // 2}"),
            document_code=f"{number}/UBND",
            business_type=BusinessType.UPDATE if number == 2 else BusinessType.NEW,
            matter=MATTER,
        )
        await storage.envelopes.accept(one)
    queries = [
        *(
            DocumentQuery(sender=COMMUNE, document_id=DocumentId(f"id-{n}"))
            for n in (1, 2, 9)
        ),
        DocumentQuery(sender=COMMUNE, code="7/UBND", year=2026),
        DocumentQuery(sender=COMMUNE, code="7/UBND", year=2025),
        DocumentQuery(sender=PROVINCE, document_id=DocumentId("id-1")),
        DocumentQuery(sender=COMMUNE),
    ]

    together = await asyncio.gather(*map(storage.documents.first_new, queries))
    alone = [await storage.documents.first_new(one) for one in queries]

    numbers = (3, 4, None, 7, None, None, None)
    expected = [one and envelope_id(one) for one in numbers]
    assert [one and one.envelope_id for one in together] == expected
    assert alone == together
    first = together[0]
    assert first is not None
    sent = await storage.envelopes.envelope(first.envelope_id)
    assert sent is not None
    assert first == known_document(sent)


async def test_name_is_found_behind_many_others_of_those_who_ask_with_it(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.storage.mongo.documents._MOST_FOUND", 2)
    for number in range(1, 6):
        code = "last/UBND" if number == 5 else "first/UBND"
        one = described(number, document_code=code, document_id=None, matter=MATTER)
        await storage.envelopes.accept(one)
    queries = [
        DocumentQuery(sender=COMMUNE, code=code, year=2026)
        for code in ("first/UBND", "last/UBND", "none/UBND", "first/UBND")
    ]

    found = await asyncio.gather(*map(storage.documents.first_new, queries))

    expected = [envelope_id(1), envelope_id(5), None, envelope_id(1)]
    assert [one and one.envelope_id for one in found] == expected


async def test_name_is_looked_up_though_all_threads_of_others_are_taken(
    storage: Storage,
) -> None:
    await storage.envelopes.accept(described(1, document_id=DocumentId("7c1a")))
    query = DocumentQuery(sender=COMMUNE, document_id=DocumentId("7c1a"))
    is_over, everybodys = threading.Event(), ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(everybodys)
    everybodys.submit(is_over.wait, 20)
    try:
        async with asyncio.timeout(5):
            assert await numbers(storage, query) == ["1"]
            assert await storage.documents.first_new(query) is not None
    finally:
        is_over.set()
