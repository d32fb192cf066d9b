"""Keep accounts: make them, give roles, bind keys and identities, lock, reset."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from exchange.domain.accounts import (
    Account,
    AccountId,
    Grant,
    Identity,
    grant_error,
    is_identity,
    is_name,
    parse_account_id,
    weakness_of,
)
from exchange.errors import ExchangeError
from exchange.usecases.accounts.office import AccountOffice, account_line, name_of
from exchange.usecases.accounts.trying import Tried, require_right
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAccount:
    """A new account; its password is changed at the first sign-in.

    Args:
        password: None where the person signs in by certificate or provider alone.
    """

    account: str
    name: str
    password: str | None
    grants: tuple[Grant, ...]
    certificates: frozenset[str] = frozenset()
    identities: frozenset[Identity] = frozenset()
    operator: str


async def add_account(office: AccountOffice, command: AddAccount) -> Account:
    """Make an account.

    Raises:
        ExchangeError: its id, name or an identity is none (REQUEST_INVALID), it is
            there already (ACCOUNT_TAKEN), the password is weak, a role cannot be given.
    """
    account_id = parse_account_id(command.account)
    if account_id is None or not is_name(command.name):
        place = "name" if account_id else "account"
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
    _require_identities(command.identities)
    await _require_grants(office, command.grants)
    password = command.password
    account = Account(
        account_id=account_id,
        name=command.name,
        grants=command.grants,
        password=password and await _digest(office, password, account_id),
        certificates=command.certificates,
        identities=command.identities,
        must_change=password is not None,
        version=1,
    )
    line = account_line(office, account_id, actor=command.operator, what="added")
    if not await office.storage.accounts.store(account, audit=line):
        raise ExchangeError(ErrorCode.ACCOUNT_TAKEN, place=account_id)
    return account


async def give_roles(
    office: AccountOffice, account: str, grants: tuple[Grant, ...], *, operator: str
) -> Account:
    """Replace the roles of an account; a role that goes on keeps its beginning.

    Raises:
        ExchangeError: no such account, or a role cannot be given.
    """
    await _require_grants(office, grants)
    line = account_line(office, account, actor=operator, what="roles")

    def changed(before: Account) -> Account:
        return replace(before, grants=tuple(_continued(before.grants, grants)))

    return await office.change(account, changed, line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """By what a person signs in besides a password; None: as before."""

    certificates: frozenset[str] | None = None
    identities: frozenset[Identity] | None = None


async def bind(
    office: AccountOffice, account: str, binding: Binding, *, operator: str
) -> Account:
    """Replace what an account is signed in to by; all its sessions end.

    Raises:
        ExchangeError: no such account, an identity is none (REQUEST_INVALID), or one of
            them is another account's.
    """
    certificates, identities = binding.certificates, binding.identities
    _require_identities(identities or frozenset())
    line = account_line(office, account, actor=operator, what="bound")

    def changed(before: Account) -> Account:
        return replace(
            before,
            certificates=before.certificates if certificates is None else certificates,
            identities=before.identities if identities is None else identities,
        )

    found = await office.change(account, changed, line)
    await office.storage.sessions.end_all(found.account_id)
    return found


async def lock(office: AccountOffice, account: str, *, operator: str) -> Account:
    """Disable an account and end its sessions."""
    line = account_line(office, account, actor=operator, what="locked")
    found = await office.change(
        account, lambda one: replace(one, is_disabled=True), line
    )
    await office.storage.sessions.end_all(found.account_id)
    return found


async def unlock(office: AccountOffice, account: str, *, operator: str) -> Account:
    """Enable an account again, and forget its wrong tries."""
    line = account_line(office, account, actor=operator, what="unlocked")

    def changed(before: Account) -> Account:
        return replace(
            before, is_disabled=False, failures=0, lockouts=0, locked_until=None
        )

    return await office.change(account, changed, line)


async def reset_password(
    office: AccountOffice, account: str, password: str, *, operator: str
) -> Account:
    """Set a password that its person must change, and end all sessions.

    Raises:
        ExchangeError: no such account, or a weak password (PASSWORD_WEAK).
    """
    return await _set_password(office, account, password, actor=operator)


async def change_password(
    office: AccountOffice, account: Account, *, old: str, new: str
) -> Account:
    """Set one's own password; all sessions end.

    Raises:
        ExchangeError: the old one is wrong, which counts like a wrong try to sign in
            (SIGN_IN_REFUSED), or the new one is weak
            or the same (PASSWORD_WEAK).
    """
    await require_right(office, account, Tried(password=old))
    if old == new:
        raise ExchangeError(ErrorCode.PASSWORD_WEAK, place="new")
    return await _set_password(
        office, account.account_id, new, actor=name_of(account.account_id)
    )


async def _set_password(
    office: AccountOffice, account: str, password: str, *, actor: str
) -> Account:
    found = await office.account(account)
    digest = await _digest(office, password, found.account_id)
    is_own = actor == name_of(found.account_id)
    line = account_line(office, account, actor=actor, what="password")

    def changed(before: Account) -> Account:
        return replace(before, password=digest, must_change=not is_own)

    changed_account = await office.change(account, changed, line)
    await office.storage.sessions.end_all(found.account_id)
    return changed_account


async def _digest(office: AccountOffice, password: str, account_id: AccountId) -> str:
    if weakness_of(password, account_id):
        raise ExchangeError(ErrorCode.PASSWORD_WEAK, place="password")
    return await office.passwords.digest(password)


async def _require_grants(office: AccountOffice, grants: Iterable[Grant]) -> None:
    for grant in grants:
        code = grant_error(grant)
        if code is not None:
            raise ExchangeError(code, place=grant.role)
        if grant.agency is None:
            continue
        agency = await office.storage.directory.agency(grant.agency)
        if agency is None or agency.code != grant.agency:
            raise ExchangeError(ErrorCode.AGENCY_UNKNOWN, place=grant.agency)


def _require_identities(identities: Iterable[Identity]) -> None:
    if not all(map(is_identity, identities)):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="identity")


def _continued(before: Iterable[Grant], after: Iterable[Grant]) -> Iterable[Grant]:
    held = {(one.role, one.agency): one for one in before if one.valid_to is None}
    for one in after:
        same = held.get((one.role, one.agency))
        yield replace(one, valid_from=same.valid_from) if same else one
