"""`lienthong pki operators` and `approvals`: who approves, and how many must."""

from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, UsageError
from exchange.commands.output import Output
from exchange.commands.pki_desk import declare_proofs, open_desk, proofs
from exchange.commands.pki_files import act_of, declare_why, passphrase_in
from exchange.commands.pki_subject import declare_kind
from pki.kinds import CertificateKind
from pki.registration.desk import RegistrationDesk
from pki.registration.records import Operator, OperatorProof
from schemas.errors import Text
from schemas.timestamps import format_utc

_HEADS = (
    Text("Tên", "Name"),
    Text("Từ", "Since"),
    Text("Đóng", "Closed"),
)


def declare_desk_operators(parser: Parser) -> None:
    """Declare the arguments of `operators`."""
    parser.add_argument("what", choices=("add", "list", "close"))
    parser.add_argument("name", nargs="?", default="", help="tên / name")
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="mật khẩu người mới / passphrase of a new operator (12 characters)",
    )
    declare_proofs(parser)
    declare_why(parser)


def desk_operators(arguments: Arguments, output: Output) -> None:
    """Add, close or list operators.

    Raises:
        UsageError: a name or file is missing.
    """
    if arguments.what != "list" and not arguments.name:
        raise UsageError("thiếu / missing: NAME")
    with open_desk(arguments) as desk:
        if arguments.what == "add":
            changed = _add(arguments, desk)
        elif arguments.what == "close":
            by = proofs(arguments)
            changed = desk.close_operator(arguments.name, act_of(arguments), by)
        else:
            _list(desk, output)
            return
    output.result(_facts(changed), Text(f"Đã ghi: {changed.name}", changed.name))


def _add(arguments: Arguments, desk: RegistrationDesk) -> Operator:
    passphrase = passphrase_in(arguments.passphrase_file)
    if passphrase is None:
        raise UsageError("thiếu / missing: --passphrase-file FILE")
    new = OperatorProof(name=arguments.name, passphrase=passphrase)
    return desk.add_operator(new, act_of(arguments), proofs(arguments))


def _list(desk: RegistrationDesk, output: Output) -> None:
    found = [_facts(one) for one in desk.operators()]
    output.result({"operators": found})
    if not output.as_json:
        output.table(_HEADS, [[text or "-" for text in one.values()] for one in found])


def _facts(operator: Operator) -> dict[str, str]:
    closed = operator.closed_at
    return {
        "name": operator.name,
        "added_at": format_utc(operator.added_at),
        "closed_at": format_utc(closed) if closed else "",
    }


def declare_approvals(parser: Parser) -> None:
    """Declare the arguments of `approvals`."""
    declare_kind(parser)
    parser.add_argument("needed", type=int, help="số người duyệt / approvals, 0-5")
    declare_proofs(parser)
    declare_why(parser)


def approvals(arguments: Arguments, output: Output) -> None:
    """Set how many approvals a kind needs."""
    kind = CertificateKind(arguments.kind)
    act, by = act_of(arguments), proofs(arguments)
    with open_desk(arguments) as desk:
        desk.set_approvals({kind: arguments.needed}, act, by)
    text = f"{kind}: {arguments.needed}"
    output.result({"kind": kind, "needed": arguments.needed}, Text(text, text))
