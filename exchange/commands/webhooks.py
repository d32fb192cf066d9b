"""`lienthong webhooks`: endpoints of agencies, for those who keep the hub running."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.output import Output
from exchange.commands.site import add_config, operator, with_site
from exchange.commands.words import local_time
from exchange.config import Settings
from exchange.domain.notices import Notice, NoticeState, Subscription
from exchange.errors import ExchangeError
from exchange.services import DirectoryOffice
from exchange.storage.ports import NoticeQuery
from exchange.usecases.webhooks import resend_notice, try_webhook
from schemas.errors import ErrorCode, Text
from schemas.identifiers import parse_organ_id
from schemas.timestamps import format_utc

_MOST = 1000
_HEADS = (
    Text("Mã webhook", "Id"),
    Text("Cơ quan", "Agency"),
    Text("Máy nhận", "Host"),
    Text("Đã báo đến", "Cursor"),
    Text("Tạm ngừng đến", "Left alone until"),
)
_NOTICE_HEADS = (
    Text("Mã thông báo", "Id"),
    Text("Cơ quan", "Agency"),
    Text("Sự kiện", "Event"),
    Text("Số lần", "Attempts"),
    Text("Lần cuối", "Last"),
    Text("Kết quả", "Outcome"),
)


@dataclass(frozen=True, slots=True)
class _Action:
    summary: Text
    declare: Callable[[Parser], None]
    act: Callable[[Arguments, Output, DirectoryOffice], Awaitable[None]]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        declared = add_action(actions, name, action.summary)
        add_config(declared)
        action.declare(declared)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action on webhooks or their notices."""

    async def act(_settings: Settings, office: DirectoryOffice) -> int:
        await _ACTIONS[arguments.action].act(arguments, output, office)
        return 0

    return with_site(arguments, act)


def _declare_list(parser: Parser) -> None:
    parser.add_argument(
        "--agency", metavar="CODE", help="chỉ cơ quan này / of this agency alone"
    )


async def _list(arguments: Arguments, output: Output, office: DirectoryOffice) -> None:
    agency = parse_organ_id(arguments.agency) if arguments.agency else None
    found = await office.storage.notices.subscriptions(agency)
    output.result({"webhooks": [_fields(one) for one in found]})
    if output.as_json:
        return
    if not found:
        output.say(Text("Chưa có webhook nào.", "There is no webhook."))
        return
    output.table(_HEADS, [_row(one) for one in found])


def _declare_dead(parser: Parser) -> None:
    parser.add_argument("--webhook", metavar="ID", help="chỉ webhook này / of this one")
    parser.add_argument(
        "--after", default="", metavar="ID", help="mã cuối đã xem / last one seen"
    )


async def _dead(arguments: Arguments, output: Output, office: DirectoryOffice) -> None:
    query = NoticeQuery(
        state=NoticeState.DEAD_LETTER,
        subscription_id=arguments.webhook,
        after=arguments.after,
        limit=_MOST,
    )
    _show(await office.storage.notices.find(query), output)


def _declare_test(parser: Parser) -> None:
    parser.add_argument("webhook", metavar="ID", help="mã webhook / its id")


async def _test(arguments: Arguments, output: Output, office: DirectoryOffice) -> None:
    found = await office.storage.notices.subscription(arguments.webhook)
    if found is None:
        raise ExchangeError(ErrorCode.WEBHOOK_NOT_FOUND, place=arguments.webhook)
    notice = await try_webhook(office, found)
    output.result(
        _notice_fields(notice),
        Text(
            f"Dịch vụ sẽ gửi thử: {notice.notice_id}",
            f"The service will send it: {notice.notice_id}",
        ),
    )


def _declare_resend(parser: Parser) -> None:
    parser.add_argument(
        "notice", nargs="+", metavar="NOTICE", help="mã thông báo / ids of notices"
    )


async def _resend(
    arguments: Arguments, output: Output, office: DirectoryOffice
) -> None:
    again = [
        await resend_notice(office, one, actor=operator()) for one in arguments.notice
    ]
    output.result(
        {"notices": [_notice_fields(one) for one in again]},
        Text(f"Sẽ gửi lại {len(again)}.", f"{len(again)} will be sent again."),
    )


def _fields(subscription: Subscription) -> dict[str, object]:
    until = subscription.breaker.open_until
    return {
        "id": subscription.subscription_id,
        "channel": subscription.channel,
        "agency": subscription.agency,
        "system": subscription.system_id,
        "host": _host(subscription),
        "events": sorted(subscription.events),
        "cursor": subscription.cursor,
        "created_at": format_utc(subscription.created_at),
        "left_alone_until": format_utc(until) if until else None,
    }


def _row(subscription: Subscription) -> list[str]:
    until = subscription.breaker.open_until
    return [
        subscription.subscription_id,
        subscription.agency or "*",
        _host(subscription) or subscription.channel,
        str(subscription.cursor),
        local_time(until) if until else "-",
    ]


def _host(subscription: Subscription) -> str:
    """Return where a webhook is; the rest of its URL may hold a secret."""
    return urlsplit(subscription.url).netloc


def _show(found: Sequence[Notice], output: Output) -> None:
    output.result({"notices": [_notice_fields(one) for one in found]})
    if output.as_json:
        return
    if not found:
        output.say(
            Text("Không có thông báo nào không gửi được.", "There is no dead letter.")
        )
        return
    output.table(_NOTICE_HEADS, [_notice_row(one) for one in found])


def _notice_fields(notice: Notice) -> dict[str, object]:
    return {
        "id": notice.notice_id,
        "webhook": notice.subscription_id,
        "event": notice.event,
        "agency": notice.agency,
        "envelope": notice.envelope_id,
        "state": notice.state,
        "attempts": [
            {"at": format_utc(one.at), "outcome": one.outcome, "detail": one.detail}
            for one in notice.attempts
        ],
    }


def _notice_row(notice: Notice) -> list[str]:
    last = notice.attempts[-1]
    return [
        notice.notice_id,
        notice.agency,
        notice.event,
        str(len(notice.attempts)),
        local_time(last.at),
        f"{last.outcome} {last.detail}",
    ]


_ACTIONS: dict[str, _Action] = {
    "list": _Action(Text("liệt kê webhook", "list webhooks"), _declare_list, _list),
    "dead": _Action(
        Text("thông báo không gửi được", "notices that were given up"),
        _declare_dead,
        _dead,
    ),
    "test": _Action(
        Text("gửi thử một thông báo", "send a test notice"), _declare_test, _test
    ),
    "resend": _Action(
        Text("gửi lại thông báo không gửi được", "send given up notices again"),
        _declare_resend,
        _resend,
    ),
}
