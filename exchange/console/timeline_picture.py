"""The timeline of a document as a picture: a row for each recipient, time to the right.

The columns are moments at which something happened or is due, in their order and
equally wide: minutes, hours, days or months, whatever lets them fit.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from exchange.console.timeline import TimelineEntry
from exchange.domain.deadlines import ClockState
from exchange.usecases.delivery_clocks import DeliveryClock
from schemas.identifiers import OrganId

MOST_ROWS: Final = 8
MOST_COLUMNS: Final = 9
_VIETNAM: Final = timezone(timedelta(hours=7))
_LEFT: Final = 210
_COLUMN: Final = 92
_TOP: Final = 68
_ROW: Final = 52
_BESIDE: Final = 26
_MOODS: Final = {
    ClockState.ON_TIME: "good",
    ClockState.DUE_SOON: "unsure",
    ClockState.OVERDUE: "bad",
    ClockState.MET_LATE: "unsure",
}
_Name = tuple[str, str]
"""Day and time of day, as they are written above a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Something in the picture.

    Args:
        number: its place in the list below the picture, from 1.
        is_due: a moment by which something is to be done, not a step.
        mood: ``good``, ``bad`` or ``unsure``.
    """

    number: int
    is_due: bool
    mood: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A moment.

    Args:
        day: empty where it is that of the column before.
        time: of the day, where that is told.
    """

    day: str
    time: str
    x: int
    is_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A recipient; None is the hub, for all of them."""

    recipient: OrganId | None
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePicture:
    """What is drawn, in units of the picture."""

    width: int
    height: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    at: datetime
    recipient: OrganId | None
    number: int
    is_due: bool
    mood: str


def _named(day: str, time: str) -> Callable[[datetime], _Name]:
    def name_of(at: datetime) -> _Name:
        local = at.astimezone(_VIETNAM)
        return local.strftime(day), local.strftime(time)

    return name_of


_SCALES: Final = (
    _named("%d/%m/%Y", "%H:%M"),
    _named("%d/%m/%Y", "%Hh"),
    _named("%d/%m/%Y", ""),
    _named("%m/%Y", ""),
)


def timeline_picture(
    steps: Sequence[TimelineEntry],
    clocks: Sequence[DeliveryClock],
    recipients: Sequence[OrganId],
    now: datetime,
) -> TimelinePicture:
    """Draw steps and deadlines.

    Args:
        steps: the oldest first.
        clocks: the earliest first.
        recipients: one row for each, but `MOST_ROWS` at most.
        now: drawn as a line.
    """
    owners = (None, *recipients[:MOST_ROWS])
    points = [one for one in _points(steps, clocks) if one.recipient in owners]
    scale, names = _scale([*(one.at for one in points), now])
    names = _kept(names, scale(now))
    columns = tuple(
        Column(
            day="" if place and name[0] == names[place - 1][0] else name[0],
            time=name[1],
            x=_LEFT + place * _COLUMN + _COLUMN // 2,
            is_now=name == scale(now),
        )
        for place, name in enumerate(names)
    )
    rows = tuple(
        Row(recipient=one, y=_TOP + place * _ROW + _ROW // 2)
        for place, one in enumerate(owners)
    )
    at = {name: one.x for name, one in zip(names, columns, strict=True)}
    beside = {one.recipient: one.y for one in rows}
    shown = [(scale(one.at), one) for one in points if scale(one.at) in at]
    return TimelinePicture(
        width=_LEFT + len(columns) * _COLUMN,
        height=_TOP + len(rows) * _ROW,
        columns=columns,
        rows=rows,
        markers=tuple(_placed(shown, at, beside)),
    )


def _points(
    steps: Sequence[TimelineEntry], clocks: Sequence[DeliveryClock]
) -> Iterable[_Point]:
    for number, step in enumerate(steps, start=1):
        yield _Point(step.at, step.recipient, number, False, step.mood)
    for number, one in enumerate(clocks, start=1):
        yield _Point(one.clock.due_at, one.recipient, number, True, _MOODS[one.state])


def _scale(
    moments: Sequence[datetime],
) -> tuple[Callable[[datetime], _Name], list[_Name]]:
    """Return the finest scale whose columns fit, and its columns in order."""
    ordered = sorted(moments)
    scales = [(one, list(dict.fromkeys(map(one, ordered)))) for one in _SCALES]
    fitting = (one for one in scales if len(one[1]) <= MOST_COLUMNS)
    return next(fitting, scales[-1])


def _kept(names: list[_Name], now: _Name) -> list[_Name]:
    """Return as many columns as fit: the newest up to the present, then later ones."""
    if len(names) <= MOST_COLUMNS:
        return names
    end = max(names.index(now) + 2, MOST_COLUMNS)
    return names[:end][-MOST_COLUMNS:]


def _placed(
    shown: Sequence[tuple[_Name, _Point]],
    at: dict[_Name, int],
    beside: dict[OrganId | None, int],
) -> Iterable[Marker]:
    """Yield markers; what shares a cell stands side by side, the last on top."""
    cells: dict[tuple[_Name, OrganId | None], list[_Point]] = {}
    for name, one in shown:
        cells.setdefault((name, one.recipient), []).append(one)
    for (name, owner), points in cells.items():
        step = min(_BESIDE, (_COLUMN - _BESIDE) // max(len(points) - 1, 1))
        first = at[name] - step * (len(points) - 1) // 2
        for place, one in enumerate(points):
            yield Marker(
                number=one.number,
                is_due=one.is_due,
                mood=one.mood,
                x=first + place * step,
                y=beside[owner],
            )
