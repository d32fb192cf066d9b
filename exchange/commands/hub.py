"""What the verbs that talk to a hub share: the profile, the key, the connection."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from clients.agency import AgencyClient
from clients.errors import RefusedError
from clients.profile import ClientProfile, load_profile
from clients.transport import Transport
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from pki.keys.api import Credential


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection of one system."""

    profile: ClientProfile
    credential: Credential
    client: AgencyClient


def add_profile(parser: Parser) -> None:
    """Add the argument that names the connection."""
    parser.add_argument(
        "--profile", type=Path, help="mặc định / default: VAR/client.toml"
    )


def with_hub(
    arguments: Arguments,
    output: Output,
    act: Callable[[Session], Awaitable[int]],
) -> int:
    """Connect, act, disconnect; a refusal is told in the hub's own words."""
    try:
        return asyncio.run(_connected(arguments, act))
    except RefusedError as error:
        _tell(error, output)
        return 1


async def _connected(
    arguments: Arguments, act: Callable[[Session], Awaitable[int]]
) -> int:
    profile = load_profile(arguments.profile or arguments.var / "client.toml")
    async with Transport(profile.address) as transport:
        client = AgencyClient(transport, trust=profile.material())
        return await act(Session(profile, profile.credential(), client))


def _tell(error: RefusedError, output: Output) -> None:
    problem = error.problem
    if not problem.message_en:
        output.problem(error)
        return
    english = output.language == "en"
    if output.as_json:
        output.show(json.dumps({"error": problem.as_fields()}, ensure_ascii=False))
        return
    message = problem.message_en if english else problem.message_vi
    follow = problem.next_en if english else problem.next_vi
    place = f" [{problem.place}]" if problem.place else ""
    output.usage(f"{message}{place}\n{'Next' if english else 'Cần làm'}: {follow}")
