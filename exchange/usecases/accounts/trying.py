"""Passwords that are tried: counted, so that nobody guesses for long.

Every refusal takes the same work and says the same, whatever it is for: an unknown
name, a wrong password, a wrong code, an account that is locked or has no password.
"""

from dataclasses import dataclass, replace

from exchange.domain.accounts import (
    Account,
    after_failure,
    after_success,
    takes_passwords,
)
from exchange.domain.records import AuditLine
from exchange.errors import ExchangeError
from exchange.usecases.accounts.office import (
    TRIES,
    AccountOffice,
    name_of,
    next_version,
)
from exchange.usecases.accounts.second_factor import step_of
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a person typed.

    Args:
        code: of the second factor, where there is one; None: none is asked for, since
            the person is signed in already.
    """

    password: str
    code: str | None = None


async def require_right(
    office: AccountOffice, before: Account | None, tried: Tried
) -> Account:
    """Return the account whose password, and code, were tried rightly.

    Raises:
        ExchangeError: nobody's, or not with these (SIGN_IN_REFUSED).
    """
    digest = before.password if before else None
    is_right = await office.passwords.is_of(digest, tried.password)
    if before is None:
        await office.storage.audit.append(refused_line(office, "unknown"))
        raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)
    return await _taken(office, before, tried, is_right=is_right)


async def _taken(
    office: AccountOffice, before: Account, tried: Tried, *, is_right: bool
) -> Account:
    """Count the try against the account as it is now, after the slow digest.

    Whoever guesses many times at once is counted one after the other.
    """
    for _ in range(TRIES):
        fresh = await office.account(before.account_id)
        if not takes_passwords(fresh, office.now()):
            break
        step = _step(office, fresh, tried.code)
        has_code = step is not None or fresh.totp is None or tried.code is None
        if is_right and has_code and fresh.password == before.password:
            after = after_success(fresh, step)
            if after == fresh or await _stored(office, fresh, after, refused=False):
                return after
        else:
            after = after_failure(fresh, office.now(), office.locks)
            if await _stored(office, fresh, after, refused=True):
                raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)
    line = refused_line(office, name_of(before.account_id))
    await office.storage.audit.append(line)
    raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)


async def _stored(
    office: AccountOffice, before: Account, after: Account, *, refused: bool
) -> bool:
    name = name_of(before.account_id)
    if refused:
        line = refused_line(office, name)
    else:
        event = AuditEvent.ACCOUNT_CHANGED
        line = person_line(office, event, name, ("what", "sign-in"))
    return await office.storage.accounts.store(next_version(before, after), audit=line)


def _step(office: AccountOffice, account: Account, code: str | None) -> int | None:
    if account.totp is None or code is None:
        return None
    secret = office.required_sealer().open(account.totp, account.account_id)
    return step_of(secret, code, office.now(), after=account.totp_step)


async def note_refused(office: AccountOffice, code: ErrorCode) -> None:
    """Write down that a provider's answer was not believed, whoever brought it."""
    line = replace(refused_line(office, "unknown"), code=code)
    await office.storage.audit.append(line)


def refused_line(office: AccountOffice, actor: str) -> AuditLine:
    """Make the audit line of a refusal."""
    line = person_line(office, AuditEvent.SIGN_IN_REFUSED, actor)
    return replace(line, code=ErrorCode.SIGN_IN_REFUSED)


def person_line(
    office: AccountOffice, event: AuditEvent, actor: str, *facts: tuple[str, str]
) -> AuditLine:
    """Make an audit line of what a person did."""
    return AuditLine(at=office.now(), event=event, actor=actor, facts=facts)
