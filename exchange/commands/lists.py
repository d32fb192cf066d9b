"""`lienthong lists`: saved lists of recipients of the profile's agency."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clients.odd_answers import hub_at_fault
from clients.transport import Request
from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.errors import Text
from schemas.identifiers import OrganId
from schemas.recipient_groups import ListGroup

_JSON = {"Content-Type": "application/json"}
_REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class _Action:
    summary: Text
    declare: Callable[[Parser], None]
    request: Callable[[Arguments, OrganId], Request]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        declared = add_action(actions, name, action.summary)
        add_profile(declared)
        action.declare(declared)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action on the lists."""
    action = _ACTIONS[arguments.action]

    async def act(session: Session) -> int:
        request = action.request(arguments, session.profile.agency)
        answer = await session.client.ask(request)
        with hub_at_fault(request.path):
            lines = None if arguments.action == _REMOVE else _lines(answer)
        output.result(answer)
        _show(lines, output)
        return 0

    return with_hub(arguments, output, act)


def _lines(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a person reads; an odd answer raises as its shape demands."""
    return tuple(
        f"{one['to']}  ({len(one['members'])}): {', '.join(one['members'])}"
        for one in answer.get("items", [answer])
    )


def _show(lines: tuple[str, ...] | None, output: Output) -> None:
    if lines is None:
        output.say(Text("Đã xóa.", "Removed."))
    elif not output.as_json:
        for one in lines:
            output.show(one)


def _path(arguments: Arguments, agency: OrganId) -> str:
    # A name that is none is refused here, before it becomes part of an address.
    ListGroup(agency, arguments.name).written()
    return f"/v1/lists/{arguments.name}"


def _declare_nothing(_parser: Parser) -> None:
    """An action without arguments of its own."""


def _declare_name(parser: Parser) -> None:
    parser.add_argument("name", help="tên danh sách / its name: hop-giao-ban")


def _declare_save(parser: Parser) -> None:
    _declare_name(parser)
    parser.add_argument(
        "members",
        nargs="+",
        metavar="CODE",
        help="mã, hoặc cả một cấp / codes, or a level: H99_all.commune",
    )


def _all(_arguments: Arguments, agency: OrganId) -> Request:
    return Request(method="GET", path="/v1/lists", parameters={"agency": agency})


def _one(method: str) -> Callable[[Arguments, OrganId], Request]:
    def request(arguments: Arguments, agency: OrganId) -> Request:
        path = _path(arguments, agency)
        return Request(method=method, path=path, parameters={"agency": agency})

    return request


def _save(arguments: Arguments, agency: OrganId) -> Request:
    return Request(
        method="PUT",
        path=_path(arguments, agency),
        body=json.dumps({"members": arguments.members}).encode(),
        headers=_JSON,
        parameters={"agency": agency},
    )


_ACTIONS = {
    "list": _Action(Text("liệt kê", "list"), _declare_nothing, _all),
    "show": _Action(Text("xem một danh sách", "show one"), _declare_name, _one("GET")),
    "save": _Action(Text("lưu", "save"), _declare_save, _save),
    _REMOVE: _Action(Text("xóa", "remove"), _declare_name, _one("DELETE")),
}
