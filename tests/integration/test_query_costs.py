"""Every list looks at about what it shows, however much is stored; MongoDB tells."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from exchange.domain.notices import NoticeChannel, NoticeState
from exchange.domain.stuck import TRANSIENT_STATES
from exchange.storage.mongo.driver import Database, open_client, open_database
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.ports import (
    ArrivalQuery,
    AuditQuery,
    DeliveryQuery,
    DocumentQuery,
    NoticeClaim,
    NoticeQuery,
    SendingQuery,
    SentQuery,
    TallyQuery,
)
from exchange.usecases.look_after_deliveries import WATCHED
from schemas.identifiers import DocumentId, EnvelopeId, OrganId
from schemas.vocabulary import AuditEvent, DeliveryState
from tests.support.loaded_notices import (
    LEFT_ALONE,
    endpoint,
    load_accepted_bodies,
    load_notices,
)
from tests.support.loading import load
from tests.support.pki import NOW
from tests.support.places import id_at
from tests.support.profiled import profiled
from tests.support.world import COMMUNE, PROVINCE

pytestmark = pytest.mark.asyncio(loop_scope="module")

STORED = 2_000
PAGE = 20
MIDDLE = id_at(STORED // 2, STORED)
A_MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=400)
COUNTED = TallyQuery(
    first_month=f"{NOW:%Y}-01",
    last_month=f"{NOW:%Y}-12",
    agency=PROVINCE,
    with_below=True,
    most=PAGE,
)

Look = Callable[[MongoStorage], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, by its ports and from outside."""

    storage: MongoStorage
    database: Database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loaded(mongod_uri: str) -> AsyncIterator[Loaded]:
    client = open_client(mongod_uri, patience_seconds=10.0)
    database = open_database(client, "query_costs")
    try:
        await load(database, STORED)
        await load_notices(database, STORED)
        await load_accepted_bodies(database, STORED)
        storage = await open_mongo_storage(mongod_uri, database=database.name)
        yield Loaded(storage, database)
        await storage.close()
        await client.drop_database(database.name)
    finally:
        client.close()


def deliveries(*states: DeliveryState, after: str = "") -> DeliveryQuery:
    return DeliveryQuery(states=states, after=after, limit=PAGE)


LOOKS: dict[str, Look] = {
    "inbox of a system": lambda one: one.envelopes.inbox(
        [PROVINCE], after=STORED, limit=PAGE
    ),
    "inbox of people": lambda one: one.mailboxes.arrived(
        PROVINCE, before=None, limit=PAGE
    ),
    "inbox of people, deep": lambda one: one.mailboxes.arrived(
        PROVINCE, before=STORED, limit=PAGE
    ),
    "outbox": lambda one: one.mailboxes.sent(
        SentQuery(sender=COMMUNE, before=None, limit=PAGE)
    ),
    "outbox, deep": lambda one: one.mailboxes.sent(
        SentQuery(sender=COMMUNE, before=MIDDLE, limit=PAGE)
    ),
    "states of what was sent": lambda one: one.mailboxes.states(
        [id_at(place, STORED) for place in range(PAGE)]
    ),
    "what a sender follows": lambda one: one.deliveries.find(
        DeliveryQuery(states=[DeliveryState.AVAILABLE], sender=COMMUNE, limit=PAGE)
    ),
    "dead letters": lambda one: one.deliveries.find(
        deliveries(DeliveryState.DEAD_LETTER)
    ),
    "failed, deep": lambda one: one.deliveries.find(
        deliveries(DeliveryState.FAILED, after=MIDDLE)
    ),
    "untaken": lambda one: one.deliveries.find(deliveries(DeliveryState.AVAILABLE)),
    "stuck": lambda one: one.deliveries.find(deliveries(*TRANSIENT_STATES)),
    "counts of states": lambda one: one.deliveries.counts(
        [deliveries(state) for state in WATCHED]
    ),
    "count of what waits for a recipient": lambda one: one.deliveries.counts(
        [
            DeliveryQuery(
                states=[DeliveryState.AVAILABLE, DeliveryState.LEASED],
                recipient=PROVINCE,
                limit=PAGE,
            )
        ]
    ),
    "what waits for its check": lambda one: one.envelopes.to_check(limit=PAGE),
    "what is urgent of it": lambda one: one.envelopes.to_check(limit=PAGE, urgent=True),
    "what is due again": lambda one: one.deliveries.due_again(
        now=NOW + timedelta(days=4000), limit=PAGE
    ),
    "leases that ended": lambda one: one.deliveries.end_leases(now=NOW),
    "late to an agency": lambda one: one.docket.late(PROVINCE, after="", limit=PAGE),
    "late to anybody": lambda one: one.docket.late(None, after=MIDDLE, limit=PAGE),
    "due in the docket": lambda one: one.docket.due(now=NOW, limit=PAGE),
    "register of arrivals": lambda one: one.docket.arrived(
        ArrivalQuery(recipient=PROVINCE, since=LONG_AGO, until=NOW, limit=PAGE)
    ),
    "register of sendings": lambda one: one.registers.sent(
        SendingQuery(sender=COMMUNE, since=LONG_AGO, until=NOW, limit=PAGE)
    ),
    "counts of all": lambda one: one.docket.tallies(replace(COUNTED, agency=None)),
    "counts of a province": lambda one: one.docket.tallies(COUNTED),
    "counts of a province, deep": lambda one: one.docket.tallies(
        replace(COUNTED, after=(f"{NOW:%Y-%m}", OrganId("H98.2000")))
    ),
    "counts of one agency": lambda one: one.docket.tallies(
        replace(COUNTED, with_below=False)
    ),
    "counts by level": lambda one: one.docket.level_tallies(
        PROVINCE, first_month=COUNTED.first_month, last_month=COUNTED.last_month
    ),
    "audit": lambda one: one.audit.search(AuditQuery(limit=PAGE)),
    "audit of an event": lambda one: one.audit.search(
        AuditQuery(event=AuditEvent.ENVELOPE_ACCEPTED, limit=PAGE)
    ),
    "audit of an actor": lambda one: one.audit.search(
        AuditQuery(actor=f"qlvb-{COMMUNE.lower()}", limit=PAGE)
    ),
    "audit of a subject": lambda one: one.audit.search(
        AuditQuery(subject=MIDDLE, limit=PAGE)
    ),
    "audit until a time": lambda one: one.audit.search(
        AuditQuery(until=NOW - timedelta(hours=1), limit=PAGE)
    ),
    "notices given up": lambda one: one.notices.find(
        NoticeQuery(state=NoticeState.DEAD_LETTER, limit=PAGE)
    ),
    "notices of one endpoint that were sent": lambda one: one.notices.find(
        NoticeQuery(state=NoticeState.SENT, subscription_id=endpoint(1), limit=PAGE)
    ),
    "notices of one endpoint given up": lambda one: one.notices.find(
        NoticeQuery(
            state=NoticeState.DEAD_LETTER, subscription_id=endpoint(1), limit=PAGE
        )
    ),
    "bodies that nothing claimed": lambda one: one.envelopes.drop_orphans(
        before=NOW + timedelta(days=1)
    ),
    "documents of a name": lambda one: one.documents.sent_as(
        DocumentQuery(sender=COMMUNE, document_id=DocumentId("?"), code="?", year=2026),
        limit=PAGE,
    ),
    "whether a name is new": lambda one: one.documents.first_new(
        DocumentQuery(sender=COMMUNE, document_id=DocumentId("?"), code="?", year=2026)
    ),
    "what is tied to an envelope": lambda one: one.documents.linked_to(
        MIDDLE, shown_to=[COMMUNE], limit=PAGE
    ),
    "reports on an envelope": lambda one: one.envelopes.statuses_of(MIDDLE),
    "log entries of an envelope": lambda one: one.log.entries_of(MIDDLE),
    "bodies that may go": lambda one: one.retention.kept(
        after=EnvelopeId(""), before=NOW, limit=PAGE
    ),
    "bodies that may go, of which none is so old": lambda one: one.retention.kept(
        after=EnvelopeId(""), before=LONG_AGO, limit=PAGE
    ),
}


