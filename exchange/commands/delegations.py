"""`lienthong delegations`: sealed by an agency, filed at the hub, revoked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clients.transport import Request
from exchange.commands.agency_changes import moment_of
from exchange.commands.arguments import Arguments, Parser, UsageError, add_action
from exchange.commands.files import read_file, write_new
from exchange.commands.hub import Session, add_profile, with_hub
from exchange.commands.output import Output
from exchange.commands.sign import open_official
from schemas.delegation import Delegation, check_delegation, write_delegation
from schemas.document_kinds import (
    document_kind_by_abbreviation,
    document_kind_by_name,
)
from schemas.errors import Text
from schemas.identifiers import parse_organ_id
from schemas.timestamps import truncate_ms
from signing.xmldsig.sign import sign_receipt

_PATH = "/v1/delegations"
_XML = {"Content-Type": "application/xml"}
_DAYS = 365


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _declare_seal(add_action(actions, "seal", Text("lập, đóng dấu số", "seal one")))
    filing = add_action(actions, "file", Text("nộp lên trục", "file one at the hub"))
    filing.add_argument("file", type=Path, metavar="FILE")
    revoking = add_action(actions, "revoke", Text("chấm dứt", "revoke one"))
    revoking.add_argument("id", metavar="ID")
    listing = add_action(actions, "list", Text("liệt kê", "list"))
    for one in (filing, revoking, listing):
        add_profile(one)


def _declare_seal(parser: Parser) -> None:
    for name, text in (("from", "cơ quan ủy quyền"), ("to", "cơ quan được ủy quyền")):
        parser.add_argument(
            f"--{name}",
            dest=f"{name}_code",
            required=True,
            metavar="CODE",
            help=f"{text} / agency code",
        )
    parser.add_argument(
        "--kind",
        action="append",
        required=True,
        help="loại văn bản: TB, QĐ, Công văn; lặp lại được / kind, repeatable",
    )
    parser.add_argument("--reason", required=True, help="căn cứ / the decision")
    parser.add_argument("--since", metavar="DATE", help="mặc định bây giờ / from when")
    parser.add_argument(
        "--until", metavar="DATE", help="mặc định 365 ngày / to when, at most a year"
    )
    parser.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="con dấu / seal: .p12"
    )
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")


def run(arguments: Arguments, output: Output) -> int:
    """Seal a delegation here, or talk to the hub about those there are."""
    if arguments.action == "seal":
        return _seal(arguments, output)

    async def act(session: Session) -> int:
        request = _request(arguments, session)
        answer = await session.client.ask(request)
        output.result(answer)
        if not output.as_json:
            _show(answer, output)
        return 0

    return with_hub(arguments, output, act)


def _request(arguments: Arguments, session: Session) -> Request:
    if arguments.action == "file":
        body = read_file(arguments.file)
        return Request(method="POST", path=_PATH, body=body, headers=_XML)
    if arguments.action == "revoke":
        if not arguments.id.isalnum():
            raise UsageError(f"ID {arguments.id}")
        path = f"{_PATH}/{arguments.id}/revocation"
        return Request(method="POST", path=path, body=b"")
    parameters = {"agency": session.profile.agency}
    return Request(method="GET", path=_PATH, parameters=parameters)


def _seal(arguments: Arguments, output: Output) -> int:
    now = truncate_ms(datetime.now(UTC))
    delegation = _delegation(arguments, now)
    check_delegation(delegation)
    official = open_official(arguments.key, arguments.passphrase_file)
    root = write_delegation(delegation)
    content = sign_receipt(root, credential=official.credential, at=now)
    write_new(arguments.out, content)
    output.result(
        {"file": str(arguments.out), "kinds": list(delegation.kinds)},
        Text(f"Đã đóng dấu số: {arguments.out}", f"Sealed: {arguments.out}"),
    )
    return 0


def _delegation(arguments: Arguments, now: datetime) -> Delegation:
    begins = moment_of("--since", arguments.since) if arguments.since else now
    return Delegation(
        delegator=parse_organ_id(arguments.from_code),
        delegate=parse_organ_id(arguments.to_code),
        kinds=tuple(dict.fromkeys(_kind(one) for one in arguments.kind)),
        valid_from=truncate_ms(begins),
        valid_to=truncate_ms(_end(arguments, begins)),
        reason=arguments.reason,
    )


def _end(arguments: Arguments, begins: datetime) -> datetime:
    if arguments.until:
        return moment_of("--until", arguments.until)
    try:
        return begins + timedelta(days=_DAYS)
    except OverflowError as error:
        raise UsageError(f"--since {arguments.since}: 2026-07-01") from error


def _kind(text: str) -> str:
    found = document_kind_by_name(text) or document_kind_by_abbreviation(text)
    if found is None:
        raise UsageError(f"--kind {text}: Công văn, TB, QĐ…")
    return found.code


def _show(answer: Mapping[str, Any], output: Output) -> None:
    for one in answer.get("items", [answer]):
        state = f"revoked {one['revoked_at']}" if one["revoked_at"] else one["valid_to"]
        kinds = ", ".join(one["kinds"])
        output.show(f"{one['id']}  {one['delegator']} → {one['delegate']}")
        output.show(f"    {kinds}  {one['valid_from']} – {state}  {one['reason']}")
