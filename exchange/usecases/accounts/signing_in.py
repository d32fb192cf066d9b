"""Sign in and out.

Every refusal takes the same work and says the same, whatever it is for: an unknown
name, a wrong password, a wrong code, an account that is locked.
"""

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from exchange.domain.accounts import (
    Account,
    after_failure,
    after_success,
    as_system,
    may_sign_in,
    parse_account_id,
)
from exchange.domain.records import AuditLine
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import (
    Session,
    chosen,
    grant_of,
    is_alive,
    is_worth_touching,
)
from exchange.errors import ExchangeError
from exchange.services import Caller
from exchange.usecases.accounts.office import (
    TRIES,
    AccountOffice,
    name_of,
    next_version,
)
from exchange.usecases.accounts.second_factor import step_of
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent

_TOKEN_BYTES = 32
_LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a person typed.

    Args:
        code: of the second factor, where there is one.
    """

    account: str
    password: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person and their session.

    Args:
        token: opens the session; told once and stored nowhere.
    """

    account: Account
    session: Session
    token: str = ""


async def sign_in(office: AccountOffice, command: SignIn) -> SignedIn:
    """Begin a session.

    Raises:
        ExchangeError: not with these (SIGN_IN_REFUSED).
    """
    account_id = parse_account_id(command.account)
    accounts = office.storage.accounts
    before = await accounts.account(account_id) if account_id else None
    digest = before.password if before else None
    is_right = await office.passwords.is_of(digest, command.password)
    if before is None:
        await office.storage.audit.append(_refused(office, "unknown"))
        raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)
    account = await _taken(office, before, command, is_right=is_right)
    return await _begun(office, account)


async def sign_in_by_certificate(office: AccountOffice, sha256_hex: str) -> SignedIn:
    """Begin a session of whom a certificate is bound to.

    Args:
        office: what is needed.
        sha256_hex: of the certificate the connection proved the key of; whoever calls
            has judged its chain and revocation.

    Raises:
        ExchangeError: nobody's, or the account is locked (SIGN_IN_REFUSED).
    """
    found = await office.storage.accounts.account_by_certificate(sha256_hex)
    if found is None or not may_sign_in(found, office.now()):
        actor = name_of(found.account_id) if found else "unknown"
        await office.storage.audit.append(_refused(office, actor))
        raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)
    return await _begun(office, found)


async def _taken(
    office: AccountOffice, before: Account, command: SignIn, *, is_right: bool
) -> Account:
    """Count the try against the account as it is now, after the slow digest.

    Whoever guesses many times at once is counted one after the other.
    """
    for _ in range(TRIES):
        fresh = await office.account(before.account_id)
        if not may_sign_in(fresh, office.now()):
            break
        step = _step(office, fresh, command.code)
        has_code = step is not None or fresh.totp is None
        if is_right and has_code and fresh.password == before.password:
            after = after_success(fresh, step)
            if after == fresh or await _stored(office, fresh, after, refused=False):
                return after
        else:
            after = after_failure(fresh, office.now(), office.locks)
            if await _stored(office, fresh, after, refused=True):
                raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)
    await office.storage.audit.append(_refused(office, name_of(before.account_id)))
    raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)


async def _stored(
    office: AccountOffice, before: Account, after: Account, *, refused: bool
) -> bool:
    name = name_of(before.account_id)
    if refused:
        line = _refused(office, name)
    else:
        line = _line(office, AuditEvent.ACCOUNT_CHANGED, name, ("what", "sign-in"))
    return await office.storage.accounts.store(next_version(before, after), audit=line)


def _step(office: AccountOffice, account: Account, code: str) -> int | None:
    if account.totp is None:
        return None
    secret = office.required_sealer().open(account.totp, account.account_id)
    return step_of(secret, code, office.now(), after=account.totp_step)


async def _begun(office: AccountOffice, account: Account) -> SignedIn:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now, grants = office.now(), account.grants_at(office.now())
    only = grants[0] if len(grants) == 1 else None
    session = Session(
        digest=digest_of(token),
        account_id=account.account_id,
        begun_at=now,
        seen_at=now,
        role=only.role if only else None,
        agency=only.agency if only else None,
    )
    line = _line(office, AuditEvent.SIGNED_IN, name_of(account.account_id))
    await office.storage.audit.append(line)
    await office.storage.sessions.begin(session)
    return SignedIn(account=account, session=session, token=token)


def digest_of(token: str) -> str:
    """Return what is stored of a token."""
    return sha256(token.encode()).hexdigest()


async def session_of(
    office: AccountOffice, token: str, *, is_used: bool = True
) -> SignedIn:
    """Find the session a token opens, and note that it is used.

    Args:
        office: what is needed.
        token: as it was told.
        is_used: whether a person does something; a page that looks for news by itself
            keeps no session alive.

    Raises:
        ExchangeError: none, or it has ended (SESSION_MISSING).
    """
    now, sessions = office.now(), office.storage.sessions
    session = None
    if token.isascii() and 0 < len(token) <= _LONGEST_TOKEN:
        session = await sessions.session(digest_of(token))
    if session is None or not is_alive(session, now, office.sessions):
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    account = await office.storage.accounts.account(session.account_id)
    if account is None or account.is_disabled:
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    if is_used and is_worth_touching(session, now):
        session = replace(session, seen_at=now)
        await sessions.replace(session)
    return SignedIn(account=account, session=session)


def caller_in(office: AccountOffice, found: SignedIn) -> Caller:
    """Return who calls in a session: a person in one role.

    Raises:
        ExchangeError: the password must be changed first (PASSWORD_CHANGE_REQUIRED),
            or no role is chosen or it has ended (ROLE_NOT_CHOSEN).
    """
    if found.account.must_change:
        raise ExchangeError(ErrorCode.PASSWORD_CHANGE_REQUIRED)
    grant = grant_of(found.session, found.account, office.now())
    if grant is None:
        raise ExchangeError(ErrorCode.ROLE_NOT_CHOSEN)
    return Caller(
        system=as_system(found.account, grant),
        role=grant.role,
        audits_all=grant.role is AccessRole.AUDITOR and grant.agency is None,
    )


async def choose_role(
    office: AccountOffice, found: SignedIn, role: AccessRole, agency: OrganId | None
) -> SignedIn:
    """Act in another role from now on.

    Raises:
        ExchangeError: the person does not have it (ROLE_NOT_ALLOWED), or the session
            has ended (SESSION_MISSING).
    """
    if chosen(found.account, role, agency, office.now()) is None:
        raise ExchangeError(ErrorCode.ROLE_NOT_ALLOWED, place=role)
    session = replace(found.session, role=role, agency=agency, seen_at=office.now())
    if not await office.storage.sessions.replace(session):
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    return replace(found, session=session)


async def sign_out(office: AccountOffice, found: SignedIn) -> None:
    """End a session."""
    await office.storage.sessions.end(found.session.digest)
    line = _line(office, AuditEvent.SIGNED_OUT, name_of(found.account.account_id))
    await office.storage.audit.append(line)


def _refused(office: AccountOffice, actor: str) -> AuditLine:
    line = _line(office, AuditEvent.SIGN_IN_REFUSED, actor)
    return replace(line, code=ErrorCode.SIGN_IN_REFUSED)


def _line(
    office: AccountOffice, event: AuditEvent, actor: str, *facts: tuple[str, str]
) -> AuditLine:
    return AuditLine(at=office.now(), event=event, actor=actor, facts=facts)
