"""What agencies sent and got, month by month, for administrative-reform reports."""

import re
from collections.abc import (
    AsyncIterator,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass

from exchange.domain.directory import Directory
from exchange.domain.docket import Count, Tally
from exchange.errors import ExchangeError
from exchange.services import Office
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
_Sums = dict[tuple[str, Count], int]
"""By month and count."""

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
        agencies: those counted; all if none is named.
        level: only those of a level.
        by_level: one row for each level instead of each agency.
    """

    first_month: str
    last_month: str
    agencies: frozenset[OrganId] = frozenset()
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
    _require_months(query)
    if query.by_level:
        return sorted(
            [one async for one in _levels(office, directory, query)], key=_place
        )
    tallies = await office.storage.docket.tallies(
        first_month=query.first_month,
        last_month=query.last_month,
        agencies=query.agencies,
    )
    return sorted(_rows(tallies, directory, query), key=_place)


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
    _require_months(query)
    tallies = await office.storage.docket.tallies(
        first_month=query.first_month,
        last_month=query.last_month,
        agencies=query.agencies,
        after=after,
        most=most,
    )
    return list(_rows(tallies, directory, query))


def agencies_below(
    directory: Directory, code: OrganId, office: Office
) -> frozenset[OrganId]:
    """Return an agency and all below it."""
    found = directory.agency(code)
    if found is None:
        return frozenset({code})
    return frozenset(
        {code, *(one.code for one in directory.below(found, office.now()))}
    )


def _require_months(query: StatisticsQuery) -> None:
    for month in (query.first_month, query.last_month):
        if not _MONTH.fullmatch(month):
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place="month")


async def _levels(
    office: Office, directory: Directory, query: StatisticsQuery
) -> AsyncIterator[StatisticsRow]:
    """Yield a row for each month and level, added up where the counts are."""
    codes: dict[str, set[OrganId]] = {}
    for one in directory.by_code.values():
        if not query.agencies or one.code in query.agencies:
            codes.setdefault(one.level, set()).add(one.code)
    wanted = [query.level] if query.level else list(codes)
    found = {
        level: await _totals(office, query, codes[level])
        for level in wanted
        if level in codes
    }
    if query.level is None:
        found[""] = await _unknown(office, query, codes, found)
    for level, sums in found.items():
        for row in _months(sums, level):
            yield row


async def _unknown(
    office: Office,
    query: StatisticsQuery,
    codes: Mapping[str, Collection[OrganId]],
    found: Mapping[str, _Sums],
) -> _Sums:
    """Return what was counted of agencies that the directory does not have."""
    if query.agencies:
        others = query.agencies.difference(*codes.values())
        return await _totals(office, query, others) if others else {}
    rest = await _totals(office, query, ())
    for sums in found.values():
        for key, number in sums.items():
            rest[key] = rest.get(key, 0) - number
    return {key: number for key, number in rest.items() if number > 0}


async def _totals(
    office: Office, query: StatisticsQuery, agencies: Collection[OrganId]
) -> _Sums:
    found = await office.storage.docket.totals(
        first_month=query.first_month, last_month=query.last_month, agencies=agencies
    )
    return {(one.month, one.count): one.number for one in found}


def _months(sums: _Sums, level: str) -> Iterator[StatisticsRow]:
    months: dict[str, dict[Count, int]] = {}
    for (month, count), number in sums.items():
        months.setdefault(month, {})[count] = number
    for month, counts in months.items():
        yield StatisticsRow(month, level, "", "", tuple(sorted(counts.items())))


def _rows(
    tallies: Iterable[Tally], directory: Directory, query: StatisticsQuery
) -> Iterator[StatisticsRow]:
    sums: dict[tuple[str, str, str, str], dict[Count, int]] = {}
    for one in tallies:
        agency = directory.agency(one.agency)
        level = agency.level if agency else ""
        if query.level is not None and level != query.level:
            continue
        whose = (one.agency, agency.name if agency else "")
        counts = sums.setdefault((one.month, level, *whose), {})
        counts[one.count] = one.number
    for key, counts in sums.items():
        yield StatisticsRow(*key, tuple(sorted(counts.items())))


def _place(row: StatisticsRow) -> tuple[str, int, str]:
    """Order by month, level from the centre down, agency; unknown levels last."""
    return row.month, _RANKS.get(row.level, len(_RANKS)), row.agency


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
