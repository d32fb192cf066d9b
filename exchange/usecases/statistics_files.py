"""Counts by month as files: CSV with all columns, PDF with those of the reports."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from exchange.domain.docket import Count
from exchange.domain.spreadsheet import BEGINNING, csv_line
from exchange.usecases.register_books import as_pdf, foot
from exchange.usecases.statistics import COLUMNS, StatisticsQuery, StatisticsRow
from schemas.vocabulary import Level
from signing.reports.tables import TableColumn, TableForm

NAME = "thong-ke"
"""Of the file, without the ending."""

_PRINTED: tuple[tuple[str, str, float], ...] = (
    ("month", "Tháng", 6),
    ("level", "Cấp", 7),
    ("agency", "Mã cơ quan", 10),
    ("name", "Cơ quan", 20),
    ("sent", "Gửi", 6),
    ("sent_signed_share", "Gửi có chữ ký số", 6),
    ("sent_electronic_only_share", "Gửi chỉ bản điện tử", 6.5),
    ("sent_on_time_share", "Gửi đúng hạn", 6),
    ("sent_one_stop", "Gửi thuộc hồ sơ một cửa", 7),
    ("received", "Nhận", 6),
    ("received_signed_share", "Nhận có chữ ký số", 6),
    ("confirmed_on_time_share", "Xác nhận đúng hạn", 6.5),
    ("registered_on_time_share", "Vào sổ đúng hạn", 6),
    ("answered_on_time_share", "Giải quyết đúng hạn", 6.5),
)
_TEXTS = 4
"""The first columns are words, the others numbers."""

_LEVELS = {
    Level.CENTRAL: "Trung ương",
    Level.PROVINCE: "Tỉnh",
    Level.DISTRICT: "Huyện",
    Level.COMMUNE: "Xã",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsCover:
    """What a printed table of counts says of itself.

    Args:
        owner: whose counts they are.
        hub_id: what wrote it, `at` when.
    """

    owner: tuple[str, ...]
    hub_id: str
    at: datetime


async def counts_as_csv(rows: Iterable[StatisticsRow]) -> AsyncIterator[bytes]:
    """Yield all counts and shares as CSV."""
    yield BEGINNING + csv_line(COLUMNS)
    for one in rows:
        yield csv_line(one.cells())


def counts_as_pdf(
    rows: Sequence[StatisticsRow], query: StatisticsQuery, cover: StatisticsCover
) -> AsyncIterator[bytes]:
    """Yield a printed table of counts, its sum last."""
    form = TableForm(
        title="THỐNG KÊ GỬI, NHẬN VĂN BẢN ĐIỆN TỬ",
        columns=tuple(
            TableColumn(head=head, share=share, is_number=place >= _TEXTS)
            for place, (_, head, share) in enumerate(_PRINTED)
        ),
        above=cover.owner,
        below=(f"Từ tháng {_month(query.first_month)} đến {_month(query.last_month)}",),
        foot=foot(cover.hub_id, cover.at),
        empty="Không có số liệu trong thời gian này.",
    )
    return as_pdf(form, _lines(rows))


async def _lines(rows: Sequence[StatisticsRow]) -> AsyncIterator[tuple[str, ...]]:
    for one in rows:
        yield _cells(one)
    if rows:
        yield _cells(_sum(rows))


def _sum(rows: Iterable[StatisticsRow]) -> StatisticsRow:
    counts: dict[Count, int] = {}
    for row in rows:
        for count, number in row.counts:
            counts[count] = counts.get(count, 0) + number
    return StatisticsRow("", "", "", "Tổng cộng", tuple(sorted(counts.items())))


def _cells(row: StatisticsRow) -> tuple[str, ...]:
    fields = row.fields()
    return tuple(_cell(name, fields[name]) for name, _, _ in _PRINTED)


def _cell(name: str, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value * 100:.1f}%".replace(".", ",")
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".")
    if name == "level":
        return next((shown for one, shown in _LEVELS.items() if one == value), "")
    return _month(str(value)) if name == "month" and value else str(value)


def _month(month: str) -> str:
    """Write ``2026-11`` as people do: ``11/2026``."""
    year, _, number = month.partition("-")
    return f"{number}/{year}"
