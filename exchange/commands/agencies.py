"""`lienthong agencies`: import the directory, list it, look an agency up."""

import argparse
import asyncio
import getpass
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, add_common
from exchange.commands.files import read_file
from exchange.commands.output import Output
from exchange.config import load_settings
from exchange.database import open_database
from exchange.domain.directory_file import read_directory
from exchange.domain.records import Agency
from exchange.errors import ExchangeError
from exchange.services import DirectoryOffice, Office
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from pki.hierarchy import system_clock
from schemas.errors import ErrorCode, Text
from schemas.identifiers import parse_organ_id
from schemas.timestamps import format_utc


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, (declare, _) in _ACTIONS.items():
        action = actions.add_parser(name, allow_abbrev=False)
        add_common(action)
        action.add_argument("--config", type=Path, help="lienthong.toml")
        declare(action)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action on the directory."""
    _, act = _ACTIONS[arguments.action]
    return asyncio.run(_with_office(arguments, output, act))


_Act = Callable[[Arguments, Output, Office], Awaitable[int]]


async def _with_office(arguments: Arguments, output: Output, act: _Act) -> int:
    settings = load_settings(arguments.config)
    async with open_database(settings.mongodb, arguments.var) as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        return await act(arguments, output, office)


def _declare_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="CSV, JSON")


async def _import(arguments: Arguments, output: Output, office: Office) -> int:
    agencies = read_directory(read_file(arguments.file))
    version = await import_agencies(
        office, ImportAgencies(agencies=agencies, operator=_operator())
    )
    output.result(
        {"agencies": len(agencies), "version": version},
        Text(
            f"Đã nhập {len(agencies)} cơ quan, danh bạ phiên bản {version}",
            f"Imported {len(agencies)} agencies, directory version {version}",
        ),
    )
    return 0


def _operator() -> str:
    return f"cli:{getpass.getuser()}"


def _declare_nothing(_parser: argparse.ArgumentParser) -> None:
    """An action without arguments of its own."""


async def _list(_arguments: Arguments, output: Output, office: Office) -> int:
    agencies = await office.storage.directory.agencies()
    if output.as_json:
        output.result({"agencies": list(map(_fields, agencies))})
        return 0
    for one in agencies:
        output.show(f"{one.code:<20}{one.level:<10}{one.parent or '':<12}{one.name}")
    return 0


def _declare_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code")


async def _show(arguments: Arguments, output: Output, office: Office) -> int:
    agency = await office.storage.directory.agency(parse_organ_id(arguments.code))
    if agency is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=arguments.code)
    fields = _fields(agency)
    if output.as_json:
        output.result(fields)
        return 0
    for name, value in fields.items():
        output.show(f"{name:>12}  {value or ''}")
    return 0


def _fields(agency: Agency) -> dict[str, object]:
    fields: dict[str, object] = asdict(agency)
    fields["valid_from"] = format_utc(agency.valid_from)
    fields["valid_to"] = format_utc(agency.valid_to) if agency.valid_to else None
    return fields


_ACTIONS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], _Act]] = {
    "import": (_declare_import, _import),
    "list": (_declare_nothing, _list),
    "show": (_declare_show, _show),
}
