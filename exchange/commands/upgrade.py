"""`lienthong upgrade`: bring the database to the layout of this program."""

import asyncio

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output, Progress
from exchange.commands.site import add_config
from exchange.config_file import load_settings
from exchange.database import database_address
from exchange.storage.mongo.store import layout_of, upgrade_layout
from exchange.storage.mongo.upgrading import Layout
from schemas.errors import Text

_NEEDED = 2


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "--check",
        action="store_true",
        help="chỉ xem cần làm gì / only tell what would be done",
    )
    add_config(parser)


def run(arguments: Arguments, output: Output) -> int:
    """Upgrade, or tell what that would do; 2 if something is to be done."""
    return asyncio.run(_run(arguments, output))


async def _run(arguments: Arguments, output: Output) -> int:
    settings = load_settings(arguments.config).mongodb
    async with database_address(settings, arguments.var) as uri:
        layout = await layout_of(uri, database=settings.database)
        if not layout.is_current and not arguments.check:
            progress = Progress(sum(count for _, count in layout.pending), output)
            name = settings.database
            await upgrade_layout(uri, database=name, told=progress.many)
            layout = await layout_of(uri, database=settings.database)
    output.result(_fields(layout), _words(layout))
    return 0 if layout.is_current else _NEEDED


def _fields(layout: Layout) -> dict[str, object]:
    return {
        "found": layout.found,
        "known": layout.known,
        "pending": [
            {"step": name, "documents": count} for name, count in layout.pending
        ],
    }


def _words(layout: Layout) -> Text:
    if layout.is_current:
        return Text(
            f"Cơ sở dữ liệu đúng dạng {layout.known}, không cần nâng cấp.",
            f"The database has layout {layout.known}; nothing is to be done.",
        )
    steps = ", ".join(f"{name} ({count})" for name, count in layout.pending)
    return Text(
        f"Cơ sở dữ liệu dạng {layout.found}, cần lên dạng {layout.known}: {steps}",
        f"The database has layout {layout.found} and needs {layout.known}: {steps}",
    )
