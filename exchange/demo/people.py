"""People of the demonstration, with passwords made anew at every start."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from exchange.database import open_database
from exchange.demo.province import COMMUNE, MINISTRY, PROVINCE
from exchange.demo.site import Site
from exchange.domain.accounts import Account, Grant, parse_account_id
from exchange.domain.roles import AccessRole
from exchange.settings.database import MongoSettings
from exchange.usecases.accounts.keeping import (
    AddAccount,
    add_account,
    reset_password,
)
from exchange.usecases.accounts.office import AccountOffice, account_line
from pki.ca.hierarchy import system_clock
from schemas.identifiers import OrganId

_OPERATOR = "demo"
_SINCE = datetime(2025, 7, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the demonstration."""

    account: str
    name: str
    role: AccessRole
    agency: OrganId | None


PEOPLE: Final = (
    Person("vanthu.suoimay", "Lò Thị Mận", AccessRole.CLERK, COMMUNE.code),
    Person("lanhdao.suoimay", "Đoàn Thạch Khuê", AccessRole.OFFICIAL, COMMUNE.code),
    Person("vanthu.binhson", "Hà Quốc Tuấn", AccessRole.CLERK, PROVINCE.code),
    Person("vanthu.bokhcn", "Vũ Thu Ngân", AccessRole.CLERK, MINISTRY.code),
    Person("vanhanh", "Phạm Gia Bách", AccessRole.OPERATOR, None),
    Person("vanhanh.hai", "Trịnh Bảo Châu", AccessRole.OPERATOR, None),
    Person("giamsat", "Ngô Mai Lan", AccessRole.AUDITOR, None),
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who of them signs, and with what.

    Args:
        key: name of the key on the site.
        image: what is drawn, among the files of the demonstration.
    """

    account: str
    key: str
    image: str


SIGNERS: Final = (
    Signer("lanhdao.suoimay", "official", "chu-ky-mau.png"),
    Signer("vanthu.suoimay", "seal", "con-dau-mau.png"),
)


async def admit_people(site: Site) -> Mapping[str, str]:
    """Make the accounts, or give them new passwords; return passwords by account."""
    async with open_database(MongoSettings(), site.folder) as storage:
        office = AccountOffice(storage=storage, clock=system_clock)
        return {one.account: await _admitted(office, one) for one in PEOPLE}


async def _admitted(office: AccountOffice, person: Person) -> str:
    password = secrets.token_urlsafe(12)
    account_id = parse_account_id(person.account)
    known = await office.storage.accounts.account(account_id) if account_id else None
    if known is None:
        grant = Grant(role=person.role, agency=person.agency, valid_from=_SINCE)
        command = AddAccount(
            account=person.account,
            name=person.name,
            password=password,
            grants=(grant,),
            operator=_OPERATOR,
        )
        await add_account(office, command)
    else:
        await reset_password(office, person.account, password, operator=_OPERATOR)
    line = account_line(office, person.account, actor=_OPERATOR, what="demonstration")
    await office.change(person.account, _as_their_own, line)
    return password


def _as_their_own(account: Account) -> Account:
    """Nobody needs to change a password that ends with the demonstration."""
    return replace(account, must_change=False)
