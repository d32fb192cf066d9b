"""Bars over time as an inline SVG picture, with a legend that needs no colours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exchange.usecases.traffic import HourOfTraffic
from schemas.vocabulary import Level

WIDTH: Final = 960
HEIGHT: Final = 200
_FLOOR: Final = 170
_LEFT: Final = 56
_RIGHT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One part of a bar, in units of the picture."""

    level: Level
    top: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour.

    Args:
        left: where it begins.
        total: what it stands for.
        is_labelled: whether its hour is written below it.
    """

    at: datetime
    left: float
    width: float
    total: int
    is_labelled: bool
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of some hours.

    Args:
        most: what the highest bar stands for; at least 1.
    """

    bars: tuple[Bar, ...]
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = _FLOOR
    left: int = _LEFT


def chart_of(
    hours: Sequence[HourOfTraffic],
    value: Callable[[HourOfTraffic], Mapping[Level, int]],
) -> Chart:
    """Draw one bar for each hour, its levels stacked.

    Args:
        hours: the oldest first.
        value: what is drawn of an hour.
    """
    most = max((sum(value(one).values()) for one in hours), default=0) or 1
    step = (WIDTH - _LEFT - _RIGHT) / max(len(hours), 1)
    bars = tuple(
        Bar(
            at=one.since,
            left=round(_LEFT + place * step, 1),
            width=round(step * 0.8, 1),
            total=sum(value(one).values()),
            is_labelled=(len(hours) - 1 - place) % 6 == 0,
            segments=_stacked(value(one), most),
        )
        for place, one in enumerate(hours)
    )
    return Chart(bars=bars, most=most)


def _stacked(values: Mapping[Level, int], most: int) -> tuple[Segment, ...]:
    found, top = [], float(_FLOOR)
    for level, number in values.items():
        height = number * (_FLOOR - 20) / most
        if number:
            top -= height
            found.append(
                Segment(level=level, top=round(top, 1), height=round(height, 1))
            )
    return tuple(found)
