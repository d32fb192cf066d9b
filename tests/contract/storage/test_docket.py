"""The docket follows the log once, and each moment that passed is one event."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from exchange.domain.counting import EVERYBODY, LevelTally, gathered
from exchange.domain.deadlines import ClockName
from exchange.domain.docket import Count, DocketRow, LateClock, RowChange, Tally
from exchange.domain.links import Matter
from exchange.domain.records import Acceptance, EnvelopeOutline, Redirect
from exchange.domain.registers import RegisterNumber
from exchange.ids import MonotonicIds
from exchange.storage.ports import (
    ArrivalQuery,
    DocketEntry,
    SendingQuery,
    Storage,
    TallyQuery,
)
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import BusinessType, EnvelopeKind, Level, LogEntryType
from tests.support.agencies import agency, directory
from tests.support.pki import NOW
from tests.support.stored import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    acceptance,
    audit_line,
    envelope_id,
    receipt,
    step,
)

MINUTE = timedelta(minutes=1)
MONTH = "2026-11"
PROVINCE_ROW = agency(PROVINCE, Level.PROVINCE)
COMMUNE_ROW = agency(COMMUNE, Level.COMMUNE, PROVINCE)
MINISTRY_ROW = agency(MINISTRY, Level.CENTRAL)
TREE = directory([MINISTRY_ROW, PROVINCE_ROW, COMMUNE_ROW])
RECEIVED = Tally(MONTH, PROVINCE, Count.RECEIVED)
RECEIVED_ONCE = gathered([RECEIVED], TREE)
LATE = LateClock(ClockName.CONFIRM, NOW)


def row(number: int, *, recipient: OrganId = PROVINCE) -> DocketRow:
    return DocketRow(
        envelope_id=envelope_id(number),
        recipient=recipient,
        sender=COMMUNE,
        arrived_at=NOW + number * MINUTE,
        next_at=NOW + number * MINUTE,
    )


async def entered(storage: Storage, *rows: DocketRow) -> None:
    before = await storage.docket.cursor()
    entry = DocketEntry(
        before=before,
        after=before + 5,
        rows=rows,
        counts=gathered([RECEIVED] * len(rows), TREE),
    )
    assert await storage.docket.enter(entry)


async def counted(storage: Storage, agency: OrganId | None = None) -> dict[Count, int]:
    found = await storage.docket.tallies(
        TallyQuery(first_month=MONTH, last_month=MONTH, agency=agency)
    )
    return {one.count: one.number for one in found}


async def test_log_entries_are_followed_once_and_looked_up_by_key(
    storage: Storage,
) -> None:
    entry = DocketEntry(before=-1, after=4, rows=[row(1), row(2)], counts=RECEIVED_ONCE)

    assert await storage.docket.cursor() == -1
    assert await storage.docket.enter(entry)
    assert not await storage.docket.enter(entry)

    assert await storage.docket.cursor() == 4
    assert await counted(storage) == {Count.RECEIVED: 1}
    assert await counted(storage, MINISTRY) == {}
    earlier = await storage.docket.tallies(
        TallyQuery(first_month="2026-01", last_month="2026-10")
    )
    assert list(earlier) == []

    for number in (1, 2):
        await storage.envelopes.accept(acceptance(number))
    await storage.envelopes.record_step(step(1, "delivered"))

    wanted = [envelope_id(one) for one in (2, 1, 9)]
    found = await storage.docket.envelopes(wanted)
    keys = [(envelope_id(1), "delivered"), (envelope_id(2), "delivered")]
    receipts = await storage.docket.receipts(keys)

    assert [one.envelope_id for one in found] == [envelope_id(1), envelope_id(2)]
    assert list(receipts) == [replace(receipt(1, "delivered"), content=b"")]
    places = [(envelope_id(one), PROVINCE) for one in (2, 1, 9)]
    deliveries = await storage.docket.deliveries(places)
    assert [one.envelope_id for one in deliveries] == sorted(wanted)[:2]
    assert list(await storage.docket.deliveries([])) == []
    assert list(await storage.docket.envelopes([])) == []
    assert list(await storage.docket.receipts([])) == []


async def test_what_the_log_brought_is_read_in_its_order(storage: Storage) -> None:
    both = (PROVINCE, MINISTRY)
    letters = [acceptance(number, recipients=both) for number in (1, 2)]
    for number, letter in enumerate(letters, start=1):
        await storage.envelopes.accept(letter)
        delivered = step(number, recipients=both)
        entry = replace(delivered.entry, entry_type=LogEntryType.STEP)
        await storage.envelopes.record_step(replace(delivered, entry=entry))
    await storage.envelopes.accept(acceptance(3, status_of=envelope_id(1)))
    await storage.log.sequence(limit=100)

    everything = await storage.docket.followed(-1, limit=100)
    first = await storage.docket.followed(-1, limit=2)
    rest = await storage.docket.followed(first.until, limit=100)

    assert [(one.index, one.recipient) for one in everything.arrivals] == [
        (index, recipient) for index in (1, 3) for recipient in (MINISTRY, PROVINCE)
    ]
    assert [*first.arrivals, *rest.arrivals] == list(everything.arrivals)
    assert everything.leaves[3] == step(2).entry.leaf
    assert list(everything.accepted) == [envelope_id(one) for one in (1, 2, 3)]
    assert everything.envelopes[envelope_id(3)].kind is EnvelopeKind.STATUS
    assert (first.until, list(first.accepted)) == (1, [envelope_id(1)])
    assert everything.until == 4
    for letter in letters:
        stored = letter.envelope
        found = everything.envelopes[stored.envelope_id]
        for one in fields(EnvelopeOutline):
            assert getattr(found, one.name) == getattr(stored, one.name)


async def test_envelopes_come_to_the_docket_with_all_that_it_goes_by(
    storage: Storage,
) -> None:
    plain = acceptance(1)
    matter = Matter(
        promulgated=date(2026, 11, 20),
        due_date=date(2026, 11, 30),
        paper=True,
        application="dossier",
        tasks=("a task",),
    )
    redirects = (Redirect(PROVINCE, MINISTRY),)
    envelope = replace(
        plain.envelope,
        matter=matter,
        redirects=redirects,
        urgency=2,
        business_type=BusinessType.RECALL,
    )
    await storage.envelopes.accept(replace(plain, envelope=envelope))
    await storage.log.sequence(limit=100)

    brought = await storage.docket.followed(-1, limit=1)

    found = brought.envelopes[envelope_id(1)]
    assert (found.matter, found.reached, found.urgency) == (matter, (), 2)
    assert found.business_type is BusinessType.RECALL
    assert (list(brought.arrivals), brought.leaves) == ([], {})
    none = await storage.docket.followed(brought.until, limit=9)
    assert (none.until, list(none.accepted), none.envelopes) == (0, [], {})


async def below(storage: Storage, above: OrganId) -> list[LevelTally]:
    return list(
        await storage.docket.level_tallies(
            above, first_month="2026-10", last_month="2026-11"
        )
    )


async def test_counts_are_read_in_parts_by_whom_they_are_below(
    storage: Storage,
) -> None:
    places = [
        (month, agency)
        for month in ("2026-10", "2026-11", "2026-12")
        for agency in (MINISTRY, PROVINCE, COMMUNE)
    ]
    tallies = [
        Tally(month, agency, count, number)
        for number, (month, agency) in enumerate(places, start=1)
        for count in (Count.RECEIVED, Count.SENT)
    ]
    entry = DocketEntry(before=-1, after=4, rows=[], counts=gathered(tallies, TREE))
    assert await storage.docket.enter(entry)
    query = TallyQuery(
        first_month="2026-10",
        last_month="2026-11",
        agency=PROVINCE,
        with_below=True,
        most=1,
    )
    found: list[Tally] = []
    while part := await storage.docket.tallies(query):
        assert len({(one.month, one.agency) for one in part}) == 1
        query = replace(query, after=(part[-1].month, part[-1].agency))
        found.extend(part)
    own = await storage.docket.tallies(
        TallyQuery(first_month="2026-12", last_month="2026-12", agency=PROVINCE)
    )

    assert found == sorted(
        one for one in tallies if one.month < "2026-12" and one.agency != MINISTRY
    )
    assert list(own) == sorted(
        Tally("2026-12", PROVINCE, one, 8) for one in (Count.RECEIVED, Count.SENT)
    )


async def test_sums_of_levels_grow_with_the_counts_and_stay_where_they_were(
    storage: Storage,
) -> None:
    unknown = Tally(MONTH, OrganId("A00"), Count.SENT, 5)
    sent = [
        Tally(MONTH, agency, Count.SENT, number)
        for agency, number in ((MINISTRY, 1), (PROVINCE, 2), (COMMUNE, 3))
    ]
    moved = directory([MINISTRY_ROW, PROVINCE_ROW, replace(COMMUNE_ROW, parent=None)])
    for before, tallies, tree in (
        (-1, [*sent, unknown], TREE),
        (3, [sent[2], replace(sent[2], month="2026-10")], TREE),
        (7, [sent[2]], moved),
    ):
        entry = DocketEntry(
            before=before, after=before + 4, rows=[], counts=gathered(tallies, tree)
        )
        assert await storage.docket.enter(entry)
        assert not await storage.docket.enter(entry)

    commune = [
        LevelTally("2026-10", "commune", Count.SENT, 3),
        LevelTally(MONTH, "commune", Count.SENT, 6),
    ]
    assert await below(storage, PROVINCE) == commune
    assert await below(storage, COMMUNE) == []
    assert await below(storage, EVERYBODY) == [
        commune[0],
        LevelTally(MONTH, "", Count.SENT, 5),
        LevelTally(MONTH, "central", Count.SENT, 1),
        LevelTally(MONTH, "commune", Count.SENT, 9),
        LevelTally(MONTH, "province", Count.SENT, 2),
    ]


async def test_counts_of_a_month_are_placed_anew_and_added_up(
    storage: Storage,
) -> None:
    astray = directory([MINISTRY_ROW, PROVINCE_ROW, agency(COMMUNE, Level.DISTRICT)])
    sent = [
        Tally(month, agency, Count.SENT, 2)
        for month in ("2026-10", MONTH)
        for agency in (PROVINCE, COMMUNE)
    ]
    entry = DocketEntry(before=-1, after=3, rows=[], counts=gathered(sent, astray))
    assert await storage.docket.enter(entry)
    assert await below(storage, PROVINCE) == []

    moved = await storage.docket.recount(MONTH, TREE, audit_line(7))
    again = await storage.docket.recount(MONTH, TREE, audit_line(8))

    assert (list(moved), list(again)) == ([COMMUNE], [])
    assert await below(storage, PROVINCE) == [
        LevelTally(MONTH, "commune", Count.SENT, 2)
    ]
    assert await below(storage, EVERYBODY) == [
        LevelTally("2026-10", "district", Count.SENT, 2),
        LevelTally("2026-10", "province", Count.SENT, 2),
        LevelTally(MONTH, "commune", Count.SENT, 2),
        LevelTally(MONTH, "province", Count.SENT, 2),
    ]
    province = TallyQuery(
        first_month=MONTH, last_month=MONTH, agency=PROVINCE, with_below=True
    )
    found = await storage.docket.tallies(province)
    assert [one.agency for one in found] == [PROVINCE, COMMUNE]
    assert len(await storage.audit.lines(limit=9)) == 2


async def test_rows_are_due_in_turn_and_settled_together_or_not_at_all(
    storage: Storage,
) -> None:
    await entered(storage, row(2), row(1), row(9))
    now = NOW + 3 * MINUTE

    assert list(await storage.docket.due(now=now, limit=9)) == [row(1), row(2)]
    assert list(await storage.docket.due(now=now, limit=1)) == [row(1)]

    closed = replace(row(1), next_at=None, version=1, settled=frozenset(ClockName))
    change = RowChange(before=row(1), after=closed)
    assert await storage.docket.settle([change], RECEIVED_ONCE, [audit_line(7)])
    assert list(await storage.docket.due(now=now, limit=9)) == [row(2)]
    assert (await counted(storage))[Count.RECEIVED] == 4

    await entered(storage, row(3), row(4))
    first = RowChange(before=row(3), after=replace(row(3), version=1))
    assert await storage.docket.settle([first], [], [])
    second = RowChange(before=row(4), after=replace(row(4), version=1))

    assert not await storage.docket.settle(
        [second, first], RECEIVED_ONCE, [audit_line(7)]
    )

    assert row(4) in await storage.docket.due(now=NOW + 9 * MINUTE, limit=9)
    assert len(await storage.audit.lines(limit=9)) == 1
    assert (await counted(storage))[Count.RECEIVED] == 6
    assert [one.number for one in await below(storage, EVERYBODY)] == [6]


async def test_rows_are_found_by_those_who_are_told_and_by_arrival(
    storage: Storage,
) -> None:
    await entered(storage, row(1), row(2), row(3))
    late = [
        replace(row(one), late=(LATE,), told=told, version=1)
        for one, told in ((1, (PROVINCE, COMMUNE)), (3, (PROVINCE, COMMUNE, MINISTRY)))
    ]
    changes = [
        RowChange(before=replace(one, late=(), told=(), version=0), after=one)
        for one in late
    ]
    assert await storage.docket.settle(changes, [], [])

    assert list(await storage.docket.late(None, after="", limit=9)) == late
    assert list(await storage.docket.late(COMMUNE, after="", limit=1)) == late[:1]
    key = f"{envelope_id(1)}/{PROVINCE}"
    assert list(await storage.docket.late(PROVINCE, after=key, limit=9)) == late[1:]
    assert list(await storage.docket.late(MINISTRY, after="", limit=9)) == late[1:]
    assert list(await storage.docket.late(OrganId("H01"), after="", limit=9)) == []

    same_time = replace(row(15), arrived_at=row(14).arrived_at)
    other = row(13, recipient=MINISTRY)
    await entered(storage, same_time, row(14), row(12), row(17), other)
    query = ArrivalQuery(
        recipient=PROVINCE, since=NOW + 10 * MINUTE, until=NOW + 17 * MINUTE, limit=2
    )

    first = await storage.docket.arrived(query)
    last = first[-1]
    after = (last.arrived_at, last.envelope_id)
    second = await storage.docket.arrived(replace(query, after=after))

    assert [*first, *second] == [row(12), row(14), same_time]


def number_of(number: int, taken: int, *, year: int = 2026) -> RegisterNumber:
    return RegisterNumber(
        envelope_id=envelope_id(number),
        recipient=PROVINCE,
        year=year,
        number=taken,
        recorded_at=NOW,
        recorded_by="commune.example",
    )


async def test_a_register_number_is_one_documents_in_a_year_and_sent_is_in_order(
    storage: Storage,
) -> None:
    record = storage.registers.record
    audit = audit_line(1)

    assert await record(number_of(1, 12), audit=audit)
    assert await record(number_of(1, 12), audit=audit)
    assert len(await storage.audit.lines(limit=9)) == 1
    assert not await record(number_of(2, 12), audit=audit)
    assert await record(number_of(2, 12, year=2027), audit=audit)
    assert await record(number_of(1, 13), audit=audit)
    assert len(await storage.audit.lines(limit=9)) == 3

    keys = [(envelope_id(one), PROVINCE) for one in (1, 2, 3)]
    registered = await storage.registers.numbers(keys)
    assert list(registered) == [number_of(1, 13), number_of(2, 12, year=2027)]
    assert list(await storage.registers.numbers([])) == []

    for number in (3, 1, 2):
        await storage.envelopes.accept(_dated(number))
    query = SendingQuery(
        sender=COMMUNE,
        since=NOW + timedelta(milliseconds=1),
        until=NOW + timedelta(milliseconds=3),
        limit=2,
    )

    seen: list[str] = []
    while found := await storage.registers.sent(query):
        seen.extend(one.message_id for one in found)
        query = replace(query, after=found[-1].envelope_id)

    assert seen == ["message-1", "message-2"]
    since_ever = datetime(1, 1, 2, tzinfo=UTC)
    until_ever = datetime(9999, 12, 31, tzinfo=UTC)
    whole = replace(query, since=since_ever, until=until_ever, after=None, limit=9)
    assert len(await storage.registers.sent(whole)) == 3


def _dated(number: int) -> Acceptance:
    """Return an acceptance whose id tells its time, as the hub's ids do."""
    made = acceptance(number)
    dated = EnvelopeId(MonotonicIds().new(made.envelope.accepted_at))
    return replace(made, envelope=replace(made.envelope, envelope_id=dated))
