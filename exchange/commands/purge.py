"""`lienthong purge`: remove bodies that need not be kept; all else stays."""

from dataclasses import replace

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.site import add_config, operator, with_site
from exchange.config import Settings
from exchange.keys import open_hub
from exchange.retention import retention_policy
from exchange.services import DirectoryOffice, OperatorOffice
from exchange.usecases.purge_bodies import Purging, purge_bodies
from schemas.errors import Text


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "--dry-run", action="store_true", help="chỉ liệt kê / only list what would go"
    )
    parser.add_argument(
        "--dead-letters",
        action="store_true",
        help=(
            "đóng cả lượt không giao được, quá hạn lưu / close deliveries that were "
            "given up, past retention, too"
        ),
    )
    add_config(parser)


def run(arguments: Arguments, output: Output) -> int:
    """Purge what need not be kept."""

    async def act(settings: Settings, office: DirectoryOffice) -> int:
        policy = retention_policy(settings.retention)
        purging = Purging(
            policy=replace(policy, dead_letters=arguments.dead_letters),
            actor=operator(),
            only_look=arguments.dry_run,
        )
        attesting = OperatorOffice(
            storage=office.storage, clock=office.clock, hub=open_hub(settings)
        )
        found = [one async for one in purge_bodies(attesting, purging)]
        size = sum(one.size for one in found)
        did = (
            Text("Sẽ xóa nội dung", "Would purge")
            if arguments.dry_run
            else Text("Đã xóa nội dung", "Purged")
        )
        output.result(
            {
                "envelopes": [one.envelope_id for one in found],
                "bytes": size,
                "dry_run": arguments.dry_run,
            },
            Text(
                f"{did.vi}: {len(found)} gói, {size} byte",
                f"{did.en}: {len(found)} envelopes, {size} bytes",
            ),
        )
        return 0

    return with_site(arguments, act)
