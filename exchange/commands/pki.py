"""`lienthong pki`: make a CA, issue, renew, revoke, publish lists, look things up."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exchange.commands.arguments import Arguments, Parser, add_action
from exchange.commands.files import require_empty
from exchange.commands.output import Output
from exchange.commands.pki_audit import audit
from exchange.commands.pki_ceremony import ceremony, declare_ceremony
from exchange.commands.pki_files import (
    act_of,
    ca_folder,
    declare_operators,
    declare_why,
    locked_cas,
    open_ca,
    passphrase_in,
    tell_locked,
)
from exchange.commands.pki_generation import declare_generation, generation
from exchange.commands.pki_issue import declare_issue, declare_renew, issue, renew
from exchange.commands.pki_lookup import declare_serial, list_all, show
from exchange.commands.pki_registration import DESK_ACTIONS
from exchange.commands.pki_responders import declare_responders, responders
from exchange.commands.pki_stamper import declare_stamper, stamper
from exchange.commands.pki_standing import (
    declare_revoke,
    declare_suspension,
    release,
    revoke,
    suspend,
)
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.limits import PermittedHosts
from pki.ca.profiles import ISSUING_KINDS
from pki.keys.software import KeyKind
from pki.names import summary
from pki.registration.approvals import STANDARD_APPROVALS
from pki.registration.desk import RegistrationDesk
from schemas.errors import Text


@dataclass(frozen=True, slots=True)
class _Action:
    summary: Text
    declare: Callable[[Parser], None]
    act: Callable[[Arguments, Output], int | None]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        declared = add_action(actions, name, action.summary)
        declared.add_argument(
            "--ca",
            type=Path,
            metavar="FOLDER",
            help="mặc định VAR/pki / by default the same",
        )
        declared.add_argument(
            "--ca-passphrase-file",
            type=Path,
            metavar="FILE",
            help="mật khẩu khóa của CA / passphrase of the CA's keys",
        )
        declare_operators(declared, "--ca-operator-passphrase-file")
        action.declare(declared)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action of the CA."""
    return _ACTIONS[arguments.action].act(arguments, output) or 0


def _declare_init(parser: Parser) -> None:
    parser.add_argument(
        "--name", required=True, help="phần chung của tên / common part of the names"
    )
    parser.add_argument(
        "--key-kind",
        choices=[one.value for one in KeyKind],
        default=KeyKind.P256.value,
        help="loại khóa của CA / kind of the CA's keys",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="chỉ để trình diễn, không dùng ngoài máy này / for show only",
    )
    parser.add_argument(
        "--public-url",
        default="",
        metavar="URL",
        help="http://… ghi vào chứng thư cho CRL, OCSP / named in certificates",
    )
    parser.add_argument(
        "--approvals",
        choices=("none", "standard"),
        default="standard",
        help="duyệt bởi hai người, hay không / approval by two people, or none",
    )
    for name, help_text in (
        ("dns", "tên miền CA hệ thống được ghi / domain its systems CA may name"),
        ("ip", "mạng CA hệ thống được ghi / network its systems CA may name"),
    ):
        parser.add_argument(
            f"--permit-{name}",
            action="append",
            default=[],
            metavar="NAME" if name == "dns" else "NET",
            help=help_text,
        )
    declare_why(parser)


def _init(arguments: Arguments, output: Output) -> None:
    settings = HierarchySettings(
        name=arguments.name,
        demo=arguments.demo,
        key_kind=KeyKind(arguments.key_kind),
        passphrase=passphrase_in(arguments.ca_passphrase_file),
        public_url=arguments.public_url,
        hosts=PermittedHosts(
            dns=tuple(arguments.permit_dns), networks=tuple(arguments.permit_ip)
        ),
    )
    folder = ca_folder(arguments)
    require_empty(folder)
    with create_hierarchy(folder, settings) as hierarchy:
        root = summary(hierarchy.root)
        if arguments.approvals == "none":
            none_needed = dict.fromkeys(STANDARD_APPROVALS, 0)
            with RegistrationDesk.open(folder, hierarchy) as desk:
                desk.set_approvals(none_needed, act_of(arguments))
    output.result(
        {"folder": str(folder), "root": root.subject, "sha256": root.sha256},
        Text(f"Đã lập CA: {folder}", f"CA made: {folder}"),
    )


def _declare_nothing(_parser: Parser) -> None:
    """An action without arguments of its own."""


def _declare_crl(parser: Parser) -> None:
    declare_operators(parser)
    declare_why(parser)


def _crl(arguments: Arguments, output: Output) -> int:
    """Publish; exit code 1 if the list of an issuing CA waits for its operators."""
    with open_ca(arguments) as hierarchy:
        written = [str(path) for path in hierarchy.write_crls(act_of(arguments))]
    locked = locked_cas(arguments)
    names = ", ".join(written)
    output.result(
        {"written": written, "locked": [str(one) for one in locked]},
        Text(f"Đã phát hành: {names}", f"Published: {names}"),
    )
    tell_locked(locked, output)
    return int(any(one.kind in ISSUING_KINDS for one in locked))


def _declare_generation(parser: Parser) -> None:
    declare_generation(parser)
    declare_operators(parser)
    declare_why(parser)


_ACTIONS = {
    "init": _Action(Text("lập CA", "make a CA"), _declare_init, _init),
    "issue": _Action(Text("cấp chứng thư", "issue"), declare_issue, issue),
    "renew": _Action(
        Text("cấp lại cho cùng chủ thể", "issue anew to the same subject"),
        declare_renew,
        renew,
    ),
    "responders": _Action(
        Text("khóa trả lời OCSP mới", "new OCSP responder keys"),
        declare_responders,
        responders,
    ),
    "stamper": _Action(
        Text("khóa dấu thời gian mới", "a new key for time stamps"),
        declare_stamper,
        stamper,
    ),
    "revoke": _Action(Text("thu hồi", "revoke"), declare_revoke, revoke),
    "suspend": _Action(
        Text("tạm dừng", "revoke for a time"), declare_suspension, suspend
    ),
    "release": _Action(
        Text("phục hồi", "end a suspension"), declare_suspension, release
    ),
    "audit": _Action(
        Text("kiểm tra nhật ký và sổ đăng ký", "check journals and registries"),
        _declare_nothing,
        audit,
    ),
    "crl": _Action(
        Text("phát hành danh sách thu hồi", "publish revocation lists"),
        _declare_crl,
        _crl,
    ),
    "ceremony": _Action(
        Text("lễ tạo khóa: lập CA theo kịch bản", "found a CA by a script"),
        declare_ceremony,
        ceremony,
    ),
    "generation": _Action(
        Text("khóa mới cho một CA", "a new key for a CA, beside the old one"),
        _declare_generation,
        generation,
    ),
    "list": _Action(
        Text("liệt kê chứng thư đã cấp", "list what was issued"),
        _declare_nothing,
        list_all,
    ),
    "show": _Action(Text("xem một chứng thư", "show one"), declare_serial, show),
    **{name: _Action(*action) for name, action in DESK_ACTIONS.items()},
}
