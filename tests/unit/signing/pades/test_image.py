"""Signature images: PNG, transparent, in the ink of the role."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.image import MAX_IMAGE_BYTES, read_image
from signing.profiles import InkColour
from tests.support.signed_pdf import SEAL_PNG, SIGNATURE_PNG

BLUE = (20, 40, 180, 255)
CLEAR = (0, 0, 0, 0)


def png(picture: Image.Image) -> bytes:
    output = BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def stroke(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """A blue bar on a transparent background."""
    picture = Image.new("RGBA", size, CLEAR)
    picture.paste(BLUE, (5, 5, 20, 10))
    return picture


def test_samples_are_read_in_their_ink() -> None:
    signature = read_image(SIGNATURE_PNG, InkColour.BLUE)
    assert (signature.width, signature.height) == (590, 260)
    assert read_image(SEAL_PNG, InkColour.RED).width == 567


def test_an_image_is_read_once() -> None:
    first = read_image(SIGNATURE_PNG, InkColour.BLUE)
    assert read_image(bytes(bytearray(SIGNATURE_PNG)), InkColour.BLUE) is first


def test_palette_and_grey_with_alpha_are_read() -> None:
    palette = stroke().quantize(8)
    assert read_image(png(palette), InkColour.BLUE).height == 20


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: SEAL_PNG, "colour"),
        (lambda: png(stroke().convert("RGB")), "background"),
        (lambda: png(Image.new("RGBA", (9, 9), CLEAR)), "background"),
        (lambda: png(stroke().convert("LA")), "colour"),
        (lambda: png(stroke((2001, 2000))), "pixels"),
        (lambda: png(stroke())[:-30], "PNG"),
        (lambda: SIGNATURE_PNG.replace(b"IDAT", b"IDOT", 1), "PNG"),
        (lambda: b"GIF89a" + bytes(60), "PNG"),
        (lambda: b"", "size"),
        (lambda: SIGNATURE_PNG + bytes(MAX_IMAGE_BYTES), "size"),
    ],
)
def test_other_images_are_refused(make: Callable[[], bytes], place: str) -> None:
    with pytest.raises(SigningError) as refusal:
        read_image(make(), InkColour.BLUE)
    assert (refusal.value.code, refusal.value.place) == (
        ErrorCode.IMAGE_INVALID,
        place,
    )
