"""`lienthong agencies`: the directory of agencies and of the systems they use."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exchange.commands.agency_changes import (
    CHANGES,
    change,
    declare_change,
    moment_of,
)
from exchange.commands.agency_fields import (
    agency_fields,
    show_entitlement,
    show_history,
)
from exchange.commands.agency_sync import SYNC, declare_sync, sync
from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.files import read_file
from exchange.commands.output import Output, Progress
from exchange.commands.site import operator
from exchange.commands.systems import (
    declare_registration,
    declare_taking_away,
    list_systems,
    register,
    take_away,
)
from exchange.commands.words import LEVELS, word
from exchange.config_file import load_settings
from exchange.database import open_database
from exchange.domain.directory_file import read_directory
from exchange.errors import ExchangeError
from exchange.services import DirectoryOffice, Office
from exchange.usecases.entitlement import entitlement
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from pki.ca.hierarchy import system_clock
from schemas.errors import ErrorCode, Text
from schemas.identifiers import parse_organ_id

_HEADS = (
    Text("Mã", "Code"),
    Text("Cấp", "Level"),
    Text("Cấp trên", "Parent"),
    Text("Tên cơ quan", "Name"),
)


@dataclass(frozen=True, slots=True)
class _Action:
    summary: Text
    declare: Callable[[Parser], None]
    act: Callable[[Arguments, Output, Office], Awaitable[None]]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        declared = add_action(actions, name, action.summary)
        declared.add_argument(
            "--config", type=Path, metavar="FILE", help="cấu hình / lienthong.toml"
        )
        action.declare(declared)
    declare_sync(actions)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action on the directory."""
    if arguments.action == SYNC:
        return sync(arguments, output)
    asyncio.run(_with_office(arguments, output, _ACTIONS[arguments.action]))
    return 0


async def _with_office(arguments: Arguments, output: Output, action: _Action) -> None:
    settings = load_settings(arguments.config)
    async with open_database(settings.mongodb, arguments.var) as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        await action.act(arguments, output, office)


def _declare_import(parser: Parser) -> None:
    parser.add_argument("file", type=Path, help="CSV, JSON")


async def _import(arguments: Arguments, output: Output, office: Office) -> None:
    agencies = read_directory(read_file(arguments.file))
    progress = Progress(len(agencies), output)
    command = ImportAgencies(agencies=agencies, operator=operator(), told=progress.to)
    version = await import_agencies(office, command)
    progress.to(len(agencies))
    output.result(
        {"agencies": len(agencies), "version": version},
        Text(
            f"Đã nhập {len(agencies)} cơ quan, danh bạ phiên bản {version}",
            f"Imported {len(agencies)} agencies, directory version {version}",
        ),
    )


def _declare_nothing(_parser: Parser) -> None:
    """An action without arguments of its own."""


async def _list(_arguments: Arguments, output: Output, office: Office) -> None:
    agencies = await office.storage.directory.agencies()
    output.result({"agencies": list(map(agency_fields, agencies))})
    if output.as_json:
        return
    if not agencies:
        output.say(Text("Danh bạ còn trống.", "The directory is empty."))
        return
    output.table(
        _HEADS,
        [
            [one.code, word(LEVELS, one.level, output), one.parent or "-", one.name]
            for one in agencies
        ],
    )


def _declare_code(parser: Parser) -> None:
    parser.add_argument("code", help="mã định danh / agency code")


def _declare_show(parser: Parser) -> None:
    _declare_code(parser)
    parser.add_argument(
        "--at", metavar="DATE", help="ai, vào lúc nào / who it was at a moment"
    )


async def _show(arguments: Arguments, output: Output, office: Office) -> None:
    code = parse_organ_id(arguments.code)
    if arguments.at is not None:
        at = moment_of("--at", arguments.at)
        show_entitlement(await entitlement(office, code, at), output)
        return
    agency = await office.storage.directory.agency(code)
    if agency is None:
        raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=arguments.code)
    fields = agency_fields(agency)
    output.result(fields)
    if output.as_json:
        return
    current = [one.sha256 for one in agency.encryption if one.is_current]
    for name, value in {**fields, "encryption": ", ".join(current)}.items():
        output.show(f"{name:>12}  {value or '-'}")


async def _history(arguments: Arguments, output: Output, office: Office) -> None:
    code = parse_organ_id(arguments.code)
    show_history(await entitlement(office, code, office.now()), output)


async def _change(arguments: Arguments, output: Output, office: Office) -> None:
    await change(arguments, output, office, operator=operator())


async def _register(arguments: Arguments, output: Output, office: Office) -> None:
    await register(arguments, output, office, operator=operator())


async def _take_away(arguments: Arguments, output: Output, office: Office) -> None:
    await take_away(arguments, output, office, operator=operator())


_ACTIONS = {
    "import": _Action(
        Text("nhập danh bạ", "import the directory"), _declare_import, _import
    ),
    "list": _Action(Text("liệt kê", "list"), _declare_nothing, _list),
    "show": _Action(Text("xem một cơ quan", "show one"), _declare_show, _show),
    "history": _Action(
        Text("lịch sử một cơ quan", "the history of one"), _declare_code, _history
    ),
    **{
        name: _Action(verb.summary, partial(declare_change, verb=verb), _change)
        for name, verb in CHANGES.items()
    },
    "register-system": _Action(
        Text("đăng ký hệ thống kết nối", "register a connected system"),
        declare_registration,
        _register,
    ),
    "systems": _Action(
        Text("các hệ thống kết nối", "connected systems"),
        _declare_nothing,
        list_systems,
    ),
    "unregister-system": _Action(
        Text("bỏ đăng ký hệ thống", "take a system away"),
        declare_taking_away,
        _take_away,
    ),
}
