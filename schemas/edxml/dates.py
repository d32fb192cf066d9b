"""Days and times on edXML: written in one form, read in the three that circulate.

The format's form is ``yyyy/MM/dd[ HH:mm:ss]``; some hubs write ``dd/MM/yyyy`` and
some ISO 8601. Without a zone, Vietnamese time is meant.
"""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from schemas.errors import ErrorCode, SchemaError
from schemas.timestamps import VIETNAM

_FORM = re.compile(
    r"(?:(?P<y1>[0-9]{4})/(?P<m1>[0-9]{1,2})/(?P<d1>[0-9]{1,2})"
    r"|(?P<d2>[0-9]{1,2})/(?P<m2>[0-9]{1,2})/(?P<y2>[0-9]{4})"
    r"|(?P<y3>[0-9]{4})-(?P<m3>[0-9]{2})-(?P<d3>[0-9]{2}))"
    r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_Parts = dict[str, str | None]


def read_moment(text: str, *, place: str) -> datetime:
    """Return the moment in `text`, in Vietnamese time; midnight if it names a day.

    Raises:
        SchemaError: none of the known forms, or no such day or hour
            (DATE_MALFORMED).
    """
    try:
        return _moment(text)
    except (ValueError, OverflowError) as error:
        raise SchemaError(ErrorCode.DATE_MALFORMED, place=place) from error


def read_day(text: str, *, place: str) -> date:
    """Return the day in `text`, as it is in Vietnam.

    Some systems write a day as its midnight in another zone.

    Raises:
        SchemaError: as `read_moment`.
    """
    return read_moment(text, place=place).date()


def write_day(day: date) -> str:
    """Write `day` as ``yyyy/MM/dd``."""
    return day.isoformat().replace("-", "/")


def write_moment(moment: datetime) -> str:
    """Write `moment` as ``yyyy/MM/dd HH:mm:ss`` of Vietnam; fractions are cut.

    Raises:
        ValueError: `moment` has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone names no instant")
    local = moment.astimezone(VIETNAM).replace(tzinfo=None)
    return local.isoformat(sep=" ", timespec="seconds").replace("-", "/")


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    """Read a text; most documents of a day name that day. What is refused is not kept.

    Raises:
        ValueError: it has another form, or there is no such day or hour.
        OverflowError: it is beyond the years that can be told.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(text)
    return _moment_of(form.groupdict()).astimezone(VIETNAM)


def _moment_of(parts: _Parts) -> datetime:
    fraction = (parts["fraction"] or "").ljust(6, "0")[:6]
    return datetime(
        _number(parts, "y1", "y2", "y3"),
        _number(parts, "m1", "m2", "m3"),
        _number(parts, "d1", "d2", "d3"),
        _number(parts, "hour"),
        _number(parts, "minute"),
        _number(parts, "second"),
        int(fraction),
        tzinfo=_zone(parts["zone"]),
    )


def _number(parts: _Parts, *names: str) -> int:
    return next((int(found) for name in names if (found := parts[name])), 0)


def _zone(text: str | None) -> timezone:
    if text is None:
        return VIETNAM
    if text == "Z":
        return timezone(timedelta())
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)
