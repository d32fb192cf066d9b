"""`lienthong accounts`: people who may call the hub."""

import getpass
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exchange.commands.account_bindings import (
    binding_of,
    certificates_of,
    declare_binding,
    declare_bindings,
    identities_of,
)
from exchange.commands.account_roles import declare_roles, roles_of, told
from exchange.commands.account_standing import standing, ways_in
from exchange.commands.arguments import Arguments, Parser, UsageError, add_action
from exchange.commands.files import require_absent, write_new
from exchange.commands.output import Output
from exchange.commands.pki_files import passphrase_in
from exchange.commands.site import add_config, operator, with_site
from exchange.config import Settings
from exchange.domain.accounts import Account
from exchange.people import account_office
from exchange.services import DirectoryOffice
from exchange.usecases.accounts.enrolling import remove_totp, set_totp
from exchange.usecases.accounts.keeping import (
    AddAccount,
    add_account,
    bind,
    give_roles,
    lock,
    reset_password,
    unlock,
)
from exchange.usecases.accounts.office import AccountOffice
from schemas.errors import Text
from schemas.timestamps import format_utc

_HEADS = (
    Text("Tài khoản", "Account"),
    Text("Vai trò", "Roles"),
    Text("Tình trạng", "State"),
    Text("Đăng nhập bằng", "Signs in by"),
    Text("Họ tên", "Name"),
)


@dataclass(frozen=True, slots=True)
class _Action:
    summary: Text
    declare: Callable[[Parser], None]
    act: Callable[[Arguments, Output, AccountOffice], Awaitable[None]]


