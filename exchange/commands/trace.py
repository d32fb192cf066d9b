"""`lienthong trace`: show where an envelope is and what became of it."""

import json

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.identifiers import EnvelopeId


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument("envelope", help="mã trên trục / the hub's id")


def run(arguments: Arguments, output: Output) -> int:
    """Show states and steps."""

    async def act(session: Session) -> int:
        found = await session.client.trace(
            session.profile.agency, EnvelopeId(arguments.envelope)
        )
        output.show(json.dumps(found, ensure_ascii=False, indent=2))
        return 0

    return with_hub(arguments, output, act)
