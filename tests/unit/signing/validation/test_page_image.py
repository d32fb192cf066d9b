"""Pages drawn for people."""

import struct
import zlib

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.drawn import DrawnPage
from signing.validation.page_image import page_image
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.signed_pdf import LETTER


def _size(drawn: DrawnPage) -> tuple[int, int]:
    """What the picture itself says (PNG 11.2.1)."""
    width, height = struct.unpack(">II", drawn.png[16:24])
    return width, height


def _pixels(drawn: DrawnPage) -> bytes:
    length = struct.unpack(">I", drawn.png[33:37])[0]
    return zlib.decompress(drawn.png[41 : 41 + length])


def test_page_is_a_picture_of_its_size_with_ink_on_it() -> None:
    drawn = page_image(LETTER.read_bytes(), 1)
    assert drawn.png.startswith(b"\x89PNG\r\n\x1a\n")
    assert _size(drawn) == (drawn.width, drawn.height)
    assert drawn.width > 800
    assert drawn.height > drawn.width
    pixels = _pixels(drawn)
    assert len(pixels) == drawn.height * (1 + 3 * drawn.width)
    assert min(pixels[1 : 3 * drawn.width]) == 255
    assert pixels.count(0) > drawn.height + 1000


def test_pages_differ_and_one_beyond_the_last_is_the_last() -> None:
    data = LETTER.read_bytes()
    first = page_image(data, 1)
    assert first.pages > 1
    last = page_image(data, first.pages)
    assert first.png != last.png
    assert page_image(data, first.pages + 7) == last


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"junk", ErrorCode.PDF_MALFORMED),
        (encrypted_pdf(""), ErrorCode.PDF_ENCRYPTED),
    ],
    ids=["junk", "encrypted"],
)
def test_other_file_is_refused_by_code(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(SigningError) as refusal:
        page_image(data, 1)
    assert refusal.value.code is code