def configure(parser: Parser) -> None:
    """Declare the verb's own arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, action in _ACTIONS.items():
        declared = add_action(actions, name, action.summary)
        add_config(declared)
        action.declare(declared)


def run(arguments: Arguments, output: Output) -> int:
    """Do one action on the accounts."""

    async def act(settings: Settings, site: DirectoryOffice) -> int:
        office = account_office(settings.accounts, site.storage, site.clock)
        await _ACTIONS[arguments.action].act(arguments, output, office)
        return 0

    return with_site(arguments, act)


def _declare_account(parser: Parser) -> None:
    parser.add_argument("account", metavar="ID", help="tên tài khoản / account id")


def _declare_nothing(_parser: Parser) -> None:
    """An action without arguments of its own."""


def _declare_password(parser: Parser) -> None:
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="tệp riêng, dòng đầu là mật khẩu / private file, its first line",
    )


def _declare_add(parser: Parser) -> None:
    _declare_account(parser)
    parser.add_argument("--name", required=True, help="họ tên / name shown")
    declare_roles(parser)
    declare_bindings(parser)
    _declare_password(parser)
    parser.add_argument(
        "--no-password",
        action="store_true",
        help="không đăng nhập bằng mật khẩu / signs in by no password",
    )


def _declare_bind(parser: Parser) -> None:
    _declare_account(parser)
    declare_binding(parser)


def _declare_roles(parser: Parser) -> None:
    _declare_account(parser)
    declare_roles(parser)


def _declare_reset(parser: Parser) -> None:
    _declare_account(parser)
    _declare_password(parser)


def _declare_totp(parser: Parser) -> None:
    _declare_account(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="ghi địa chỉ otpauth vào tệp riêng / address into a private file",
    )
    parser.add_argument(
        "--remove", action="store_true", help="bỏ xác thực hai yếu tố / remove it"
    )


async def _add(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    command = AddAccount(
        account=arguments.account,
        name=arguments.name,
        password=None if arguments.no_password else _password(arguments),
        grants=roles_of(arguments, office.now()),
        certificates=certificates_of(arguments),
        identities=identities_of(arguments),
        operator=operator(),
    )
    _tell(await add_account(office, command), output, office)


async def _list(_: Arguments, output: Output, office: AccountOffice) -> None:
    accounts = await office.storage.accounts.accounts()
    output.result({"accounts": [_fields(one, office) for one in accounts]})
    if not output.as_json:
        output.table(_HEADS, [_row(one, output, office.now()) for one in accounts])


def _row(account: Account, output: Output, now: datetime) -> list[str]:
    return [
        account.account_id,
        told(account.grants_at(now)),
        output.pick(standing(account, now)),
        ", ".join(map(output.pick, ways_in(account))) or "-",
        account.name,
    ]


async def _roles(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    grants = roles_of(arguments, office.now())
    found = await give_roles(office, arguments.account, grants, operator=operator())
    _tell(found, output, office)


async def _bind(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    binding, by = binding_of(arguments), operator()
    _tell(await bind(office, arguments.account, binding, operator=by), output, office)


async def _lock(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    found = await lock(office, arguments.account, operator=operator())
    _tell(found, output, office)


async def _unlock(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    found = await unlock(office, arguments.account, operator=operator())
    _tell(found, output, office)


async def _reset(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    await office.account(arguments.account)
    found = await reset_password(
        office, arguments.account, _password(arguments), operator=operator()
    )
    _tell(found, output, office)


async def _totp(arguments: Arguments, output: Output, office: AccountOffice) -> None:
    if arguments.remove:
        found = await remove_totp(office, arguments.account, operator=operator())
        _tell(found, output, office)
        return
    if arguments.out:
        require_absent(arguments.out)
    address = await set_totp(office, arguments.account, operator=operator())
    if arguments.out:
        write_new(arguments.out, f"{address}\n".encode(), private=True)
    shown = str(arguments.out) if arguments.out else address
    output.result(
        {"account": arguments.account, "address": shown},
        Text(
            f"Quét bằng ứng dụng xác thực: {shown}",
            f"Scan with an authenticator application: {shown}",
        ),
    )


def _password(arguments: Arguments) -> str:
    """Return a password from a private file or the terminal, never from an argument."""
    if arguments.password_file:
        return (passphrase_in(arguments.password_file) or b"").decode(
            "utf-8", "replace"
        )
    if not sys.stdin.isatty():
        raise UsageError("--password-file: cần khi không có bàn phím / needed here")
    first = getpass.getpass("Mật khẩu / password: ")
    if getpass.getpass("Nhập lại / again: ") != first:
        raise UsageError("hai lần nhập khác nhau / the two differ")
    return first


def _tell(account: Account, output: Output, office: AccountOffice) -> None:
    roles = told(account.grants_at(office.now()))
    who, now = f"{account.account_id}: {roles}", standing(account, office.now())
    output.result(
        _fields(account, office), Text(f"{who}. {now.vi}", f"{who}. {now.en}")
    )


def _fields(account: Account, office: AccountOffice) -> dict[str, object]:
    until = account.locked_until
    return {
        "account": account.account_id,
        "name": account.name,
        "roles": [
            {
                "role": one.role,
                "agency": one.agency,
                "valid_from": format_utc(one.valid_from),
                "valid_to": format_utc(one.valid_to) if one.valid_to else None,
            }
            for one in account.grants
        ],
        "certificates": sorted(account.certificates),
        "identities": [
            {"issuer": one.issuer, "subject": one.subject}
            for one in sorted(account.identities)
        ],
        "password": account.password is not None,
        "second_factor": account.totp is not None,
        "disabled": account.is_disabled,
        "locked_until": format_utc(until) if until and until > office.now() else None,
        "must_change_password": account.must_change,
    }


_ACTIONS = {
    "add": _Action(Text("thêm người", "add a person"), _declare_add, _add),
    "list": _Action(Text("liệt kê", "list"), _declare_nothing, _list),
    "roles": _Action(Text("đặt vai trò", "set roles"), _declare_roles, _roles),
    "bind": _Action(
        Text("gắn chứng thư, định danh", "bind certificates and identities"),
        _declare_bind,
        _bind,
    ),
    "lock": _Action(Text("khóa", "lock"), _declare_account, _lock),
    "unlock": _Action(Text("mở khóa", "unlock"), _declare_account, _unlock),
    "reset": _Action(
        Text("đặt lại mật khẩu", "set a new password"), _declare_reset, _reset
    ),
    "totp": _Action(Text("xác thực hai yếu tố", "second factor"), _declare_totp, _totp),
}
