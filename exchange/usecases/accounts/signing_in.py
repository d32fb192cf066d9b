"""Sign in and out: by password, by certificate, as whom a provider names."""

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256

from exchange.domain.accounts import (
    Account,
    Grant,
    Identity,
    as_system,
    parse_account_id,
)
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import (
    Session,
    SignInWay,
    chosen,
    grant_of,
    is_alive,
    is_of_connection,
    is_worth_touching,
    must_change_password,
)
from exchange.errors import ExchangeError
from exchange.services import Caller
from exchange.usecases.accounts.keeping import give_roles
from exchange.usecases.accounts.office import AccountOffice, name_of
from exchange.usecases.accounts.trying import (
    Tried,
    person_line,
    refused_line,
    require_right,
)
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
    before = await office.storage.accounts.account(account_id) if account_id else None
    tried = Tried(password=command.password, code=command.code)
    account = await require_right(office, before, tried)
    return await _begun(office, account, SignInWay.PASSWORD)


async def sign_in_by_certificate(office: AccountOffice, sha256_hex: str) -> SignedIn:
    """Begin a session of whom a certificate is bound to.

    Args:
        office: what is needed.
        sha256_hex: of the certificate the connection proved the key of; whoever calls
            has judged its chain and revocation.

    Raises:
        ExchangeError: nobody's, or the account is disabled (SIGN_IN_REFUSED).
    """
    found = await office.storage.accounts.account_by_certificate(sha256_hex)
    account = await _require_enabled(office, found)
    return await _begun(office, account, SignInWay.CERTIFICATE, certificate=sha256_hex)


async def sign_in_by_identity(
    office: AccountOffice, identity: Identity, grants: tuple[Grant, ...] | None = None
) -> SignedIn:
    """Begin a session of whom an identity provider names.

    Args:
        office: what is needed.
        identity: whoever calls has judged the provider's token.
        grants: the person's roles from now on; None: as they are here.

    Raises:
        ExchangeError: nobody's, or the account is disabled (SIGN_IN_REFUSED); a role
            cannot be given (AGENCY_UNKNOWN).
    """
    found = await office.storage.accounts.account_by_identity(identity)
    account = await _require_enabled(office, found)
    if grants is not None and not _are_the_same(
        grants, account.grants_at(office.now())
    ):
        name = f"provider:{identity.issuer}"
        account = await give_roles(office, account.account_id, grants, operator=name)
    return await _begun(office, account, SignInWay.PROVIDER)


def _are_the_same(some: tuple[Grant, ...], others: tuple[Grant, ...]) -> bool:
    """Tell whether roles are the same, whenever they began; all without an end."""
    wanted = {(one.role, one.agency, one.valid_to) for one in some}
    return wanted == {(one.role, one.agency, one.valid_to) for one in others}


async def _require_enabled(office: AccountOffice, found: Account | None) -> Account:
    if found is not None and not found.is_disabled:
        return found
    actor = name_of(found.account_id) if found else "unknown"
    await office.storage.audit.append(refused_line(office, actor))
    raise ExchangeError(ErrorCode.SIGN_IN_REFUSED)


async def _begun(
    office: AccountOffice, account: Account, way: SignInWay, *, certificate: str = ""
) -> SignedIn:
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
        way=way,
        certificate=certificate,
    )
    name = name_of(account.account_id)
    line = person_line(office, AuditEvent.SIGNED_IN, name, ("way", way))
    await office.storage.audit.append(line)
    await office.storage.sessions.begin(session)
    return SignedIn(account=account, session=session, token=token)


def digest_of(token: str) -> str:
    """Return what is stored of a token."""
    return sha256(token.encode()).hexdigest()


async def session_of(
    office: AccountOffice, token: str, *, certificate: str = "", is_used: bool = True
) -> SignedIn:
    """Find the session a token opens, and note that it is used.

    Args:
        office: what is needed.
        token: as it was told.
        certificate: the connection proved the key of, SHA-256 in lower hex; a session
            that began by one counts with it alone, so that its token is no use to
            whoever took it.
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
    if not is_of_connection(session, certificate):
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    account = await office.storage.accounts.account(session.account_id)
    if account is None or account.is_disabled:
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    if is_used and is_worth_touching(session, now):
        await sessions.touch(session.digest, now)
        session = replace(session, seen_at=now)
    return SignedIn(account=account, session=session)


def caller_in(office: AccountOffice, found: SignedIn) -> Caller:
    """Return who calls in a session: a person in one role.

    Raises:
        ExchangeError: the password must be changed first (PASSWORD_CHANGE_REQUIRED),
            or no role is chosen or it has ended (ROLE_NOT_CHOSEN).
    """
    if must_change_password(found.session, found.account):
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


async def forget(office: AccountOffice, token: str) -> None:
    """End the session a browser had before it got another; the person signed in."""
    await office.storage.sessions.end(digest_of(token))


async def sign_out(office: AccountOffice, found: SignedIn) -> None:
    """End a session."""
    await office.storage.sessions.end(found.session.digest)
    await _note_signed_out(office, found)


async def sign_out_everywhere(office: AccountOffice, found: SignedIn) -> None:
    """End all sessions of a person, e.g. one left open at another desk."""
    await office.storage.sessions.end_all(found.account.account_id)
    await _note_signed_out(office, found, ("what", "everywhere"))


async def _note_signed_out(
    office: AccountOffice, found: SignedIn, *facts: tuple[str, str]
) -> None:
    name = name_of(found.account.account_id)
    line = person_line(office, AuditEvent.SIGNED_OUT, name, *facts)
    await office.storage.audit.append(line)