@pytest.mark.parametrize("name", LOOKS)
async def test_list_looks_at_about_what_it_shows(loaded: Loaded, name: str) -> None:
    async with profiled(loaded.database) as work:
        await LOOKS[name](loaded.storage)
    assert work.queries
    for one in work.queries:
        # What is returned whole may be sorted; what a page is taken from may not.
        assert not one.sorts or one.examined <= one.returned, one
        assert "COLLSCAN" not in one.plan, one
        assert one.examined <= 4 * PAGE, one


@pytest.mark.parametrize("only", [None, endpoint(2)], ids=["any", "one endpoint"])
async def test_notices_of_an_endpoint_left_alone_cost_a_claim_nothing(
    loaded: Loaded, only: str | None
) -> None:
    claim = NoticeClaim(
        owner="one",
        until=NOW + timedelta(minutes=2),
        channels=tuple(NoticeChannel),
        barred=(LEFT_ALONE,),
        only=only,
    )

    notices, now = loaded.storage.notices, NOW + timedelta(minutes=1)
    async with profiled(loaded.database) as work:
        is_due = await notices.any_due(now=now)
        claimed = await notices.claim(claim, now=now)

    assert is_due
    assert claimed is not None
    assert claimed.subscription_id == (only or endpoint(0))
    assert work.examined <= 4 * PAGE, work.queries


async def test_bodies_that_went_are_passed_by_once(loaded: Loaded) -> None:
    first = {"_id": {"$lt": id_at(STORED // 4, STORED)}}
    await loaded.database["envelopes"].update_many(first, {"$set": {"purged_at": NOW}})
    examined = []
    for _ in range(2):
        async with profiled(loaded.database) as work:
            found = await loaded.storage.retention.kept(
                after=EnvelopeId(""), before=NOW, limit=PAGE
            )
        assert found[0].envelope_id == id_at(STORED // 4, STORED)
        examined.append(work.examined)
    assert examined[1] <= 2 * PAGE < STORED // 4 <= examined[0]


async def test_what_failed_and_is_not_due_is_not_looked_at(loaded: Loaded) -> None:
    later = {"state": "failed", "retry": {"failures": 1, "retry_at": NOW + A_MINUTE}}
    first = {"envelope": {"$lt": id_at(STORED // 4, STORED)}}
    await loaded.database["deliveries"].update_many(first, {"$set": later})
    async with profiled(loaded.database) as work:
        assert not await loaded.storage.deliveries.due_again(now=NOW, limit=PAGE)
    assert work.queries
    assert work.examined <= PAGE, work.queries


async def test_scan_is_told_as_such(loaded: Loaded) -> None:
    """The measure of the other tests is not blind."""
    async with profiled(loaded.database) as work:
        await loaded.database["envelopes"].find_one({"subject": "?"})
    (one,) = work.queries
    assert (one.plan, one.examined) == ("COLLSCAN", STORED)
