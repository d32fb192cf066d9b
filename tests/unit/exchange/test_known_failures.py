"""Failures that other exchanges of documents are known for (docs/failures.md)."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import pytest

from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
    prepare_document,
)
from exchange.domain.log_entries import LogLeaf
from exchange.domain.records import Delivery, Envelope
from exchange.domain.retention import RetentionPolicy
from exchange.errors import ExchangeError, StateConflictError
from exchange.evidence.bundle import build_bundle
from exchange.storage.memory import MemoryStorage
from exchange.usecases.acknowledge_delivery import (
    AcknowledgeDelivery,
    SignedStep,
    acknowledge_delivery,
)
from exchange.usecases.audit_log import audit_log
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence
from exchange.usecases.purge_bodies import Purging, purge_bodies
from exchange.usecases.read_attachment import (
    ReadAttachment,
    find_attachment,
    read_attachment,
)
from exchange.usecases.tending import settle_failed
from schemas.edxml.document import Attachment
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import SystemId
from schemas.vocabulary import DeliveryState, Step, TransportAcknowledgement
from schemas.xml import parse
from signing.xmldsig.verify import verify_envelope
from tests.support.bodies import scan
from tests.support.stored import acceptance
from tests.support.world import (
    PROVINCE,
    World,
    edxml_document,
    make_world,
    note,
)

DONE = TransportAcknowledgement.DONE
FAIL = TransportAcknowledgement.FAIL


@pytest.fixture
async def world() -> World:
    return await make_world()


async def say(
    world: World, envelope: Envelope, state: TransportAcknowledgement
) -> None:
    said = Acknowledgement(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId("qlvb-h99"),
        state=state,
    )
    now = world.services.now()
    command = AcknowledgeDelivery(
        caller=await world.caller("qlvb-h99"),
        envelope_id=envelope.envelope_id,
        agency=PROVINCE,
        said=SignedStep(
            prepare_acknowledgement(said, credential=world.province, at=now)
        ),
    )
    await acknowledge_delivery(world.services, command)


async def delivery(world: World, envelope: Envelope) -> Delivery:
    found = await world.services.storage.envelopes.delivery(
        envelope.envelope_id, PROVINCE
    )
    assert found is not None
    return found


async def steps(world: World, envelope: Envelope) -> list[Step]:
    receipts = await world.services.storage.envelopes.receipts(envelope.envelope_id)
    return [one.step for one in receipts]


async def contents(world: World, envelope: Envelope) -> list[bytes]:
    """What a recipient gets of every attachment."""
    caller = await world.caller("qlvb-h99")
    found = []
    for one in envelope.attachments:
        command = ReadAttachment(
            caller=caller, envelope_id=envelope.envelope_id, number=one.number
        )
        wanted = await find_attachment(world.services, command)
        pieces = read_attachment(world.services, wanted)
        found.append(b"".join([piece async for piece in pieces]))
    return found


def move_all(world: World, state: DeliveryState) -> None:
    tables = world.services.storage.envelopes._tables  # type: ignore[attr-defined]  # the memory form
    for key, one in tables.deliveries.items():
        tables.deliveries[key] = replace(one, state=state)


def many(count: int) -> tuple[Attachment, ...]:
    return tuple(
        note(f"nội dung {number}".encode(), number=number)
        for number in range(1, count + 1)
    )


@pytest.mark.parametrize("count", [0, 1, 28, 29, 100, 1000])
async def test_every_attachment_arrives_as_itself_however_many(
    world: World, count: int
) -> None:
    attachments = many(count)

    envelope = (await world.send(world.document(*attachments))).envelope
    await world.deliver()

    assert [one.content_sha256 for one in envelope.attachments] == [
        sha256(one.content).hexdigest() for one in attachments
    ]
    assert await contents(world, envelope) == [one.content for one in attachments]
    # What the recipient gets holds to the sender's signature, attachment by attachment.
    pieces = world.services.storage.envelopes.read_body(envelope.envelope_id)
    body = b"".join([one async for one in pieces])
    scanned = scan(envelope.content_type, body)
    digests = {
        one.content_id: bytes.fromhex(one.carried_sha256) for one in scanned.attachments
    }
    verified = verify_envelope(parse(scanned.xml), attachments=digests)
    assert len(digests) == count
    assert verified.certificate == world.commune.certificate


async def test_one_attachment_more_than_may_be_is_refused_by_name(
    world: World,
) -> None:
    with pytest.raises(CodedError) as caught:
        await world.send(world.document(*many(1001)))

    assert caught.value.code is ErrorCode.ATTACHMENT_COUNT_EXCEEDED
    assert list(await world.services.storage.envelopes.to_check(limit=9)) == []


def unlawful(world: World, good: Message) -> Message:
    """Another message under the id of `good`, signed by a system of others."""
    forged = prepare_document(
        edxml_document(), (), credential=world.ministry, at=world.clock.now
    )
    return replace(forged, message_id=good.message_id)


async def test_refused_message_sent_again_is_refused_again(world: World) -> None:
    refused = unlawful(world, world.document())
    found = []
    for _ in range(2):
        with pytest.raises(CodedError) as caught:
            await world.send(refused)
        found.append(caught.value.code)

    assert found == [ErrorCode.SIGNER_NOT_OF_SENDER] * 2
    assert list(await world.services.storage.envelopes.to_check(limit=9)) == []


async def test_id_of_a_refused_message_is_free_for_the_corrected_one(
    world: World,
) -> None:
    good = world.document()
    with pytest.raises(CodedError):
        await world.send(unlawful(world, good))

    accepted = await world.send(good)
    again = await world.send(good)

    assert not accepted.repeated
    assert again.repeated
    assert again.envelope.receipt == accepted.envelope.receipt


async def test_repeat_of_what_was_quarantined_delivers_nothing(world: World) -> None:
    message = world.document(note(b"x"))
    accepted = await world.send(message)
    await world.deliver()
    move_all(world, DeliveryState.QUARANTINED)

    again = await world.send(message)
    await world.deliver()

    assert again.repeated
    assert again.envelope.receipt == accepted.envelope.receipt
    assert (await delivery(world, again.envelope)).state is DeliveryState.QUARANTINED
    with pytest.raises(ExchangeError):
        await contents(world, again.envelope)


@pytest.mark.parametrize(
    "later", [{"minutes": 11}, {"days": 1}, {"days": 365}], ids=["11min", "1d", "1y"]
)
async def test_repeat_however_late_is_the_first_receipt(
    world: World, later: dict[str, float]
) -> None:
    message = world.document()
    first = await world.send(message)
    world.clock.move(**later)
    world.trust.refresh()

    again = await world.send(message)

    assert again.repeated
    assert again.envelope.receipt == first.envelope.receipt


async def failed(world: World) -> Envelope:
    envelope = (await world.sent()).envelope
    await say(world, envelope, FAIL)
    world.clock.move(seconds=21)
    return envelope


async def test_receipt_within_the_retry_tick_ends_it(world: World) -> None:
    envelope = await failed(world)
    deliveries = world.services.storage.deliveries
    [due] = await deliveries.due_again(now=world.clock.now, limit=9)
    await settle_failed(world.services, due)
    await say(world, envelope, DONE)

    # Another process that looked before all that comes too late with its tick.
    with pytest.raises(StateConflictError):
        await settle_failed(world.services, due)

    assert (await delivery(world, envelope)).state is DeliveryState.ACKNOWLEDGED
    assert (await steps(world, envelope))[-2:] == [Step.TAKEN, Step.ARRIVED]


async def test_log_is_audited_in_pieces_of_bounded_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage, asked = MemoryStorage(), []
    for number in range(9):
        await storage.envelopes.accept(acceptance(number))
    await storage.log.sequence(limit=100)
    inner = storage.log.leaves

    async def leaves(first: int, *, limit: int) -> tuple[LogLeaf, ...]:
        asked.append(limit)
        # As if no more fitted into one piece.
        return tuple(await inner(first, limit=min(limit, 2)))

    monkeypatch.setattr(storage.log, "leaves", leaves)

    audited = await audit_log(storage)

    assert audited.size == 9
    assert len(asked) == 5
    assert max(asked) <= 5_000


async def test_evidence_has_the_same_members_each_time(world: World) -> None:
    envelope = (await world.sent(note(b"x"))).envelope
    command = CollectEvidence(
        caller=await world.caller("qlvb-h99-151"), envelope_id=envelope.envelope_id
    )

    bundles = []
    for _ in range(2):
        evidence = await collect_evidence(world.services, command)
        bundles.append(members(await build_bundle(world.services, evidence)))

    # Signed anew each time, and ECDSA is not deterministic.
    signed = {"manifest.xml", "log/head.xml"}
    first, second = bundles
    assert list(first) == list(second)
    assert {name for name in first if first[name] != second[name]} <= signed
    assert first.keys() > signed


def members(bundle: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(bundle)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


async def test_purging_that_was_cut_off_goes_on_with_what_is_left(
    world: World,
) -> None:
    envelopes = [
        (await world.sent(note(f"{number}".encode()))).envelope for number in range(3)
    ]
    move_all(world, DeliveryState.ACKNOWLEDGED)
    world.clock.move(days=3653)
    purging = Purging(policy=RetentionPolicy(years=10))

    found = purge_bodies(world.services, purging)
    assert isinstance(found, AsyncGenerator)
    first = await anext(found)
    await found.aclose()
    rest = [one async for one in purge_bodies(world.services, purging)]

    assert {first.envelope_id, *(one.envelope_id for one in rest)} == {
        one.envelope_id for one in envelopes
    }
    assert len(rest) == 2
    for one in envelopes:
        assert (await steps(world, one)).count(Step.PURGED) == 1
