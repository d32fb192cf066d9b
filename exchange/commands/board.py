"""`lienthong board`: which recipients have not acknowledged what an agency sent."""

from clients.answers import BoardPage
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from exchange.commands.words import STATES, local_time, word
from schemas.errors import Text

_HEADS = (
    Text("Mã trên trục", "Id"),
    Text("Số, ký hiệu", "Number"),
    Text("Nơi nhận", "Recipient"),
    Text("Tình trạng", "State"),
    Text("Trục nhận lúc", "Accepted"),
)


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "--all",
        action="store_true",
        help="cả những nơi đã nhận / those that have acknowledged too",
    )
    parser.add_argument(
        "--after", default="", metavar="KEY", help="khóa trang trước / last one seen"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Show one page of the board."""

    async def act(session: Session) -> int:
        page = await session.client.outbox(
            session.profile.agency,
            unacknowledged=not arguments.all,
            after=arguments.after,
        )
        output.result(page.answer)
        if not output.as_json:
            _show(page, output)
        return 0

    return with_hub(arguments, output, act)


def _show(page: BoardPage, output: Output) -> None:
    if not page.items:
        output.say(Text("Không còn nơi nào.", "There is none."))
        return
    rows = [
        [
            one.envelope_id,
            one.document_code,
            one.agency,
            word(STATES, one.state, output),
            local_time(one.accepted_at),
        ]
        for one in page.items
    ]
    output.table(_HEADS, rows)
    output.say(Text(f"Xem tiếp: --after {page.after}", f"Next: --after {page.after}"))
