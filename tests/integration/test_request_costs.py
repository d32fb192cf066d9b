"""How often a request asks the database; MongoDB tells."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from exchange.directory_cache import DirectoryCache
from exchange.domain.records import DeliveryUpdate, Envelope
from exchange.errors import ExchangeError
from exchange.storage.mongo.driver import Database, open_client, open_database
from exchange.storage.mongo.store import MongoStorage, open_mongo_storage
from exchange.storage.ports import Purge
from exchange.usecases.read_inbox import InboxPage, ReadInbox, read_inbox
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentId
from schemas.vocabulary import DeliveryState, StatusCode
from tests.support.conversations import delivery, read, report, take, trace
from tests.support.pki import NOW
from tests.support.profiled import profiled
from tests.support.stored import step
from tests.support.world import FAR_COMMUNE, PROVINCE, World, make_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

STEP = {"insert receipts": 1, "insert log_pending": 1, "insert audit": 1}
"""What every step writes."""

ENVELOPE = {"insert envelopes": 1, "insert deliveries": 1}
"""What every envelope writes besides its traces."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A world on MongoDB whose process believes the directory, and its database."""

    world: World
    database: Database
    numbers: Counter[str]

    async def letter(self) -> Envelope:
        """A letter that has arrived."""
        self.numbers["letter"] += 1
        named = DocumentId(f"H99.151,2026/11/20,{self.numbers['letter']}/UBND")
        sent = await self.world.send(self.world.document(document_id=named))
        await self.world.deliver()
        return sent.envelope

    async def cost(self, asked: Awaitable[object]) -> dict[str, int]:
        """How often what is asked of which collection, but who calls."""
        async with profiled(self.database) as work:
            await asked
        return {one: n for one, n in work.commands.items() if one != "query systems"}


async def inbox(world: World) -> InboxPage:
    caller = await world.caller("qlvb-h99")
    command = ReadInbox(caller=caller, agency=PROVINCE, wait_seconds=5)
    return await read_inbox(world.services, command)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(mongod_uri: str) -> AsyncIterator[Hub]:
    client = open_client(mongod_uri, patience_seconds=10.0)
    database = open_database(client, "request_costs")
    storage = await open_mongo_storage(mongod_uri, database=database.name)
    world = await make_world(storage=storage)
    believing = DirectoryCache(believed_seconds=3600)
    services = replace(world.services, directory=believing)
    yield Hub(replace(world, services=services), database, Counter())
    await storage.close()
    await client.drop_database(database.name)
    client.close()


async def test_acknowledgement_looks_once_and_changes_once(hub: Hub) -> None:
    letter = await hub.letter()
    cost = await hub.cost(take(hub.world, letter))
    assert cost == {"query deliveries": 1, **STEP, "update deliveries": 1}
    stored = await delivery(hub.world, letter)
    assert (stored.state, stored.status) == (
        DeliveryState.ACKNOWLEDGED,
        StatusCode.ARRIVED,
    )


async def test_acknowledgement_once_more_writes_nothing(hub: Hub) -> None:
    letter = await hub.letter()
    await take(hub.world, letter)
    cost = await hub.cost(take(hub.world, letter))
    assert cost == {"query deliveries": 1, "query receipts": 1}


async def test_status_looks_once_and_changes_once(hub: Hub) -> None:
    letter = await hub.letter()
    cost = await hub.cost(report(hub.world, letter, StatusCode.REGISTERED))
    assert cost == {"query deliveries": 1, **ENVELOPE, **STEP, "update deliveries": 1}


async def test_status_once_more_writes_nothing(hub: Hub) -> None:
    letter = await hub.letter()
    await report(hub.world, letter, StatusCode.REGISTERED)
    cost = await hub.cost(report(hub.world, letter, StatusCode.REGISTERED))
    assert cost == {"query deliveries": 1, "query receipts": 1}


async def test_poll_that_finds_mail_looks_once(hub: Hub) -> None:
    await hub.letter()
    assert await hub.cost(inbox(hub.world)) == {"query deliveries": 1}


async def test_reading_looks_at_the_envelope_once_with_its_body(hub: Hub) -> None:
    letter = await hub.letter()
    looks = {"query deliveries": 1, "query envelopes": 1, "insert audit": 1}
    opening = {**looks, "update deliveries": 1}
    assert await hub.cost(read(hub.world, letter)) == opening
    assert await hub.cost(read(hub.world, letter)) == looks


async def test_sending_looks_for_either_name_of_the_document(hub: Hub) -> None:
    sending = hub.world.send(hub.world.document(document_id=DocumentId("một mình")))
    traces = {"insert log_pending": 1, "insert audit": 1}
    assert await hub.cost(sending) == {"query envelopes": 2, **ENVELOPE, **traces}


async def test_superior_acknowledges_its_own_without_looking_at_the_others(
    hub: Hub,
) -> None:
    reached = (PROVINCE, FAR_COMMUNE)
    recipients = tuple(Organisation(organ_id=one) for one in reached)
    document = hub.world.document(
        document_id=DocumentId("cho cả tỉnh"), recipients=recipients
    )
    letter = (await hub.world.send(document)).envelope
    await hub.world.deliver()
    async with profiled(hub.database) as work:
        await take(hub.world, letter)
    read = (one for one in work.queries if one.collection == "deliveries")
    assert max(one.returned for one in read) == 1
    assert len((await trace(hub.world, letter, PROVINCE)).deliveries) == 2


async def test_body_that_another_process_purged_is_not_handed_out(
    hub: Hub, mongod_uri: str
) -> None:
    letter = await hub.letter()
    assert await read(hub.world, letter)
    other = await open_mongo_storage(mongod_uri, database=hub.database.name)
    await other.retention.purge(await purge_of_letter(other, letter))
    await other.close()
    known = await hub.world.services.storage.envelopes.known_envelope(
        letter.envelope_id
    )
    assert known == letter
    with pytest.raises(ExchangeError) as refused:
        await read(hub.world, letter)
    assert refused.value.code is ErrorCode.PAYLOAD_PURGED
    shown = await trace(hub.world, letter, PROVINCE)
    assert shown.envelope.purged_at == NOW


async def purge_of_letter(storage: MongoStorage, letter: Envelope) -> Purge:
    deliveries = await storage.envelopes.deliveries(letter.envelope_id)
    record = step(1, "purged", recipients=(), before=(), after=None)
    record = replace(
        record,
        receipt=replace(record.receipt, envelope_id=letter.envelope_id),
        updates=tuple(DeliveryUpdate(one, one) for one in deliveries),
    )
    return Purge(envelope_id=letter.envelope_id, step=record, at=NOW)
