"""`lienthong maintenance`: take nothing in for a while; reading goes on."""

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.site import add_config, operator, with_site
from exchange.config import Settings
from exchange.domain.maintenance import Maintenance
from exchange.services import DirectoryOffice
from exchange.usecases.switch_maintenance import begin_maintenance, end_maintenance
from schemas.errors import Text
from schemas.timestamps import format_utc


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument("state", choices=("on", "off", "show"))
    parser.add_argument(
        "--reason", default="", help="lý do, bên gửi thấy / why, shown to senders"
    )
    add_config(parser)


def run(arguments: Arguments, output: Output) -> int:
    """Begin, end or show maintenance."""

    async def act(_settings: Settings, office: DirectoryOffice) -> int:
        if arguments.state == "on":
            await begin_maintenance(office, arguments.reason, operator=operator())
        elif arguments.state == "off":
            await end_maintenance(office, operator=operator())
        _tell(await office.storage.controls.maintenance(), output)
        return 0

    return with_site(arguments, act)


def _tell(found: Maintenance | None, output: Output) -> None:
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
