"""The Range header (RFC 9110 section 14): one range of bytes, or the whole."""

import re

from exchange.errors import ExchangeError
from exchange.usecases.read_attachment import ByteRange
from schemas.errors import ErrorCode

_FORM = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def parse_range(header: str | None, *, size: int) -> ByteRange | None:
    """Return the range asked for; None for the whole.

    A header in another unit or form, or with several ranges, is ignored, as RFC 9110
    14.2 allows.

    Raises:
        ExchangeError: the range lies beyond the end (RANGE_NOT_SATISFIABLE).
    """
    form = _FORM.fullmatch(header or "")
    if form is None or form.groups() == ("", ""):
        return None
    first, last = form.groups()
    if not first:
        return _within(max(0, size - int(last)), size - 1, size)
    if last and int(last) < int(first):
        return None
    return _within(int(first), min(int(last) if last else size, size - 1), size)


def _within(first: int, last: int, size: int) -> ByteRange:
    if first > last:
        raise ExchangeError(ErrorCode.RANGE_NOT_SATISFIABLE, place=f"bytes */{size}")
    return ByteRange(first, last)
