"""A body in its other form says what it said, to any reader, or is not converted."""

import base64
from email import message_from_bytes
from email.message import Message

import pytest

from schemas.edxml.content_type import MULTIPART
from schemas.edxml.converting import XML, converted
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.multipart import ENVELOPE_CONTENT_ID, encode
from schemas.edxml.scanned import BASE64, ScannedAttachment, ScannedBody
from schemas.errors import ErrorCode, SchemaError
from tests.support.bodies import INLINE, attachment, envelope, scan

TWO = (attachment("one"), attachment("two", name='a "b".bin', content=b"\r\n--"))


def carried(body: bytes, one: ScannedAttachment) -> bytes:
    raw = body[one.offset : one.offset + one.length]
    return base64.b64decode(raw) if one.decoding == BASE64 else raw


def other_form(body: bytes, scanned: ScannedBody, form: str) -> tuple[str, bytes]:
    plan = converted(scanned, form)
    assert plan is not None
    pieces = [
        piece
        if isinstance(piece, bytes)
        else base64.b64encode(carried(body, piece))
        if plan.in_base64
        else carried(body, piece)
        for piece in plan.pieces
    ]
    return plan.content_type, b"".join(pieces)


def told(scanned: ScannedBody) -> list[tuple[str, str, str]]:
    return [
        (one.content_id, one.carried_sha256, one.content_sha256)
        for one in scanned.attachments
    ]


@pytest.mark.parametrize("zipped", [True, False])
def test_inline_body_says_the_same_in_parts_and_back(zipped: bool) -> None:
    body = with_inline_attachments(envelope(*TWO), TWO, zipped=zipped)
    scanned = scan(INLINE, body)
    content_type, parts = other_form(body, scanned, MULTIPART)
    again = scan(content_type, parts)
    assert told(again) == told(scanned)
    _, inline = other_form(parts, again, XML)
    assert told(scan(INLINE, inline)) == told(scanned)


def test_parts_of_a_converted_body_have_names_of_their_own() -> None:
    body = with_inline_attachments(envelope(*TWO), TWO)
    content_type, parts = other_form(body, scan(INLINE, body), MULTIPART)
    header = f"Content-Type: {content_type}\r\n\r\n".encode()
    payload = message_from_bytes(header + parts).get_payload()
    found = [one["Content-ID"] for one in payload if isinstance(one, Message)]
    assert found == [f"<{ENVELOPE_CONTENT_ID}>", "<one>", "<two>"]


@pytest.mark.parametrize("content_id", [ENVELOPE_CONTENT_ID, "cid:one"])
def test_attachment_that_would_change_its_name_or_have_that_of_the_xml_is_not_converted(
    content_id: str,
) -> None:
    odd = attachment(content_id)
    body = with_inline_attachments(envelope(odd), (odd,))
    written = f"cid:{content_id}".encode()
    body = body.replace(
        b"<ContentId>" + content_id.encode(), b"<ContentId>" + written, 1
    )
    scanned = scan(INLINE, body)
    assert [one.content_id for one in scanned.attachments] == [content_id]
    assert converted(scanned, MULTIPART) is None


def test_attachment_with_the_name_of_the_xml_part_is_refused() -> None:
    """A reader that looks a part up by its id would find the XML."""
    content_type, body = encode(envelope(*TWO), TWO)
    same = body.replace(b"Content-ID: <two>", b"Content-ID: <edxml-envelope>")
    with pytest.raises(SchemaError) as refused:
        scan(content_type, same)
    assert refused.value.code is ErrorCode.ATTACHMENT_DUPLICATE
