"""`lienthong deliveries`: what is held, failed, given up or stuck, and what to do."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from exchange.commands.arguments import (
    Arguments,
    Parser,
    add_action,
    parse_envelope_id,
)
from exchange.commands.delivery_steps import show_attempts
from exchange.commands.output import Output
from exchange.commands.site import add_config, operator, with_site
from exchange.commands.words import STATES, STEPS, local_time, word
from exchange.config import Settings
from exchange.domain.records import InboxItem, StoredReceipt
from exchange.keys import open_hub
from exchange.services import DirectoryOffice, OperatorOffice
from exchange.storage.ports import DeliveryQuery
from exchange.usecases.find_stuck import find_stuck
from exchange.usecases.look_after_deliveries import attempts_of
from exchange.usecases.tending import Tending, release, resend
from schemas.errors import Text
from schemas.identifiers import parse_organ_id
from schemas.timestamps import format_utc
from schemas.vocabulary import DeliveryState

_MOST = 1000
_HEADS = (
    Text("Mã trên trục", "Id"),
    Text("Nơi nhận", "Recipient"),
    Text("Tình trạng", "State"),
    Text("Lỗi", "Failures"),
    Text("Trục nhận lúc", "Accepted"),
    Text("Nơi gửi", "From"),
)


@dataclass(frozen=True, slots=True)
class _Action:
    summary: Text
    declare: Callable[[Parser], None]
    act: Callable[[Arguments, Output, Settings, DirectoryOffice], Awaitable[None]]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        declared = add_action(actions, name, action.summary)
        add_config(declared)
        action.declare(declared)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action on deliveries."""

    async def act(settings: Settings, office: DirectoryOffice) -> int:
        await _ACTIONS[arguments.action].act(arguments, output, settings, office)
        return 0

    return with_site(arguments, act)


def _declare_list(parser: Parser) -> None:
    parser.add_argument(
        "--state",
        choices=[one.value for one in DeliveryState],
        required=True,
        help="tình trạng / state",
    )
    parser.add_argument(
        "--after", default="", metavar="KEY", help="ID/MÃ cuối đã xem / last one seen"
    )


async def _list(
    arguments: Arguments, output: Output, _settings: Settings, office: DirectoryOffice
) -> None:
    query = DeliveryQuery(
        states=(DeliveryState(arguments.state),), after=arguments.after, limit=_MOST
    )
    _show(await office.storage.deliveries.find(query), output)


def _declare_stuck(parser: Parser) -> None:
    parser.add_argument(
        "--seconds",
        type=int,
        help="mặc định limits.stuck_seconds / by default the same",
    )


async def _stuck(
    arguments: Arguments, output: Output, settings: Settings, office: DirectoryOffice
) -> None:
    seconds = (
        settings.limits.stuck_seconds
        if arguments.seconds is None
        else arguments.seconds
    )
    _show(await find_stuck(office, seconds=seconds), output)


def _declare_shown(parser: Parser) -> None:
    parser.add_argument(
        "envelope", type=parse_envelope_id, help="mã trên trục / the hub's id"
    )


async def _show_one(
    arguments: Arguments, output: Output, _settings: Settings, office: DirectoryOffice
) -> None:
    show_attempts(await attempts_of(office, arguments.envelope), output)


def _declare_envelope(parser: Parser) -> None:
    _declare_shown(parser)
    parser.add_argument(
        "--agency",
        action="append",
        default=[],
        metavar="CODE",
        help="chỉ nơi nhận này, lặp lại được / this recipient alone, repeatable",
    )
    parser.add_argument(
        "--reason", default="", help="lý do, ghi vào biên nhận / why, kept on record"
    )


def _declare_release(parser: Parser) -> None:
    _declare_envelope(parser)
    parser.add_argument(
        "--quarantine", action="store_true", help="không cho qua / do not let through"
    )


async def _resend(
    arguments: Arguments, output: Output, settings: Settings, office: DirectoryOffice
) -> None:
    _tell(await resend(_hub(settings, office), _wanted(arguments)), output)


async def _release(
    arguments: Arguments, output: Output, settings: Settings, office: DirectoryOffice
) -> None:
    receipts = await release(
        _hub(settings, office),
        _wanted(arguments),
        lets_through=not arguments.quarantine,
    )
    _tell(receipts, output)


def _hub(settings: Settings, office: DirectoryOffice) -> OperatorOffice:
    return OperatorOffice(
        storage=office.storage, clock=office.clock, hub=open_hub(settings)
    )


def _wanted(arguments: Arguments) -> Tending:
    return Tending(
        envelope_id=arguments.envelope,
        recipients=frozenset(map(parse_organ_id, arguments.agency)),
        actor=operator(),
        reason=arguments.reason,
    )


def _show(found: Sequence[InboxItem], output: Output) -> None:
    output.result({"deliveries": [_fields(one) for one in found]})
    if output.as_json:
        return
    if not found:
        output.say(Text("Không có lượt giao nào.", "There is no such delivery."))
        return
    output.table(_HEADS, [_row(one, output) for one in found])


def _fields(item: InboxItem) -> dict[str, object]:
    delivery, retry = item.delivery, item.delivery.retry
    return {
        "envelope": delivery.envelope_id,
        "recipient": delivery.recipient,
        "state": delivery.state,
        "failures": retry.failures,
        "retry_at": format_utc(retry.retry_at) if retry.retry_at else None,
        "accepted_at": format_utc(item.envelope.accepted_at),
        "sender": item.envelope.sender,
    }


def _row(item: InboxItem, output: Output) -> list[str]:
    delivery = item.delivery
    return [
        delivery.envelope_id,
        delivery.recipient,
        word(STATES, delivery.state, output),
        str(delivery.retry.failures),
        local_time(item.envelope.accepted_at),
        item.envelope.sender,
    ]


def _tell(receipts: Sequence[StoredReceipt], output: Output) -> None:
    output.result(
        {
            "steps": [
                {"step": one.step, "recipient": one.recipient, "key": one.key}
                for one in receipts
            ]
        }
    )
    for one in receipts:
        step = word(STEPS, one.step, output)
        output.say(Text(f"{one.recipient}: {step}", f"{one.recipient}: {step}"))


_ACTIONS: dict[str, _Action] = {
    "list": _Action(
        Text("liệt kê theo tình trạng", "list by state"), _declare_list, _list
    ),
    "stuck": _Action(
        Text("những lượt giao đứng yên quá lâu", "what has not moved for too long"),
        _declare_stuck,
        _stuck,
    ),
    "show": _Action(
        Text("mọi bước của một văn bản, vì sao bị giữ", "every step of one, and why"),
        _declare_shown,
        _show_one,
    ),
    "resend": _Action(Text("giao lại", "offer again"), _declare_envelope, _resend),
    "release": _Action(
        Text("thôi tạm giữ", "let through what is held"), _declare_release, _release
    ),
}
