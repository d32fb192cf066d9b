"""`lienthong agencies merge|split|rename|move|close|recode`: changes with a date."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from exchange.commands.agency_fields import agency_fields
from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.domain.accounts import Account
from exchange.domain.agency_advice import advice
from exchange.domain.agency_history import DirectoryChange
from exchange.domain.agency_orders import (
    Close,
    Merge,
    Move,
    NewAgency,
    Order,
    Recode,
    Rename,
    Split,
)
from exchange.domain.directory_file import read_moment
from exchange.services import Office
from exchange.usecases.change_agencies import (
    ChangeAgencies,
    change_agencies,
    plan_change,
)
from exchange.usecases.preview_change import people_left
from schemas.errors import Text
from schemas.identifiers import OrganId, parse_organ_id
from schemas.vocabulary import Level


@dataclass(frozen=True, slots=True)
class ChangeVerb:
    """One kind of change on the command line."""

    summary: Text
    declare: Callable[[Parser], None]
    order: Callable[[Arguments], Order]


def declare_change(parser: Parser, verb: ChangeVerb) -> None:
    """Declare the arguments of one kind of change, and those of all."""
    verb.declare(parser)
    parser.add_argument(
        "--effective",
        metavar="DATE",
        help="ngày hiệu lực, mặc định bây giờ / from when, by default now",
    )
    parser.add_argument("--reason", required=True, help="lý do / why")
    parser.add_argument(
        "--basis", default="", help="căn cứ pháp lý / the decision behind it"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="chỉ xem / show it, change nothing"
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A change with whom it leaves without a role."""

    order: Order
    planned: DirectoryChange
    left: tuple[Account, ...]


async def change(
    arguments: Arguments, output: Output, office: Office, *, operator: str
) -> None:
    """Plan a change, and carry it out unless it is only to be shown."""
    verb = CHANGES[arguments.action]
    order = verb.order(arguments)
    command = ChangeAgencies(
        order=order,
        effective=_effective(arguments, office.now()),
        reason=arguments.reason,
        legal_basis=arguments.basis,
        operator=operator,
    )
    act = plan_change if arguments.dry_run else change_agencies
    planned = await act(office, command)
    told = _Told(order, planned, await people_left(office, planned))
    _tell(told, output, is_done=not arguments.dry_run)


