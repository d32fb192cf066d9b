"""`lienthong evidence`: fetch the evidence bundle of an envelope."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, parse_envelope_id
from exchange.commands.files import require_absent, write_new
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output, Progress
from schemas.errors import Text


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "envelope", type=parse_envelope_id, help="mã trên trục / the hub's id"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="mặc định ENVELOPE.zip / by default the same",
    )


def run(arguments: Arguments, output: Output) -> int:
    """Fetch the bundle and write it."""
    target = arguments.out or Path(f"{arguments.envelope}.zip")
    require_absent(target)

    async def act(session: Session) -> int:
        progress = Progress(None, output)
        bundle = await session.client.evidence(
            session.profile.agency,
            arguments.envelope,
            progress.to,
        )
        progress.end()
        write_new(target, bundle)
        output.result(
            {"file": str(target), "bytes": len(bundle)},
            Text(
                f"Hồ sơ chứng cứ: {target}\n"
                f"Kiểm tra: lienthong verify {target} --trust root.pem",
                f"Evidence bundle: {target}\n"
                f"Check it: lienthong verify {target} --trust root.pem",
            ),
        )
        return 0

    return with_hub(arguments, output, act)
