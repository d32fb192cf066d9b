"""A large body must not become large memory."""

import base64
import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest

from schemas.edxml.body import BodyScanner, decode_attachment
from tests.support.bodies import encoded, inline_body

MEGABYTE = 1024 * 1024
BLOCK = bytes(range(256)) * 192  # 48 KiB, a multiple of three
BLOCKS = 60 * MEGABYTE // len(BLOCK)
MOST_MEMORY = 8 * MEGABYTE


def inline_pieces() -> Iterator[bytes]:
    before, after = inline_body(encoded("HERE")).split(b"HERE")
    yield before
    for _ in range(BLOCKS):
        yield base64.b64encode(BLOCK)
    yield after


def multipart_pieces() -> Iterator[bytes]:
    yield b"--B\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n--B\r\n"
    yield b"Content-ID: <c>\r\n\r\n"
    for _ in range(BLOCKS):
        yield BLOCK
    yield b"\r\n--B--\r\n"


@pytest.mark.parametrize(
    ("content_type", "fed"),
    [
        ("application/xml", inline_pieces),
        ('multipart/related; boundary="B"', multipart_pieces),
    ],
    ids=["inline", "multipart"],
)
def test_sixty_megabytes_are_scanned_in_less_than_eight(
    content_type: str, fed: type[Iterator[bytes]]
) -> None:
    expected = hashlib.sha256(BLOCK * BLOCKS).hexdigest()
    scanner = BodyScanner(content_type)
    tracemalloc.start()
    try:
        for piece in fed():
            scanner.feed(piece)
        found = scanner.finish().attachments[0]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.content_sha256 == expected
    assert found.content_size == len(BLOCK) * BLOCKS
    assert peak < MOST_MEMORY


def test_decoding_sixty_megabytes_holds_one_piece() -> None:
    scanner = BodyScanner("application/xml")
    for piece in inline_pieces():
        scanner.feed(piece)
    found = scanner.finish().attachments[0]
    _, *raw, _ = inline_pieces()
    digest = hashlib.sha256()
    tracemalloc.start()
    try:
        for piece in decode_attachment(found, raw):
            digest.update(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert digest.hexdigest() == found.content_sha256
    assert peak < MOST_MEMORY
