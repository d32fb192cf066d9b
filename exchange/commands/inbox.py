"""`lienthong inbox`: list what has arrived for an agency."""

from dataclasses import asdict

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument("--after", type=int, default=-1, help="con trỏ / cursor")
    parser.add_argument("--wait", type=int, default=0, help="giây / seconds")


def run(arguments: Arguments, output: Output) -> int:
    """List one page of the inbox."""

    async def act(session: Session) -> int:
        page = await session.client.inbox(
            session.profile.agency, after=arguments.after, wait=arguments.wait
        )
        if output.as_json:
            items = [asdict(item) for item in page.items]
            output.result({"items": items, "next": page.cursor})
            return 0
        for item in page.items:
            what = item.subject or item.status_of or ""
            output.show(
                f"{item.cursor:>8}  {item.envelope_id}  {item.sender:<14}"
                f"{item.kind:<10}{item.document_code:<20}{what}"
            )
        output.show(f"--after {page.cursor}")
        return 0

    return with_hub(arguments, output, act)
