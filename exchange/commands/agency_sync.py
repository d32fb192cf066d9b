"""`lienthong agencies sync`: a copy of the hub's directory, brought up to date."""

from pathlib import Path
from typing import TYPE_CHECKING

from clients.directory import follow, load_copy, save_copy
from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.errors import Text

if TYPE_CHECKING:
    import argparse

SYNC = "sync"


def declare_sync(actions: "argparse._SubParsersAction[Parser]") -> None:
    """Declare the action and its arguments."""
    summary = Text("chép danh bạ của trục về", "keep a copy of the hub's directory")
    parser = add_action(actions, SYNC, summary)
    add_profile(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="mặc định VAR/agencies.json / by default it",
    )


def sync(arguments: Arguments, output: Output) -> int:
    """Bring the copy up to the hub's version."""
    path: Path = arguments.out or arguments.var / "agencies.json"

    async def act(session: Session) -> int:
        before = load_copy(path)
        counts: list[int] = []
        after = await follow(session.client, before, told=counts.append)
        save_copy(path, after)
        output.result(
            {
                "file": str(path),
                "before": before.version,
                "version": after.version,
                "changed": sum(counts),
                "agencies": len(after.agencies),
            },
            Text(
                f"Danh bạ phiên bản {after.version}: {sum(counts)} cơ quan thay đổi",
                f"Directory version {after.version}: {sum(counts)} agencies changed",
            ),
        )
        return 0

    return with_hub(arguments, output, act)
