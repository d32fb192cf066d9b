"""Reading hexadecimal strings at once instead of digit by digit (ISO 32000-2 7.3.4.3).

pyHanko 0.38 reads one digit at a time: 8 MB of them take seconds and 93 bytes of memory
each, in every revision that is compared. The reader below gives the same values and
refuses the same strings; a test compares both. It replaces the library's own in the
version it was compared with, and in no other.
"""

from binascii import Error, unhexlify
from importlib.metadata import version
from typing import BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError

COMPARED_VERSION = "0.38.0"

_FIRST_CHUNK = 256
_WHITE_SPACE = b"\x00\t\n\x0c\r "


def read_hex_string(
    stream: BinaryIO,
) -> generic.TextStringObject | generic.ByteStringObject:
    """Read the string at the stream's position and leave the stream behind it.

    Raises:
        PdfStreamError: not closed, or other than digits inside.
    """
    stream.read(1)
    digits = _up_to_closing(stream).translate(None, _WHITE_SPACE)
    try:
        octets = unhexlify(digits + b"0" * (len(digits) % 2))
    except Error as error:
        raise PdfStreamError("Unexpected token in hex string") from error
    return generic.pdf_string(octets)


def install() -> None:
    """Let pyHanko read hexadecimal strings this way, in the version compared."""
    if version("pyhanko") == COMPARED_VERSION:
        generic.read_hex_string_from_stream = read_hex_string


def _up_to_closing(stream: BinaryIO) -> bytes:
    # Growing, so that many short strings do not cost a long read each.
    parts, size = list[bytes](), _FIRST_CHUNK
    while chunk := stream.read(size):
        size *= 2
        content, closing, rest = chunk.partition(b">")
        parts.append(content)
        if closing:
            stream.seek(-len(rest), 1)
            return b"".join(parts)
    raise PdfStreamError("Unexpected end of hex string")
