"""What agencies sent and got, month by month, for administrative-reform reports."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from exchange.domain.counting import EVERYBODY, added_up, level_in, name_in
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, Tally
from exchange.errors import ExchangeError
from exchange.services import Office
from exchange.storage.ports import TallyQuery
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import Level

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")

_RANKS: dict[str, int] = {one.value: place for place, one in enumerate(Level)}
_SHARES: dict[str, tuple[Count, Count]] = {
    "sent_signed_share": (Count.SENT_SIGNED, Count.SENT),
    "sent_electronic_only_share": (Count.SENT_ELECTRONIC_ONLY, Count.SENT),
    "received_signed_share": (Count.RECEIVED_SIGNED, Count.RECEIVED),
    "received_electronic_only_share": (
        Count.RECEIVED_ELECTRONIC_ONLY,
        Count.RECEIVED,
    ),
}
_ON_TIME: dict[str, tuple[Count, Count]] = {
    "sent_on_time_share": (Count.SENT_ON_TIME, Count.SENT_LATE),
    "confirmed_on_time_share": (Count.CONFIRMED_ON_TIME, Count.CONFIRMED_LATE),
    "registered_on_time_share": (Count.REGISTERED_ON_TIME, Count.REGISTERED_LATE),
    "answered_on_time_share": (Count.ANSWERED_ON_TIME, Count.ANSWERED_LATE),
}
COLUMNS = (
    *("month", "level", "agency", "name"),
    *(one.value for one in Count),
    *_SHARES,
    *_ON_TIME,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsQuery:
    """Which months of which agencies.

    Args:
        agency: whose; all if none is named.
        with_below: also of the agencies that were below it.
        level: only those of a level.
        by_level: one row for each level instead of each agency.
    """

    first_month: str
    last_month: str
    agency: OrganId | None = None
    with_below: bool = False
    level: Level | None = None
    by_level: bool = False


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """Counts of one agency, or of all of a level, in one month.

    Args:
        agency: empty for a whole level.
        name: likewise.
        level: empty for an agency that the directory does not have.
    """

    month: str
    level: str
    agency: str
    name: str
    counts: tuple[tuple[Count, int], ...]

    def fields(self) -> dict[str, object]:
        """Return counts and shares; a share of nothing is None."""
        counts = dict.fromkeys(Count, 0) | dict(self.counts)
        return {
            "month": self.month,
            "level": self.level,
            "agency": self.agency,
            "name": self.name,
            **{one.value: number for one, number in counts.items()},
            **{
                name: _share(counts[part], counts[whole])
                for name, (part, whole) in _SHARES.items()
            },
            **{
                name: _share(counts[good], counts[good] + counts[late])
                for name, (good, late) in _ON_TIME.items()
            },
        }

    def cells(self) -> tuple[str, ...]:
        """Return the same as cells of a table, in the order of `COLUMNS`."""
        fields = self.fields()
        return tuple("" if fields[one] is None else str(fields[one]) for one in COLUMNS)


async def statistics(
    office: Office, directory: Directory, query: StatisticsQuery
) -> Sequence[StatisticsRow]:
    """Return counts by month and agency, or by month and level.

    Raises:
        ExchangeError: a month is none (REQUEST_INVALID).
    """
    wanted = _wanted(directory, query)
    if query.by_level:
        rows: Iterable[StatisticsRow] = await _levels(office, directory, wanted)
    else:
        rows = _rows(await office.storage.docket.tallies(wanted), directory)
    return sorted(_of_level(rows, query.level), key=_place)


async def statistics_after(
    office: Office,
    directory: Directory,
    query: StatisticsQuery,
    *,
    after: tuple[str, OrganId] | None,
    most: int,
) -> Sequence[StatisticsRow]:
    """Return some of the counts by month and agency, in the order of their codes.

    Args:
        office: storage and clock.
        directory: names and levels.
        query: which months of which agencies.
        after: month and agency of the last row that was seen.
        most: rows.

    Raises:
        ExchangeError: a month is none (REQUEST_INVALID).
    """
    wanted = replace(_wanted(directory, query), after=after, most=most)
    rows = _rows(await office.storage.docket.tallies(wanted), directory)
    return list(_of_level(rows, query.level))


def require_month(text: str) -> str:
    """Return a month as it is written here, as in ``2026-11``.

    Raises:
        ExchangeError: it is none (REQUEST_INVALID).
    """
    if not _MONTH.fullmatch(text):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="month")
    return text


def _wanted(directory: Directory, query: StatisticsQuery) -> TallyQuery:
    found = directory.agency(query.agency) if query.agency else None
    return TallyQuery(
        first_month=require_month(query.first_month),
        last_month=require_month(query.last_month),
        agency=found.code if found else query.agency,
        with_below=query.with_below,
    )


async def _levels(
    office: Office, directory: Directory, wanted: TallyQuery
) -> Sequence[StatisticsRow]:
    """Return a row for each month and level: what is kept so, and the agency's own."""
    docket = office.storage.docket
    numbers: list[tuple[tuple[str, str], Count, int]] = []
    if wanted.agency is not None:
        for one in await docket.tallies(replace(wanted, with_below=False)):
            level = level_in(directory, one.agency, one.month)
            numbers.append(((one.month, level), one.count, one.number))
    if wanted.agency is None or wanted.with_below:
        below = await docket.level_tallies(
            wanted.agency or EVERYBODY,
            first_month=wanted.first_month,
            last_month=wanted.last_month,
        )
        numbers += [((one.month, one.level), one.count, one.number) for one in below]
    return [
        StatisticsRow(month, level, "", "", tuple(sorted(counts.items())))
        for (month, level), counts in added_up(numbers).items()
    ]


def _rows(tallies: Iterable[Tally], directory: Directory) -> Iterator[StatisticsRow]:
    for (month, code), group in groupby(tallies, key=_month_and_agency):
        counts = tuple((one.count, one.number) for one in group)
        name, level = name_in(directory, code, month), level_in(directory, code, month)
        yield StatisticsRow(month, level, code, name, counts)


def _month_and_agency(tally: Tally) -> tuple[str, OrganId]:
    return tally.month, tally.agency


def _of_level(
    rows: Iterable[StatisticsRow], level: Level | None
) -> Iterator[StatisticsRow]:
    return (one for one in rows if level is None or one.level == level)


def _place(row: StatisticsRow) -> tuple[str, int, str]:
    """Order by month, level from the centre down, agency; unknown levels last."""
    return row.month, _RANKS.get(row.level, len(_RANKS)), row.agency


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
