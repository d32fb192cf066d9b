"""Enrol and forget second factors."""

from dataclasses import dataclass, replace

from exchange.domain.accounts import Account
from exchange.errors import ExchangeError
from exchange.usecases.accounts.office import AccountOffice, account_line, name_of
from exchange.usecases.accounts.second_factor import (
    address_of,
    new_secret,
    step_of,
)
from exchange.usecases.accounts.trying import Tried, require_right
from schemas.errors import ErrorCode


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


async def go_on_with_totp(
    office: AccountOffice, account: str, sealed: bytes
) -> Enrolment:
    """Return the enrolment that was begun: an application has its secret already.

    Raises:
        ExchangeError: no such account, no key to seal with, or another one's secret
            (SECOND_FACTOR_UNREADABLE).
    """
    found = await office.account(account)
    secret = office.required_sealer().open(sealed, found.account_id)
    return Enrolment(address=address_of(secret, found.account_id), sealed=sealed)


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


async def enrol_totp(
    office: AccountOffice, account: Account, *, password: str, sealed: bytes, code: str
) -> Account:
    """Enrol one's own second factor, with one's password.

    A session that was left open, or its token, is not enough to replace the factor.

    Raises:
        ExchangeError: a wrong password, which counts like a wrong try to sign in, or a
            wrong code (SIGN_IN_REFUSED); another one's secret.
    """
    await require_right(office, account, Tried(password=password))
    return await confirm_totp(
        office,
        account.account_id,
        sealed=sealed,
        code=code,
        operator=name_of(account.account_id),
    )


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
