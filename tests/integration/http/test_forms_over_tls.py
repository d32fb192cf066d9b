"""Recipients take an envelope in the form they read; the signature holds in both."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clients.messages import Message, prepare_document
from schemas.edxml.body import BodyScanner, decode_attachment
from schemas.edxml.document import Attachment
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.scanned import ScannedBody
from schemas.xml import parse
from signing.xmldsig.verify import verify_envelope
from tests.support.hub import Answer, Hub, running_hub
from tests.support.signed_pdf import LETTER
from tests.support.world import PROVINCE, attachment, edxml_document, make_world, note

MULTIPART, XML = "multipart/related", "application/xml"
ENVELOPE = re.compile(rb"<(\w+:)?edXMLEnvelope.*</(\w+:)?edXMLEnvelope>", re.DOTALL)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


def attachments() -> tuple[Attachment, ...]:
    return attachment(LETTER.read_bytes()), note(os.urandom(1_500_001), number=2)


def inline(message: Message, carried: tuple[Attachment, ...]) -> Message:
    """The same signed envelope with its attachments in base64."""
    xml = scanned(message.content_type, message.body).xml
    body = with_inline_attachments(xml, carried, zipped=False)
    return Message(message_id=message.message_id, content_type=XML, body=body)


def scanned(content_type: str, body: bytes) -> ScannedBody:
    scanner = BodyScanner(content_type)
    scanner.feed(body)
    return scanner.finish()


async def fetched(hub: Hub, location: str, accept: str) -> Answer:
    headers = {"Accept": accept} if accept else {}
    return await hub.call("GET", location, by=hub.world.province, headers=headers)


async def delivered(hub: Hub, message: Message) -> str:
    answer = await hub.post(message, by=hub.world.commune)
    assert answer.status == 201, answer.body
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=hub.world.province)
    return answer.headers["Location"]


@pytest.mark.parametrize("sent", [MULTIPART, XML], ids=["parts", "inline"])
async def test_signature_and_contents_hold_in_the_other_form(
    hub: Hub, sent: str
) -> None:
    carried = attachments()
    message = hub.world.document(*carried)
    if sent == XML:
        message = inline(message, carried)
    location = await delivered(hub, message)

    answer = await fetched(hub, location, XML if sent == MULTIPART else MULTIPART)

    found = scanned(answer.headers["Content-Type"], answer.body)
    before = scanned(message.content_type, message.body)
    digests = {
        one.content_id: bytes.fromhex(one.carried_sha256) for one in found.attachments
    }
    contents = [
        b"".join(decode_attachment(one, [answer.body[one.offset :][: one.length]]))
        for one in found.attachments
    ]
    assert not answer.headers["Content-Type"].startswith(sent)
    assert contents == [one.content for one in carried]
    verify_envelope(parse(found.xml), attachments=digests)
    kept, was = ENVELOPE.search(found.xml), ENVELOPE.search(before.xml)
    assert kept is not None
    assert was is not None
    assert kept[0] == was[0]


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", MULTIPART, f"{XML};q=0", "text/html", f"{MULTIPART}, {XML}"],
    ids=["none", "any", "own", "not the other", "neither", "own first"],
)
async def test_envelope_comes_as_it_was_sent_unless_the_other_form_is_wished(
    hub: Hub, accept: str
) -> None:
    message = hub.world.document(note(b"content"))
    location = await delivered(hub, message)

    answer = await fetched(hub, location, accept)

    assert answer.body == message.body
    assert answer.headers["Lienthong-Body-Sha256"] == message.body_sha256


async def test_envelope_without_attachments_has_both_forms(hub: Hub) -> None:
    message = prepare_document(
        edxml_document(), (), credential=hub.world.commune, at=hub.world.clock.now
    )
    location = await delivered(hub, message)

    answer = await fetched(hub, location, XML)

    assert answer.headers["Content-Type"] == XML
    found = scanned(XML, answer.body)
    verify_envelope(parse(found.xml), attachments={})
    assert not found.attachments
