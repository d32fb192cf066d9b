"""`lienthong maintenance`: take nothing in for a while; reading goes on."""

import asyncio
import getpass
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.config_file import load_settings
from exchange.database import open_database
from exchange.services import DirectoryOffice
from exchange.usecases.switch_maintenance import begin_maintenance, end_maintenance
from pki.ca.hierarchy import system_clock
from schemas.errors import Text
from schemas.timestamps import format_utc


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("state", choices=("on", "off", "show"))
    parser.add_argument(
        "--reason", default="", help="lý do, bên gửi thấy / why, shown to senders"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="cấu hình / lienthong.toml"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Begin, end or show maintenance."""
    asyncio.run(_run(arguments, output))
    return 0


async def _run(arguments: Arguments, output: Output) -> None:
    settings = load_settings(arguments.config)
    async with open_database(settings.mongodb, arguments.var) as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        operator = f"cli:{getpass.getuser()}"
        if arguments.state == "on":
            await begin_maintenance(office, arguments.reason, operator=operator)
        elif arguments.state == "off":
            await end_maintenance(office, operator=operator)
        found = await storage.controls.maintenance()
    if found is None:
        output.result(
            {"maintenance": False},
            Text("Đang nhận văn bản", "Documents are taken in"),
        )
        return
    since = format_utc(found.since)
    output.result(
        {"maintenance": True, "since": since, "reason": found.reason},
        Text(
            f"Bảo trì từ {since}: không nhận văn bản. {found.reason}",
            f"Maintenance since {since}: nothing is taken in. {found.reason}",
        ),
    )
