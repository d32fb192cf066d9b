"""What the verbs share that work on a site's database beside its service."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.config import Settings
from exchange.config_file import load_settings
from exchange.database import open_database
from exchange.services import DirectoryOffice
from pki.ca.hierarchy import system_clock

Act = Callable[[Settings, DirectoryOffice], Awaitable[int]]


def add_config(parser: Parser) -> None:
    """Add the argument that names the site's settings."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="cấu hình / lienthong.toml"
    )


def with_site(arguments: Arguments, act: Act) -> int:
    """Open the database of a site, act, close it."""
    return asyncio.run(_opened(arguments, act))


async def _opened(arguments: Arguments, act: Act) -> int:
    settings = load_settings(arguments.config)
    async with open_database(settings.mongodb, arguments.var) as storage:
        return await act(settings, DirectoryOffice(storage=storage, clock=system_clock))


def operator() -> str:
    """Return who works at this terminal, as audit lines name them."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        # A container may run under a number that no account has.
        return f"cli:uid-{os.getuid()}"
