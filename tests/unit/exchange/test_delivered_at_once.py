"""What has nothing to check is delivered with its acceptance, as if it had waited."""

from dataclasses import replace
from pathlib import Path

import pytest

from exchange.delivery.sequencer import Sequencer
from exchange.domain.records import Envelope
from exchange.malware_scanner import ClamdScanner
from exchange.settings.scanner import ScannerSettings
from exchange.usecases.read_inbox import ReadInbox, read_inbox
from pki.enveloped.content import MEDIA_TYPE
from schemas.edxml.document import Attachment, OtherInfo
from schemas.identifiers import EnvelopeId
from schemas.receipt import StepReceipt, read_receipt
from schemas.vocabulary import DeliveryState, Urgency
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.small_pdf import small_pdf
from tests.support.world import (
    PROVINCE,
    World,
    attachment,
    make_world,
    note,
)

ANY_ENVELOPE = EnvelopeId("")
SEALED = replace(note(b"sealed"), name="thư.p7m", content_type=MEDIA_TYPE)


def at_once(world: World, **changes: object) -> World:
    services = replace(world.services, delivers_at_once=True, **changes)  # type: ignore[arg-type]  # by field name
    return replace(world, services=services)


async def send(world: World, *attachments: Attachment) -> Envelope:
    urgent = OtherInfo(priority=Urgency.URGENT)
    document = world.document(*attachments, other=urgent)
    return (await world.send(document)).envelope


async def waits(world: World) -> bool:
    return bool(await world.services.storage.envelopes.to_check(limit=9))


async def left_by(world: World, envelope: Envelope) -> list[object]:
    """All that storage has of an envelope, but for what is drawn or signed."""
    storage, one = world.services.storage, envelope.envelope_id
    deliveries = await storage.envelopes.deliveries(one)
    entries = await storage.log.entries_of(one)
    audited = await storage.audit.lines(limit=9)
    return [
        [replace(each, envelope_id=ANY_ENVELOPE) for each in deliveries],
        [
            replace(each.entry, entry_id="", envelope_id=ANY_ENVELOPE, leaf=b"")
            for each in entries
        ],
        [(each.event, each.actor, each.at, each.code) for each in audited],
        [stated(each.content) for each in await storage.envelopes.receipts(one)],
    ]


def stated(content: bytes) -> StepReceipt:
    read = read_receipt(verify_receipt(parse(content)).content)
    assert isinstance(read, StepReceipt)
    return replace(read, envelope_id=ANY_ENVELOPE, body_sha256="")


@pytest.mark.parametrize(
    "attachments", [(), (note(b"1"), note(b"2", number=2)), (SEALED,)], ids=len
)
async def test_document_leaves_the_same_whether_it_waits_or_not(
    attachments: tuple[Attachment, ...],
) -> None:
    waiting = await make_world()
    ahead = at_once(await make_world())
    sent = [await send(world, *attachments) for world in (waiting, ahead)]

    assert (await waits(waiting), await waits(ahead)) == (True, False)
    await waiting.deliver()
    await Sequencer(ahead.services, owner="test").sequence_waiting()

    one, other = [
        await left_by(world, envelope)
        for world, envelope in zip((waiting, ahead), sent, strict=True)
    ]
    assert one == other


async def test_it_is_in_the_inbox_without_a_check() -> None:
    world = at_once(await make_world())
    envelope = await send(world, note(b"x"))
    await Sequencer(world.services, owner="test").sequence_waiting()
    asked = ReadInbox(caller=await world.caller("qlvb-h99"), agency=PROVINCE)
    page = await read_inbox(world.services, asked)
    assert [one.envelope.envelope_id for one in page.items] == [envelope.envelope_id]


async def test_pdf_is_checked_first() -> None:
    world = at_once(await make_world())
    envelope = await send(world, note(b"x"), attachment(small_pdf(), number=2))
    found = await world.services.storage.envelopes.deliveries(envelope.envelope_id)
    assert {one.state for one in found} == {DeliveryState.ACCEPTED}
    assert await waits(world)


async def test_everything_is_checked_first_where_malware_is_looked_for(
    tmp_path: Path,
) -> None:
    scanner = ClamdScanner(ScannerSettings(address=f"unix:{tmp_path / 'clamd'}"))
    world = at_once(await make_world(), scanner=scanner)
    await send(world, note(b"x"))
    assert await waits(world)


async def test_what_was_sent_again_is_delivered_once() -> None:
    world = at_once(await make_world())
    message = world.document(note(b"x"))
    first = await world.send(message)
    again = await world.send(message)
    envelopes = world.services.storage.envelopes
    assert again.repeated
    assert again.envelope.receipt == first.envelope.receipt
    assert len(await envelopes.receipts(first.envelope.envelope_id)) == 1
