"""`lienthong register`: registers of documents (Decree 30/2020 Annex IV), to files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError, add_action
from exchange.commands.output import Output, Progress
from exchange.commands.saving import save
from exchange.commands.site import add_config, with_site
from exchange.config import Settings
from exchange.directory_cache import DirectoryCache
from exchange.domain.directory import Directory
from exchange.errors import ExchangeError
from exchange.services import DirectoryOffice
from exchange.usecases.register_books import (
    BOOKS,
    Lines,
    as_csv,
    as_pdf,
    book_form,
)
from exchange.usecases.registers import Period, Register
from schemas.errors import ErrorCode, Text
from schemas.identifiers import OrganId, parse_organ_id


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="REGISTER")
    for name, book in BOOKS.items():
        declared = add_action(actions, name, book.title)
        add_config(declared)
        declared.add_argument(
            "--agency", required=True, metavar="CODE", help="mã cơ quan / agency"
        )
        declared.add_argument(
            "--from", dest="first", type=_day, required=True, metavar="2026-01-01"
        )
        declared.add_argument(
            "--to", dest="last", type=_day, required=True, metavar="2026-12-31"
        )
        declared.add_argument(
            "--csv", type=Path, metavar="FILE", help="bảng tính / a spreadsheet"
        )
        declared.add_argument(
            "--pdf", type=Path, metavar="FILE", help="để in / to be printed"
        )


def run(arguments: Arguments, output: Output) -> int:
    """Write one register."""
    if arguments.csv is None and arguments.pdf is None:
        raise UsageError("--csv, --pdf")

    async def act(settings: Settings, office: DirectoryOffice) -> int:
        directory = await DirectoryCache().current(office.storage.directory)
        register = Register(
            agency=_agency(directory, arguments.agency),
            period=Period(arguments.first, arguments.last),
            directory=directory,
        )
        book = BOOKS[arguments.action]
        form = book_form(book, register, hub_id=settings.hub.id, at=office.now())
        counted = _Counted(output)
        if arguments.csv is not None:
            lines = counted.counting(book.read(office, register))
            await save(arguments.csv, as_csv(book, lines))
        if arguments.pdf is not None:
            lines = counted.counting(book.read(office, register))
            await save(arguments.pdf, as_pdf(form, lines))
        _tell([arguments.csv, arguments.pdf], counted.number, output)
        return 0

    return with_site(arguments, act)


def _agency(directory: Directory, written: str) -> OrganId:
    """Return the directory's own code; one that was closed has its register, too.

    Raises:
        IdentifierError: `written` is no code.
        ExchangeError: there is no such agency (AGENCY_UNKNOWN).
    """
    found = directory.agency(parse_organ_id(written))
    if found is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=written)
    return found.code


class _Counted:
    """Counts the lines on their way to a file, and shows the count."""

    def __init__(self, output: Output) -> None:
        self.number = 0
        self._output = output

    async def counting(self, lines: Lines) -> Lines:
        """Yield the lines."""
        self.number, progress = 0, Progress(None, self._output)
        async for line in lines:
            self.number += 1
            progress.step()
            yield line
        progress.end()


def _tell(asked: Sequence[Path | None], number: int, output: Output) -> None:
    files = [str(one) for one in asked if one is not None]
    names = ", ".join(files)
    output.result(
        {"file": files[0], "files": files, "lines": number},
        Text(f"Đã ghi {number} dòng: {names}", f"Wrote {number} lines: {names}"),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text}: 2026-12-31") from error
