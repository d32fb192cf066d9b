"""`lienthong inbox`: list what has arrived for an agency."""

from dataclasses import asdict

from clients.answers import InboxItem, InboxPage
from exchange.commands.arguments import Arguments, Parser
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from exchange.commands.words import KINDS, STATES, word
from schemas.errors import Text

_HEADS = (
    Text("Số TT", "Cursor"),
    Text("Mã trên trục", "Id"),
    Text("Nơi gửi", "From"),
    Text("Loại", "Kind"),
    Text("Tình trạng", "State"),
    Text("Số, ký hiệu", "Number"),
    Text("Trích yếu", "Subject"),
)


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_profile(parser)
    parser.add_argument(
        "--after",
        type=int,
        default=-1,
        metavar="CURSOR",
        help="chỉ những gì đến sau số thứ tự này / only what came after it",
    )
    parser.add_argument(
        "--wait",
        type=int,
        default=0,
        metavar="SECONDS",
        help="chờ tối đa số giây này nếu chưa có gì / wait if there is nothing",
    )


def run(arguments: Arguments, output: Output) -> int:
    """List one page of the inbox."""

    async def act(session: Session) -> int:
        page = await session.client.inbox(
            session.profile.agency, after=arguments.after, wait=arguments.wait
        )
        if output.as_json:
            items = [asdict(item) for item in page.items]
            output.result({"items": items, "next": page.cursor})
        else:
            _show(page, output)
        return 0

    return with_hub(arguments, output, act)


def _show(page: InboxPage, output: Output) -> None:
    if not page.items:
        output.say(Text("Không có văn bản đến nào mới.", "Nothing new has arrived."))
        return
    output.table(_HEADS, [_row(item, output) for item in page.items])
    output.say(
        Text(
            f"\nXem tiếp: lienthong inbox --after {page.cursor}",
            f"\nGo on with: lienthong inbox --after {page.cursor}",
        )
    )


def _row(item: InboxItem, output: Output) -> list[str]:
    about = output.pick(Text("về", "about"))
    return [
        str(item.cursor),
        item.envelope_id,
        item.sender,
        word(KINDS, item.kind, output),
        word(STATES, item.state, output),
        item.document_code or "-",
        item.subject or (f"{about} {item.status_of}" if item.status_of else "-"),
    ]
