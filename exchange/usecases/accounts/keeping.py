"""Keep accounts: make them, give roles, lock, reset, enrol a second factor."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from exchange.domain.accounts import (
    Account,
    AccountId,
    Grant,
    grant_error,
    is_name,
    parse_account_id,
    weakness_of,
)
from exchange.errors import ExchangeError
from exchange.usecases.accounts.office import AccountOffice, account_line, name_of
from exchange.usecases.accounts.second_factor import (
    address_of,
    new_secret,
    step_of,
)
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAccount:
    """A new account; its password is changed at the first sign-in."""

    account: str
    name: str
    password: str
    grants: tuple[Grant, ...]
    certificates: frozenset[str] = frozenset()
    operator: str


async def add_account(office: AccountOffice, command: AddAccount) -> Account:
    """Make an account.

    Raises:
        ExchangeError: its id or name is none (REQUEST_INVALID), it is there already
            (ACCOUNT_TAKEN), the password is weak, a role cannot be given.
    """
    account_id = parse_account_id(command.account)
    if account_id is None or not is_name(command.name):
        place = "name" if account_id else "account"
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
    await _require_grants(office, command.grants)
    account = Account(
        account_id=account_id,
        name=command.name,
        grants=command.grants,
        password=await _digest(office, command.password, account_id),
        certificates=command.certificates,
        must_change=True,
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
        ExchangeError: the old one is wrong (SIGN_IN_REFUSED), or the new one is weak
            or the same (PASSWORD_WEAK).
    """
    if not await office.passwords.is_of(account.password, old):
        raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A second factor that waits for its first code.

    Args:
        address: what an authenticator application scans; a secret.
        sealed: the same for the hub, to be handed back with the code.
    """

    address: str
    sealed: bytes


async def begin_totp(office: AccountOffice, account: str) -> Enrolment:
    """Make the secret of a second factor; nothing is stored yet.

    Raises:
        ExchangeError: no such account, or no key to seal with.
    """
    found, sealer, secret = (
        await office.account(account),
        office.required_sealer(),
        new_secret(),
    )
    return Enrolment(
        address=address_of(secret, found.account_id),
        sealed=sealer.seal(secret, found.account_id),
    )


async def confirm_totp(
    office: AccountOffice, account: str, *, sealed: bytes, code: str, operator: str
) -> Account:
    """Enrol a second factor whose application shows the right code.

    Raises:
        ExchangeError: no such account, another one's secret, or a wrong code
            (SIGN_IN_REFUSED).
    """
    found = await office.account(account)
    secret = office.required_sealer().open(sealed, found.account_id)
    step = step_of(secret, code, office.now(), after=-1)
    if step is None:
        raise ExchangeError(ErrorCode.SIGN_IN_REFUSED, place="code")
    line = account_line(office, account, actor=operator, what="second factor")

    def changed(before: Account) -> Account:
        return replace(before, totp=sealed, totp_step=step)

    return await office.change(account, changed, line)


async def set_totp(office: AccountOffice, account: str, *, operator: str) -> str:
    """Enrol a second factor for somebody else; return what their application scans.

    Raises:
        ExchangeError: no such account, or no key to seal with.
    """
    began = await begin_totp(office, account)
    line = account_line(office, account, actor=operator, what="second factor")

    def changed(before: Account) -> Account:
        return replace(before, totp=began.sealed, totp_step=-1)

    await office.change(account, changed, line)
    return began.address


async def remove_totp(office: AccountOffice, account: str, *, operator: str) -> Account:
    """Forget a second factor, e.g. of a lost telephone; all sessions end."""
    line = account_line(office, account, actor=operator, what="second factor removed")

    def changed(before: Account) -> Account:
        return replace(before, totp=None, totp_step=-1)

    found = await office.change(account, changed, line)
    await office.storage.sessions.end_all(found.account_id)
    return found


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


def _continued(before: Iterable[Grant], after: Iterable[Grant]) -> Iterable[Grant]:
    held = {(one.role, one.agency): one for one in before if one.valid_to is None}
    for one in after:
        same = held.get((one.role, one.agency))
        yield replace(one, valid_from=same.valid_from) if same else one
