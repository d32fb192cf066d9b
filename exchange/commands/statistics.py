"""`lienthong statistics`: what agencies sent and got, month by month."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser
from exchange.commands.output import Output
from exchange.commands.saving import save
from exchange.commands.site import add_config, operator, with_site
from exchange.config import Settings
from exchange.directory_cache import DirectoryCache
from exchange.domain.directory import Directory
from exchange.services import DirectoryOffice
from exchange.usecases.recount_statistics import recount_statistics
from exchange.usecases.register_books import titles
from exchange.usecases.statistics import (
    StatisticsQuery,
    StatisticsRow,
    statistics,
)
from exchange.usecases.statistics_files import (
    StatisticsCover,
    counts_as_csv,
    counts_as_pdf,
)
from schemas.errors import Text
from schemas.identifiers import parse_organ_id
from schemas.vocabulary import Level

_SHOWN = (
    ("month", Text("Tháng", "Month")),
    ("level", Text("Cấp", "Level")),
    ("agency", Text("Cơ quan", "Agency")),
    ("sent", Text("Đi", "Sent")),
    ("received", Text("Đến", "Received")),
    ("sent_signed_share", Text("Đi ký số", "Signed")),
    ("sent_electronic_only_share", Text("Chỉ điện tử", "Electronic only")),
    ("sent_on_time_share", Text("Gửi đúng hạn", "Sent in time")),
    ("registered_on_time_share", Text("Đăng ký đúng hạn", "Registered in time")),
)


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    add_config(parser)
    parser.add_argument("--from", dest="first", required=True, metavar="2026-01")
    parser.add_argument("--to", dest="last", required=True, metavar="2026-12")
    parser.add_argument("--agency", metavar="CODE", help="mã cơ quan / agency")
    parser.add_argument(
        "--below", action="store_true", help="cả cấp dưới / agencies below it too"
    )
    parser.add_argument(
        "--level",
        choices=[one.value for one in Level],
        help="chỉ cấp này / only of this level",
    )
    parser.add_argument(
        "--by-level", action="store_true", help="gộp theo cấp / one row for a level"
    )
    parser.add_argument(
        "--recount",
        action="store_true",
        help="cộng lại theo danh bạ hiện có / add up anew by the directory as it is",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="bảng tính / a spreadsheet"
    )
    parser.add_argument(
        "--pdf", type=Path, metavar="FILE", help="để in / to be printed"
    )


def run(arguments: Arguments, output: Output) -> int:
    """Show counts, or write them to a file."""

    async def act(settings: Settings, office: DirectoryOffice) -> int:
        directory = await DirectoryCache().current(office.storage.directory)
        query = StatisticsQuery(
            first_month=arguments.first,
            last_month=arguments.last,
            agency=parse_organ_id(arguments.agency) if arguments.agency else None,
            with_below=arguments.below,
            level=Level(arguments.level) if arguments.level else None,
            by_level=arguments.by_level,
        )
        recounted = await _recounted(arguments, directory, office)
        for month, number in recounted.items():
            output.say(_moved(month, number))
        rows = await statistics(office, directory, query)
        if arguments.csv is not None:
            await save(arguments.csv, counts_as_csv(rows))
        if arguments.pdf is not None:
            cover = StatisticsCover(
                owner=_owner(arguments, directory, office),
                hub_id=settings.hub.id,
                at=office.now(),
            )
            chunks = counts_as_pdf(rows, query, cover)
            await save(arguments.pdf, chunks)
        shown = {"recounted": recounted} if arguments.recount else {}
        output.result({"rows": [one.fields() for one in rows], **shown})
        if not output.as_json:
            _show(rows, output)
        return 0

    return with_site(arguments, act)


async def _recounted(
    arguments: Arguments, directory: Directory, office: DirectoryOffice
) -> Mapping[str, int]:
    if not arguments.recount:
        return {}
    return await recount_statistics(
        office, directory, arguments.first, arguments.last, operator=operator()
    )


def _moved(month: str, number: int) -> Text:
    return Text(
        f"{month}: {number} cơ quan được tính vào cấp trên khác",
        f"{month}: {number} agencies count below others than before",
    )


def _owner(
    arguments: Arguments, directory: Directory, office: DirectoryOffice
) -> tuple[str, ...]:
    if not arguments.agency:
        return ()
    return titles(directory, parse_organ_id(arguments.agency), office.now())


def _show(rows: Sequence[StatisticsRow], output: Output) -> None:
    names = [name for name, _ in _SHOWN]
    cells = [[_cell(fields[one]) for one in names] for fields in _fields(rows)]
    output.table([head for _, head in _SHOWN], cells)


def _fields(rows: Sequence[StatisticsRow]) -> list[dict[str, object]]:
    return [one.fields() for one in rows]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1%}"
    return "-" if value is None else str(value)
