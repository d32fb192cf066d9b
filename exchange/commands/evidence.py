"""`lienthong evidence`: fetch the evidence bundle of an envelope."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.files import require_absent, write_new
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.errors import Text
from schemas.identifiers import EnvelopeId


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument("envelope", help="mã trên trục / the hub's id")
    parser.add_argument("--out", type=Path, help="mặc định / default: ENVELOPE.zip")


def run(arguments: Arguments, output: Output) -> int:
    """Fetch the bundle and write it."""
    target = arguments.out or Path(f"{arguments.envelope}.zip")
    require_absent(target)

    async def act(session: Session) -> int:
        bundle = await session.client.evidence(
            session.profile.agency, EnvelopeId(arguments.envelope)
        )
        write_new(target, bundle)
        output.result(
            {"file": str(target), "bytes": len(bundle)},
            Text(
                f"Hồ sơ chứng cứ: {target}\nKiểm tra: lienthong verify {target}",
                f"Evidence bundle: {target}\nCheck it: lienthong verify {target}",
            ),
        )
        return 0

    return with_hub(arguments, output, act)