def moment_of(option: str, text: str) -> datetime:
    """Read a day or a time of the command line.

    Raises:
        UsageError: it is neither.
    """
    try:
        return read_moment(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: 2026-07-01") from error


def _effective(arguments: Arguments, now: datetime) -> datetime:
    if not arguments.effective:
        return now
    return moment_of("--effective", arguments.effective)


def _tell(told: _Told, output: Output, *, is_done: bool) -> None:
    planned, wanted = told.planned, advice(told.order, told.planned)
    output.result(
        {
            "done": is_done,
            "event": planned.event.fields(),
            "version": planned.before + 1,
            "agencies": [agency_fields(one) for one in planned.agencies],
            "certificates": {
                "amend": list(wanted.amend),
                "revoke": list(wanted.revoke),
                "command": wanted.command,
            },
            "people": {
                "carried_over": [one.before.account_id for one in planned.accounts],
                "without_role": [one.account_id for one in told.left],
            },
        }
    )
    if output.as_json:
        return
    codes = ", ".join(one.code for one in planned.agencies)
    if is_done:
        said = Text(f"Đã thay đổi: {codes}", f"Changed: {codes}")
    else:
        said = Text(f"Sẽ thay đổi: {codes}", f"Would change: {codes}")
    output.say(said)
    if wanted.command:
        amend, revoke = ", ".join(wanted.amend), ", ".join(wanted.revoke)
        output.say(
            Text(
                f"Chứng thư: sửa [{amend}], thu hồi [{revoke}], nơi có CA chạy:",
                f"Certificates: amend [{amend}], revoke [{revoke}]; where the CA is:",
            )
        )
        output.show(f"  {wanted.command}")
    if told.left:
        people = ", ".join(one.account_id for one in told.left)
        output.say(
            Text(
                f"Cần giao lại vai trò (lienthong accounts roles): {people}",
                f"To be given roles (lienthong accounts roles): {people}",
            )
        )


def _code(text: str) -> OrganId:
    return parse_organ_id(text)


def _optional(text: str | None) -> OrganId | None:
    return parse_organ_id(text) if text else None


def _declare_new(parser: Parser) -> None:
    parser.add_argument("--parent", metavar="CODE", help="cấp trên / parent")
    parser.add_argument(
        "--level", choices=[one.value for one in Level], help="cấp / level"
    )
    parser.add_argument("--code-2016", metavar="CODE", help="mã 13 ký tự / 2016 form")
    parser.add_argument("--email", default="", help="thư điện tử / e-mail")


def _new(arguments: Arguments, code: str, name: str) -> NewAgency:
    return NewAgency(
        code=_code(code),
        name=name,
        parent=_optional(arguments.parent),
        level=Level(arguments.level) if arguments.level else None,
        code_2016=_optional(arguments.code_2016),
        email=arguments.email,
    )


def _declare_merge(parser: Parser) -> None:
    parser.add_argument(
        "--from",
        dest="sources",
        action="append",
        required=True,
        metavar="CODE",
        help="cơ quan sáp nhập, lặp lại được / agency that merges, repeatable",
    )
    parser.add_argument(
        "--into", required=True, metavar="CODE", help="cơ quan về sau / agency after"
    )
    parser.add_argument(
        "--name", help="tên, nếu là cơ quan mới / its name, where it is a new one"
    )
    _declare_new(parser)


def _merge(arguments: Arguments) -> Order:
    is_new = bool(arguments.name)
    into: OrganId | NewAgency = _code(arguments.into)
    if is_new:
        into = _new(arguments, arguments.into, arguments.name)
    return Merge(sources=tuple(map(_code, arguments.sources)), into=into)


def _declare_split(parser: Parser) -> None:
    parser.add_argument("code", help="mã cơ quan / agency code")
    parser.add_argument(
        "--into",
        action="append",
        required=True,
        metavar="CODE[=NAME]",
        help="phần; có tên là mới, lặp lại được / a part, new with a name, repeatable",
    )
    parser.add_argument(
        "--main",
        required=True,
        metavar="CODE",
        help="nơi nhận văn bản gửi mã cũ / where documents for the code go",
    )
    parser.set_defaults(parent=None, level=None, code_2016=None, email="")


def _split(arguments: Arguments) -> Order:
    return Split(
        source=_code(arguments.code),
        parts=tuple(_part(arguments, one) for one in arguments.into),
        main=_code(arguments.main),
    )


def _part(arguments: Arguments, text: str) -> OrganId | NewAgency:
    code, has_name, name = text.partition("=")
    return _new(arguments, code, name) if has_name else _code(code)


def _declare_rename(parser: Parser) -> None:
    parser.add_argument("code", help="mã cơ quan / agency code")
    parser.add_argument("name", help="tên mới / its new name")


def _declare_move(parser: Parser) -> None:
    parser.add_argument("code", help="mã cơ quan / agency code")
    parser.add_argument(
        "--parent", required=True, metavar="CODE", help="cấp trên mới / new parent"
    )
    parser.add_argument(
        "--level", choices=[one.value for one in Level], help="cấp mới / new level"
    )


def _move(arguments: Arguments) -> Order:
    return Move(
        code=_code(arguments.code),
        parent=_code(arguments.parent),
        level=Level(arguments.level) if arguments.level else None,
    )


def _declare_close(parser: Parser) -> None:
    parser.add_argument("code", help="mã cơ quan / agency code")
    parser.add_argument(
        "--successor", metavar="CODE", help="cơ quan kế thừa / who takes over"
    )


def _declare_recode(parser: Parser) -> None:
    parser.add_argument("code", help="mã cũ / the code it has")
    parser.add_argument("new_code", help="mã mới / the code it gets")
    parser.add_argument("--code-2016", metavar="CODE", help="mã 13 ký tự / 2016 form")


CHANGES: dict[str, ChangeVerb] = {
    "merge": ChangeVerb(Text("sáp nhập", "merge"), _declare_merge, _merge),
    "split": ChangeVerb(Text("chia, tách", "split"), _declare_split, _split),
    "rename": ChangeVerb(
        Text("đổi tên", "give another name"),
        _declare_rename,
        lambda given: Rename(code=_code(given.code), name=given.name),
    ),
    "move": ChangeVerb(
        Text("chuyển cấp trên", "put below another one"), _declare_move, _move
    ),
    "close": ChangeVerb(
        Text("giải thể", "close"),
        _declare_close,
        lambda given: Close(
            code=_code(given.code), successor=_optional(given.successor)
        ),
    ),
    "recode": ChangeVerb(
        Text("đổi mã", "give another code"),
        _declare_recode,
        lambda given: Recode(
            code=_code(given.code),
            new_code=_code(given.new_code),
            code_2016=_optional(given.code_2016),
        ),
    ),
}
