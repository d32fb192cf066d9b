"""What the verbs that talk to a hub share: the profile, the key, the connection."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from clients.agency import AgencyClient
from clients.errors import ClientError, RefusedError, UnreachableError
from clients.profile import ClientProfile, load_profile
from clients.transport import Transport
from clients.witness import LogWitness
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output, Refusal
from pki.keys.api import Credential
from schemas.errors import Text


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection of one system."""

    profile: ClientProfile
    credential: Credential
    client: AgencyClient
    witness: LogWitness


def add_profile(parser: Parser) -> None:
    """Add the argument that names the connection."""
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FILE",
        help="cấu hình kết nối, mặc định VAR/client.toml / connection, by default it",
    )


def with_hub(
    arguments: Arguments,
    output: Output,
    act: Callable[[Session], Awaitable[int]],
) -> int:
    """Connect, act, disconnect; what the hub says is told in its own words."""
    try:
        return asyncio.run(_connected(arguments, act))
    except (RefusedError, UnreachableError) as error:
        output.refuse(refusal_of(error))
        return 1


async def _connected(
    arguments: Arguments, act: Callable[[Session], Awaitable[int]]
) -> int:
    profile = load_profile(arguments.profile or arguments.var / "client.toml")
    credential, trust = profile.credential(), profile.material()
    async with Transport(profile.address) as transport:
        client = AgencyClient(transport, trust=trust)
        witness = LogWitness(transport, trust=trust)
        return await act(Session(profile, credential, client, witness))


def refusal_of(error: ClientError) -> Refusal:
    """Return the hub's own words; the catalogue's where it gave none."""
    if not isinstance(error, RefusedError | UnreachableError):
        return Refusal.of(error)
    problem = error.problem
    if problem is None or not problem.message_vi or not problem.message_en:
        return Refusal.of(error)
    return Refusal(
        code=problem.code,
        side=problem.side,
        place=problem.place,
        message=Text(problem.message_vi, problem.message_en),
        next=Text(problem.next_vi, problem.next_en),
    )
