"""Parts of what is handed out (RFC 9110 section 14): one range of bytes, or the whole.

A download that broke off goes on where it ended: the entity tag names the bytes.
"""

import re
from collections.abc import Mapping

from exchange.errors import ExchangeError
from exchange.usecases.handing_out import ByteRange
from schemas.errors import ErrorCode

_FORM = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def entity_tag(sha256: str) -> str:
    """Return the strong tag of content that is known by its digest."""
    return f'"{sha256}"'


def asked_range(headers: Mapping[str, str], *, size: int, tag: str) -> ByteRange | None:
    """Return the range asked for of what has `tag`; None for the whole.

    A range that was meant for other content (RFC 9110 13.1.5) is ignored.

    Raises:
        ExchangeError: as `parse_range`.
    """
    if headers.get("If-Range", tag) != tag:
        return None
    return parse_range(headers.get("Range"), size=size)


def extent(wanted: ByteRange | None, *, size: int) -> dict[str, str]:
    """Return the headers that tell which bytes of how many an answer holds."""
    if wanted is None:
        return {"Accept-Ranges": "bytes", "Content-Length": str(size)}
    return {
        "Accept-Ranges": "bytes",
        "Content-Length": str(wanted.length),
        "Content-Range": f"bytes {wanted.first}-{wanted.last}/{size}",
    }


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
