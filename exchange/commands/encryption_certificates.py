"""`lienthong encryption`: what others encrypt to an agency with, at its hub."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clients.odd_answers import hub_at_fault
from clients.transport import Request
from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.files import read_file
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from schemas.errors import Text
from schemas.identifiers import parse_organ_id

_CERTIFICATE = {"Content-Type": "application/pkix-cert"}


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    publishing = add_action(
        actions, "publish", Text("công bố chứng thư mã hóa", "publish a certificate")
    )
    publishing.add_argument("file", type=Path, metavar="FILE", help="PEM, DER")
    revoking = add_action(actions, "revoke", Text("thu hồi", "take it back"))
    showing = add_action(
        actions, "show", Text("xem của một cơ quan", "show that of an agency")
    )
    showing.add_argument("agency", metavar="CODE")
    for one in (publishing, revoking, showing):
        add_profile(one)


def run(arguments: Arguments, output: Output) -> int:
    """Publish, take back or show a certificate."""

    async def act(session: Session) -> int:
        request = _request(arguments, session)
        answer = await session.client.ask(request)
        with hub_at_fault(request.path):
            lines = list(_lines(answer))
        output.result(answer)
        if not output.as_json:
            for one in lines:
                output.show(one)
        return 0

    return with_hub(arguments, output, act)


def _request(arguments: Arguments, session: Session) -> Request:
    if arguments.action == "show":
        path = _path(parse_organ_id(arguments.agency))
        return Request(method="GET", path=path)
    path = _path(session.profile.agency)
    if arguments.action == "revoke":
        return Request(method="DELETE", path=path)
    body = read_file(arguments.file)
    return Request(method="PUT", path=path, body=body, headers=_CERTIFICATE)


def _path(agency: str) -> str:
    return f"/v1/agencies/{agency}/encryption-certificate"


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a person reads; an odd answer raises as its shape demands."""
    for one in answer.get("encryption", [answer]):
        ended = one["revoked_at"] or one["replaced_at"] or one["valid_to"]
        agency = answer.get("agency") or answer["code"]
        yield f"{agency}  {one['sha256']}  {one['valid_from']} – {ended}"
