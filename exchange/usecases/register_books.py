"""Registers as files: CSV for spreadsheets, PDF as in Decree 30/2020 Annex IV.

Lines are written as they are read, so that a register of any length needs no more room
than a page of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from exchange.domain.directory import Directory, standing
from exchange.domain.registers import (
    INCOMING_COLUMNS,
    OUTGOING_COLUMNS,
    written_day,
)
from exchange.domain.spreadsheet import BEGINNING, csv_line
from exchange.services import Office
from exchange.usecases.registers import Register, incoming, outgoing
from schemas.errors import Text
from schemas.identifiers import OrganId
from schemas.timestamps import VIETNAM
from signing.reports.tables import TableColumn, TableForm, TablePrinter

Lines = AsyncIterator[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One kind of register.

    Args:
        name: of its file, without the ending.
        shares: how wide each column is printed, in proportion to the others.
        read: yields its lines.
    """

    title: Text
    name: str
    columns: tuple[Text, ...]
    shares: tuple[float, ...]
    read: Callable[[Office, Register], Lines]


BOOKS: Mapping[str, Book] = MappingProxyType(
    {
        "incoming": Book(
            title=Text("Sổ đăng ký văn bản đến", "Register of what arrived"),
            name="so-van-ban-den",
            columns=INCOMING_COLUMNS,
            shares=(8, 6, 14, 12, 8, 27, 9, 8, 6, 11),
            read=incoming,
        ),
        "outgoing": Book(
            title=Text("Sổ đăng ký văn bản đi", "Register of what was sent"),
            name="so-van-ban-di",
            columns=OUTGOING_COLUMNS,
            shares=(12, 8.5, 26, 11, 19, 9, 6, 8.5, 6, 12),
            read=outgoing,
        ),
    }
)
"""By the word that routes, pages and commands name it with."""


async def as_csv(book: Book, lines: Lines) -> AsyncIterator[bytes]:
    """Yield a register as CSV."""
    yield BEGINNING + csv_line(one.vi for one in book.columns)
    async for line in lines:
        yield csv_line(line)


async def as_pdf(form: TableForm, lines: Lines) -> AsyncIterator[bytes]:
    """Yield a printed table page by page; others have their turn between pages."""
    printer = TablePrinter(form)
    async for line in lines:
        pages = printer.row(line)
        if pages:
            yield pages
            await asyncio.sleep(0)
    yield printer.end()


def book_form(
    book: Book, register: Register, *, hub_id: str, at: datetime
) -> TableForm:
    """Return what is printed beside the lines of a register.

    Args:
        book: which kind it is.
        register: whose, and of which days.
        hub_id: what wrote it.
        at: when it was written.
    """
    first, last = register.period.first, register.period.last
    years = str(first.year) if first.year == last.year else f"{first.year}–{last.year}"
    heads = zip(book.columns, book.shares, strict=True)
    return TableForm(
        title=book.title.vi.upper(),
        columns=tuple(TableColumn(head=one.vi, share=share) for one, share in heads),
        above=titles(register.directory, register.agency, at),
        below=(
            f"Năm: {years}",
            f"Từ ngày {written_day(first)} đến ngày {written_day(last)}",
            "Quyển số: ……",
        ),
        is_numbered=True,
        foot=foot(hub_id, at),
        empty="Không có văn bản nào trong thời gian này.",
    )


def titles(directory: Directory, code: OrganId, at: datetime) -> tuple[str, ...]:
    """Return the names on a cover: the agency above, and the agency itself."""
    agency = directory.agency(code)
    if agency is None:
        return (code,)
    now = standing(agency, at)
    parent = directory.agency(now.parent) if now.parent else None
    above = (standing(parent, at).name.upper(),) if parent else ()
    return (*above, f"{now.name.upper()} ({code})")


def foot(hub_id: str, at: datetime) -> str:
    """Return what stands below each page: where it is from, and of when."""
    local = at.astimezone(VIETNAM)
    day = written_day(local.date())
    return f"Trục liên thông {hub_id}, lập lúc {local:%H:%M} ngày {day}"
