"""Where in the tree of agencies a count belongs, and the sums of levels it adds to.

Invariants:
    - All counts of an agency in a month have one place: where the directory, as it is
      when they are counted, has the agency at the beginning of that month. So the sum
      of a level is that of its agencies' rows, and a later move rewrites no month.
    - A sum is of agencies below another one; that one's own counts are its row.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from exchange.domain.directory import Directory, standing
from exchange.domain.docket import Count, Tally
from exchange.domain.overseeing import upwards
from schemas.identifiers import OrganId
from schemas.timestamps import VIETNAM

_Key = TypeVar("_Key")
EVERYBODY: Final = OrganId("")
"""Above all agencies, those included that the directory does not have."""


@dataclass(frozen=True, slots=True)
class CountedPlace:
    """Where an agency stands in a month.

    Args:
        level: empty for an agency that the directory does not have.
        above: itself and the agencies above it, the nearest first.
    """

    level: str
    above: tuple[OrganId, ...]


@dataclass(frozen=True, slots=True)
class AgencyCounts:
    """What is to be added to the counts of one agency in one month."""

    month: str
    agency: OrganId
    place: CountedPlace
    counts: Mapping[Count, int]


@dataclass(frozen=True, slots=True, order=True)
class LevelKey:
    """Whose sum it is: of all agencies of one level below another, in one month."""

    month: str
    above: OrganId
    level: str


@dataclass(frozen=True, slots=True, order=True)
class LevelTally:
    """A count of all agencies of one level below another, in one month."""

    month: str
    level: str
    count: Count
    number: int


def level_in(directory: Directory, code: OrganId, month: str) -> str:
    """Return the level of an agency in a month; empty if it is not known."""
    found = directory.agency(code)
    return standing(found, _beginning(month)).level.value if found else ""


def name_in(directory: Directory, code: OrganId, month: str) -> str:
    """Return the name of an agency in a month; empty if it is not known."""
    return directory.name_of(code, _beginning(month)) or ""


def place_in(directory: Directory, code: OrganId, month: str) -> CountedPlace:
    """Return where an agency stands in a month."""
    level = level_in(directory, code, month)
    return CountedPlace(level, upwards(directory, code, _beginning(month)))


def gathered(
    tallies: Iterable[Tally], directory: Directory
) -> tuple[AgencyCounts, ...]:
    """Add counts up by month and agency, in this order."""
    sums = added_up(((one.month, one.agency), one.count, one.number) for one in tallies)
    return tuple(
        AgencyCounts(month, agency, place_in(directory, agency, month), counts)
        for (month, agency), counts in sorted(sums.items())
    )


def level_sums(
    counted: Iterable[AgencyCounts],
) -> Mapping[LevelKey, Mapping[Count, int]]:
    """Add counts up by month, level and each agency above."""
    return added_up(
        (key, count, number)
        for one in counted
        for key in _sums_of(one)
        for count, number in one.counts.items()
    )


def added_up(
    numbers: Iterable[tuple[_Key, Count, int]],
) -> dict[_Key, dict[Count, int]]:
    """Add numbers up by key and count."""
    sums: dict[_Key, dict[Count, int]] = {}
    for key, count, number in numbers:
        counts = sums.setdefault(key, {})
        counts[count] = counts.get(count, 0) + number
    return sums


def _sums_of(counted: AgencyCounts) -> Iterator[LevelKey]:
    for above in (*counted.place.above[1:], EVERYBODY):
        yield LevelKey(counted.month, above, counted.place.level)


def _beginning(month: str) -> datetime:
    year, _, number = month.partition("-")
    return datetime(int(year), int(number), 1, tzinfo=VIETNAM)
