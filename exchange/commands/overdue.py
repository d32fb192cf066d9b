"""`lienthong overdue`: which documents are late, towards whom, by which deadline."""

from collections.abc import Collection

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.site import add_config, with_site
from exchange.commands.words import local_time
from exchange.config import Settings
from exchange.deadline_rules import deadline_rules
from exchange.directory_cache import DirectoryCache
from exchange.domain.deadlines import ClockName, ClockState
from exchange.services import DirectoryOffice
from exchange.usecases.read_overdue import (
    OverdueItem,
    OverduePage,
    OverdueQuery,
    read_overdue,
)
from schemas.catalogue import explain
from schemas.errors import Text
from schemas.identifiers import OrganId, parse_organ_id

_MOST = 1000
_HEADS = (
    Text("Mã trên trục", "Id"),
    Text("Nơi nhận", "Recipient"),
    Text("Nơi gửi", "From"),
    Text("Việc", "Deadline"),
    Text("Hạn", "Was due"),
)
_CLOCKS = {
    ClockName.SEND: Text("gửi", "send"),
    ClockName.CONFIRM: Text("xác nhận đã nhận", "confirm"),
    ClockName.REGISTER: Text("đăng ký, trình", "register"),
    ClockName.ANSWER: Text("giải quyết", "answer"),
}


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_config(parser)
    parser.add_argument(
        "--agency", metavar="CODE", help="chỉ của cơ quan này / of this agency alone"
    )
    parser.add_argument(
        "--after", default="", metavar="KEY", help="khóa trang trước / last one seen"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Show what is overdue."""

    async def act(settings: Settings, office: DirectoryOffice) -> int:
        rules = deadline_rules(settings.calendar, settings.deadlines)
        agency = parse_organ_id(arguments.agency) if arguments.agency else None
        query = OverdueQuery(
            agency=agency,
            inherited=await _inherited(office, agency),
            after=arguments.after,
            limit=_MOST,
        )
        page = await read_overdue(office, rules, query)
        output.result(page.fields())
        if not output.as_json:
            _show(page, output)
        return 0

    return with_site(arguments, act)


async def _inherited(
    office: DirectoryOffice, agency: OrganId | None
) -> Collection[OrganId]:
    if agency is None:
        return ()
    directory = await DirectoryCache().current(office.storage.directory)
    return directory.inherited(agency, office.now())


def _show(page: OverduePage, output: Output) -> None:
    for doubt in page.doubts:
        message = output.pick(explain(doubt.code).message)
        output.show(f"! {doubt.place}: {message}")
    if not page.items:
        output.say(Text("Không có văn bản quá hạn.", "Nothing is overdue."))
        return
    output.table(_HEADS, [row for one in page.items for row in _rows(one, output)])
    output.say(Text(f"Xem tiếp: --after {page.after}", f"Next: --after {page.after}"))


def _rows(item: OverdueItem, output: Output) -> list[list[str]]:
    row = item.row
    return [
        [
            row.envelope_id,
            row.recipient,
            row.sender,
            output.pick(_CLOCKS[clock.name]),
            local_time(clock.due_at),
        ]
        for clock, state in item.clocks
        if state is ClockState.OVERDUE
    ]
