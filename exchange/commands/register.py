"""`lienthong register`: registers of documents (Decree 30/2020 Annex IV) as CSV."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError, add_action
from exchange.commands.output import Output
from exchange.commands.site import add_config, with_site
from exchange.config import Settings
from exchange.directory_cache import DirectoryCache
from exchange.domain.registers import INCOMING_COLUMNS, OUTGOING_COLUMNS
from exchange.domain.spreadsheet import BEGINNING, csv_line
from exchange.services import DirectoryOffice, Office
from exchange.usecases.registers import Period, Register, incoming, outgoing
from schemas.errors import Text
from schemas.identifiers import parse_organ_id


@dataclass(frozen=True, slots=True)
class _Kind:
    summary: Text
    columns: tuple[Text, ...]
    lines: Callable[[Office, Register], AsyncIterator[tuple[str, ...]]]


_KINDS = {
    "incoming": _Kind(
        Text("sổ đăng ký văn bản đến", "what arrived"), INCOMING_COLUMNS, incoming
    ),
    "outgoing": _Kind(
        Text("sổ đăng ký văn bản đi", "what was sent"), OUTGOING_COLUMNS, outgoing
    ),
}


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="REGISTER")
    for name, kind in _KINDS.items():
        declared = add_action(actions, name, kind.summary)
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
            "--csv",
            type=Path,
            required=True,
            metavar="FILE",
            help="ghi ra / written to",
        )


def run(arguments: Arguments, output: Output) -> int:
    """Write one register."""
    kind, file = _KINDS[arguments.action], arguments.csv

    async def act(_settings: Settings, office: DirectoryOffice) -> int:
        register = Register(
            agency=parse_organ_id(arguments.agency),
            period=Period(arguments.first, arguments.last),
            directory=await DirectoryCache().current(office.storage.directory),
        )
        number = await _write(file, kind.columns, kind.lines(office, register))
        output.result(
            {"file": str(file), "lines": number},
            Text(f"Đã ghi {number} dòng: {file}", f"Wrote {number} lines: {file}"),
        )
        return 0

    return with_site(arguments, act)


async def _write(
    file: Path, columns: tuple[Text, ...], lines: AsyncIterator[tuple[str, ...]]
) -> int:
    number = 0
    with file.open("wb") as written:
        written.write(BEGINNING + csv_line(one.vi for one in columns))
        async for line in lines:
            written.write(csv_line(line))
            number += 1
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text}: 2026-12-31") from error
