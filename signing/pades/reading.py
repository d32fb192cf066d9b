"""Open a PDF file to sign it; the one place that knows what the library raises."""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from mmap import mmap
from typing import IO

from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades import kept_spelling

MIB = 1024 * 1024

MAX_PDF_BYTES = 256 * MIB
"""A larger file is not signed in memory."""

Octets = bytes | mmap
"""A file in memory, or mapped into it."""

MALFORMED: tuple[type[Exception], ...] = (
    PdfError,
    ValueError,  # the library's errors on forms, signatures and layout derive from it
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,  # recursion, what is not implemented, generators that end early
    OSError,
    EOFError,
    struct.error,
    zlib.error,
    UnsupportedAlgorithm,
)
"""What pyHanko and its helpers raise on malformed files (seen over 244 of them)."""

_ENCRYPTION = re.compile(rb"/Encrypt\s*(?:<<|[0-9]+\s+[0-9]+\s+R)")
"""An entry of a trailer (ISO 32000-2 7.5.5)."""

_SEARCHED_AT_ONCE = MIB
_LONGEST_ENTRY = 256

# Without an own limit a cross-reference stream of 49 KB costs 26 seconds.
_LIMITS = DecodeLimits(
    per_purpose={
        **DEFAULT_PURPOSE_LIMITS,
        DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_output_size=4 * MIB),
    }
)

kept_spelling.install()


@contextmanager
def refusing_malformed(code: ErrorCode = ErrorCode.PDF_MALFORMED) -> Iterator[None]:
    """Turn whatever the library raises on odd input into one refusal.

    Raises:
        SigningError: `code`.
    """
    try:
        yield
    except MALFORMED as error:
        raise SigningError(code, place=type(error).__name__) from error


def open_pdf(source: bytes) -> PdfFileReader:
    """Return a strict reader over a copy of `source`, which may be appended to.

    Raises:
        SigningError: too large, malformed, encrypted or of hybrid form.
    """
    if len(source) > MAX_PDF_BYTES:
        raise SigningError(ErrorCode.PDF_TOO_LARGE)
    return open_stream(BytesIO(source))


def open_stream(stream: IO[bytes]) -> PdfFileReader:
    """Return a strict reader over a file, which may be appended to.

    Raises:
        SigningError: malformed, encrypted or of hybrid form.
    """
    try:
        return _reader(stream)
    except SigningError as error:
        # Some that encrypt do not write strictly: name encryption rather than form.
        if error.code is ErrorCode.PDF_MALFORMED and _speaks_of_encryption(stream):
            raise SigningError(ErrorCode.PDF_ENCRYPTED, place=error.place) from error
        raise


def _reader(stream: IO[bytes]) -> PdfFileReader:
    with refusing_malformed():
        reader = PdfFileReader(stream, decode_limits=_LIMITS)
        if reader.encrypted:
            raise SigningError(ErrorCode.PDF_ENCRYPTED)
        if reader.xrefs.hybrid_xrefs_present:
            raise SigningError(ErrorCode.PDF_HYBRID)
    return reader


def _speaks_of_encryption(stream: IO[bytes]) -> bool:
    stream.seek(0)
    tail = b""
    while chunk := stream.read(_SEARCHED_AT_ONCE):
        if _ENCRYPTION.search(tail + chunk):
            return True
        tail = chunk[-_LONGEST_ENTRY:]
    return False
