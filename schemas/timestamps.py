"""Times on the wire: UTC with milliseconds, RFC 3339 with ``Z``, one spelling only.

edXML and the stamps on documents use Vietnamese time; `VIETNAM` is its zone.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from schemas.errors import ErrorCode, SchemaError

VIETNAM = timezone(timedelta(hours=7))
"""Vietnamese time; the country has one zone and no summer time."""

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def in_utc(moment: datetime) -> datetime:
    """Return `moment`, which somebody wrote, in UTC.

    Raises:
        ValueError: `moment` has no zone, or no year from 1 to 9999 in UTC and in
            Vietnam: nobody means it, and nothing could be said of it.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone names no instant")
    try:
        return moment.astimezone(VIETNAM).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(moment.isoformat()) from error


def in_vietnam(moment: datetime) -> datetime:
    """Return a `moment` of UTC in Vietnamese time, to be read by people.

    The last hours of 9999 stay in UTC: Vietnam has the year 10000 by then. A
    certificate that never ends names the last second of them (RFC 5280, 4.1.2.5).
    """
    try:
        return moment.astimezone(VIETNAM)
    except OverflowError:
        return moment


def truncate_ms(moment: datetime) -> datetime:
    """Return `moment` in UTC, cut (never rounded up) to whole milliseconds.

    Raises:
        ValueError: `moment` has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone names no instant")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    beyond = utc.microsecond % 1000
    return utc.replace(microsecond=utc.microsecond - beyond) if beyond else utc


@lru_cache(maxsize=64)
def format_utc(moment: datetime) -> str:
    """Write `moment` as ``2026-11-21T05:00:00.123Z``.

    One moment is written again and again: in receipts, signatures and log entries.

    Raises:
        ValueError: `moment` has no zone.
    """
    text = truncate_ms(moment).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def parse_utc(text: str, place: str = "") -> datetime:
    """Read the one form that `format_utc` writes.

    Raises:
        SchemaError: any other form, or no such day or hour (DATE_MALFORMED).
    """
    if not _FORM.fullmatch(text):
        raise SchemaError(ErrorCode.DATE_MALFORMED, place=place)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise SchemaError(ErrorCode.DATE_MALFORMED, place=place) from error
