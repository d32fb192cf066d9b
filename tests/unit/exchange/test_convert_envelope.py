"""What was accepted under other rules is handed out as it is, not refused."""

from dataclasses import replace

import pytest

from exchange.usecases.convert_envelope import convert_envelope
from exchange.usecases.read_envelope import OpenedEnvelope
from schemas.edxml.converting import XML
from tests.support.stored import acceptance
from tests.support.world import in_pieces, make_world

PARTS = "multipart/related; boundary=B"
BODY = (
    b"--B\r\nContent-Type: application/xml\r\n\r\n<a></a>"
    b"\r\n--B\r\nContent-ID: <one>\r\n\r\n%s\r\n--B--"
)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(PARTS, BODY % b"%PDF\n--B", id="content"),
        pytest.param(f"{PARTS}; boundary*0=C", BODY % b"%PDF", id="content type"),
    ],
)
async def test_stored_body_that_is_no_longer_taken_in_is_not_converted(
    content_type: str, body: bytes
) -> None:
    world = await make_world()
    envelope = replace(acceptance(1).envelope, content_type=content_type)
    opened = OpenedEnvelope(envelope, in_pieces(body))
    assert await convert_envelope(world.services, opened, XML) is None
