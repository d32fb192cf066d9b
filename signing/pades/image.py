"""A signature image: a PNG file made ready for PDF.

Decree 30/2020/NĐ-CP article 13 and Annex I: PNG with a transparent background, blue
for a person, red for an agency's seal.
"""

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageStat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.profiles import InkColour

MAX_IMAGE_BYTES = 2 * 1024 * 1024
MAX_IMAGE_PIXELS = 4_000_000
_IMAGES_KEPT = 64
_OPAQUE = 255
_BITS = 8

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">8s4x4sII")
_UNREADABLE = (
    OSError,
    SyntaxError,  # how Pillow reports a broken chunk
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    OverflowError,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True)
class SignatureImage:
    """The pixels of one image, compressed: colour, and opacity."""

    width: int
    height: int
    colour: bytes
    opacity: bytes


@lru_cache(maxsize=_IMAGES_KEPT)
def read_image(png: bytes, ink: InkColour) -> SignatureImage:
    """Read a signature image in the ink its role demands.

    Raises:
        SigningError: IMAGE_INVALID, no such PNG file, too large, without transparent
            background, empty, or of another colour.
    """
    _require_png(png)
    try:
        with Image.open(BytesIO(png), formats=("PNG",)) as opened:
            picture = opened.convert("RGBA")
    except _UNREADABLE as error:
        raise SigningError(ErrorCode.IMAGE_INVALID, place="PNG") from error
    opacity = picture.getchannel("A")
    colour = picture.convert("RGB")
    _require_background(opacity)
    _require_ink(colour, opacity, ink)
    return SignatureImage(
        picture.width,
        picture.height,
        zlib.compress(colour.tobytes(), 9),
        zlib.compress(opacity.tobytes(), 9),
    )


def _require_png(png: bytes) -> None:
    """Check size and header before a decoder sees the file."""
    if not _PNG_HEADER.size <= len(png) <= MAX_IMAGE_BYTES:
        raise SigningError(ErrorCode.IMAGE_INVALID, place="size")
    signature, kind, width, height = _PNG_HEADER.unpack_from(png)
    if signature != _PNG_SIGNATURE or kind != b"IHDR":
        raise SigningError(ErrorCode.IMAGE_INVALID, place="PNG")
    if width * height > MAX_IMAGE_PIXELS:
        raise SigningError(ErrorCode.IMAGE_INVALID, place="pixels")


def _require_background(opacity: Image.Image) -> None:
    least, greatest = opacity.getextrema()
    if least == _OPAQUE or greatest == 0:
        raise SigningError(ErrorCode.IMAGE_INVALID, place="background")


def _require_ink(colour: Image.Image, opacity: Image.Image, ink: InkColour) -> None:
    """Compare the mean of the channels over what shows."""
    means = dict(zip("RGB", ImageStat.Stat(colour, opacity).mean, strict=True))
    own = means.pop(ink.value)
    if own <= max(means.values()):
        raise SigningError(ErrorCode.IMAGE_INVALID, place="colour")


def embed_image(
    writer: BasePdfFileWriter, image: SignatureImage
) -> generic.IndirectObject:
    """Add the image to a file, its opacity as soft mask (ISO 32000-2 11.6.5.2)."""
    mask = _image_object(image, image.opacity, "/DeviceGray")
    drawn = _image_object(image, image.colour, "/DeviceRGB")
    drawn[pdf_name("/SMask")] = writer.add_object(mask)
    return writer.add_object(drawn)


def _image_object(
    image: SignatureImage, compressed: bytes, colour_space: str
) -> generic.StreamObject:
    return generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Image"),
            pdf_name("/Width"): generic.NumberObject(image.width),
            pdf_name("/Height"): generic.NumberObject(image.height),
            pdf_name("/ColorSpace"): pdf_name(colour_space),
            pdf_name("/BitsPerComponent"): generic.NumberObject(_BITS),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        },
        encoded_data=compressed,
    )
