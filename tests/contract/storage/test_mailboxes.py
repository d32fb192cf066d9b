import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.links import Matter
from exchange.domain.mail_filter import MailFilter
from exchange.domain.records import AddedDelivery
from exchange.storage.ports import (
    ArrivedSearch,
    SentQuery,
    SentSearch,
    Storage,
)
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState
from tests.support.pki import NOW
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    deliver,
    envelope_id,
    step,
)


async def arrived(storage: Storage, *numbers: int) -> None:
    for number in numbers:
        await deliver(storage, number)
        await storage.log.sequence(limit=100)


async def test_newest_mail_comes_first_and_pages_meet(storage: Storage) -> None:
    await arrived(storage, 1, 2, 3)

    first = await storage.mailboxes.arrived(PROVINCE, before=None, limit=2)
    last = first[-1].delivery.log_index
    rest = await storage.mailboxes.arrived(PROVINCE, before=last, limit=2)

    shown = [one.envelope.envelope_id for one in (*first, *rest)]
    assert shown == [envelope_id(3), envelope_id(2), envelope_id(1)]
    assert {one.delivery.recipient for one in (*first, *rest)} == {PROVINCE}


async def test_mail_that_is_not_visible_is_not_shown(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    assert await storage.mailboxes.arrived(PROVINCE, before=None, limit=9) == []


async def test_sent_documents_come_newest_first(storage: Storage) -> None:
    for number in (1, 2, 3):
        await storage.envelopes.accept(acceptance(number))

    first = await storage.mailboxes.sent(SentQuery(sender=COMMUNE, limit=2))
    rest = await storage.mailboxes.sent(
        SentQuery(sender=COMMUNE, before=first[-1].envelope_id)
    )

    shown = [one.envelope_id for one in (*first, *rest)]
    assert shown == [envelope_id(3), envelope_id(2), envelope_id(1)]
    assert await storage.mailboxes.sent(SentQuery(sender=PROVINCE)) == []


async def test_states_of_documents_are_counted(storage: Storage) -> None:
    await arrived(storage, 1)
    await storage.envelopes.accept(acceptance(2))

    counted = await storage.mailboxes.states([envelope_id(1), envelope_id(2)])

    deliveries = await storage.envelopes.deliveries(envelope_id(1))
    assert deliveries
    assert counted[envelope_id(1)] == {DeliveryState.AVAILABLE: len(deliveries)}
    assert counted[envelope_id(2)] == {DeliveryState.ACCEPTED: len(deliveries)}
    assert await storage.mailboxes.states([]) == {}


FILTERS = {
    "words": MailFilter(words=("de", "nghi")),
    "words with marks": MailFilter(words=("duong",)),
    "decomposed words": MailFilter(words=("thuy", "loi")),
    "number": MailFilter(words=("214/ubnd",)),
    "notation": MailFilter(words=("vhxh",)),
    "one-stop dossier": MailFilter(words=("mcdt",)),
    "steering task": MailFilter(words=("nv-2", "214")),
    "on paper too": MailFilter(paper=True),
    "on no paper": MailFilter(paper=False),
    "signs": MailFilter(words=(".*",)),
    "inside a word": MailFilter(words=("ghi",)),
    "urgency": MailFilter(urgency=2),
    "since": MailFilter(since=NOW + timedelta(days=2)),
    "until": MailFilter(until=NOW + timedelta(days=2)),
    "state": MailFilter(state=DeliveryState.ACKNOWLEDGED),
    "party": MailFilter(parties=frozenset({COMMUNE, PROVINCE})),
    "one of thousands": MailFilter(
        parties=frozenset({COMMUNE, PROVINCE, *map(OrganId, map(str, range(5_000)))})
    ),
    "nobody": MailFilter(parties=frozenset({MINISTRY})),
}
FOUND = {
    "words": {1},
    "words with marks": {2},
    "decomposed words": {3},
    "number": {1, 2, 3},
    "notation": {1, 2, 3},
    "one-stop dossier": {1},
    "steering task": {1, 2},
    "on paper too": {2},
    "on no paper": {1, 3},
    "signs": set(),
    "inside a word": set(),
    "urgency": {2},
    "since": {2, 3},
    "until": {1},
    "state": {2},
    "party": {1, 2, 3},
    "one of thousands": {1, 2, 3},
    "nobody": set(),
}
SUBJECTS = (
    "V/v Đề nghị tu bổ",
    "Sửa ĐƯỜNG liên xã (hỏa tốc)",
    unicodedata.normalize("NFD", "Công trình thủy lợi"),
)
MATTERS = (
    Matter(application="MCDT_DT", tasks=("NV-1", "NV-2")),
    Matter(paper=True, tasks=("NV-2",)),
    Matter(paper=False),
)


async def searchable(storage: Storage) -> None:
    for number, subject in enumerate(SUBJECTS, start=1):
        plain = acceptance(number)
        envelope = replace(
            plain.envelope,
            subject=subject,
            urgency=2 if number == 2 else 0,
            matter=MATTERS[number - 1],
            accepted_at=NOW + timedelta(days=number),
        )
        await storage.envelopes.accept(replace(plain, envelope=envelope))
        await storage.envelopes.record_step(step(number))
    await storage.log.sequence(limit=100)
    after = DeliveryState.ACKNOWLEDGED
    taken = step(2, "taken", before=(DeliveryState.AVAILABLE,), after=after)
    await storage.envelopes.record_step(taken)


async def test_search_finds_what_is_wanted(storage: Storage) -> None:
    await searchable(storage)
    search_arrived = storage.mailboxes.search_arrived
    search_sent = storage.mailboxes.search_sent
    for name, wanted in FILTERS.items():
        came = await search_arrived(ArrivedSearch(recipient=PROVINCE, wanted=wanted))
        went = await search_sent(SentSearch(sender=COMMUNE, wanted=wanted))
        expected = [envelope_id(one) for one in sorted(FOUND[name], reverse=True)]
        shown = [one.envelope.envelope_id for one in came.items]
        assert (name, shown, came.older) == (name, expected, None)
        shown = [one.envelope_id for one in went.items]
        assert (name, shown, went.older) == (name, expected, None)


async def test_sent_documents_are_found_by_recipients_whom_an_update_added(
    storage: Storage,
) -> None:
    await searchable(storage)
    for number in (1, 3):
        added = AddedDelivery(
            envelope=acceptance(number).envelope,
            recipient=MINISTRY,
            state=DeliveryState.AVAILABLE,
        )
        adding = step(number, "added", recipients=(), after=None)
        await storage.envelopes.record_step(replace(adding, added=(added,)))
    expected: dict[MailFilter, list[int]] = {
        MailFilter(parties=frozenset({MINISTRY})): [3, 1],
        MailFilter(parties=frozenset({MINISTRY}), words=("de", "nghi")): [1],
        MailFilter(parties=frozenset({PROVINCE})): [3, 2, 1],
        MailFilter(parties=frozenset({COMMUNE})): [],
    }
    for wanted, numbers in expected.items():
        for limit in (1, 9):
            search = SentSearch(sender=COMMUNE, wanted=wanted, limit=limit)
            found = await storage.mailboxes.search_sent(search)
            shown = [one.envelope_id for one in found.items]
            assert shown == list(map(envelope_id, numbers))[:limit]


@pytest.mark.parametrize("limits", [(1, 9), (9, 1), (2, 2)], ids=str)
async def test_pages_of_a_search_meet(
    storage: Storage, limits: tuple[int, int]
) -> None:
    await searchable(storage)
    limit, examined = limits
    wanted = MailFilter(words=("214/ubnd",))
    came = ArrivedSearch(
        recipient=PROVINCE, wanted=wanted, limit=limit, examined=examined
    )
    went = SentSearch(sender=COMMUNE, wanted=wanted, limit=limit, examined=examined)
    shown, sent = [], []
    for _ in range(4):
        page = await storage.mailboxes.search_arrived(came)
        shown += [one.envelope.envelope_id for one in page.items]
        came = replace(came, before=page.older)
        if page.older is None:
            break
    for _ in range(4):
        outgoing = await storage.mailboxes.search_sent(went)
        sent += [one.envelope_id for one in outgoing.items]
        went = replace(went, before=outgoing.older)
        if outgoing.older is None:
            break
    assert shown == sent == [envelope_id(one) for one in (3, 2, 1)]


async def test_search_ends_where_it_is_told(storage: Storage) -> None:
    await searchable(storage)
    every = await storage.mailboxes.arrived(PROVINCE, before=None, limit=9)
    since = every[1].delivery.log_index or 0
    came = await storage.mailboxes.search_arrived(
        ArrivedSearch(recipient=PROVINCE, wanted=MailFilter(), since=since)
    )
    went = await storage.mailboxes.search_sent(
        SentSearch(sender=COMMUNE, wanted=MailFilter(), since=envelope_id(2))
    )
    assert [one.envelope for one in came.items] == list(went.items)
    assert len(went.items) == 2
