"""Sessions of people: how long one counts, and in which role."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from exchange.domain.accounts import Account, AccountId, Grant
from exchange.domain.roles import AccessRole
from schemas.identifiers import OrganId

_TOUCHED_AFTER = timedelta(minutes=1)
"""How exactly the last call is remembered."""


class SignInWay(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - the name of a way
    CERTIFICATE = "certificate"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session; who has its token, is its person.

    Args:
        digest: SHA-256 of its token, lower hex; the token itself is stored nowhere.
        role: chosen by the person; none before.
        agency: of the role.
        way: how it began.
        certificate: by which one, SHA-256 (lower hex) of its DER; it counts on
            connections that prove the same key alone.
    """

    digest: str
    account_id: AccountId
    begun_at: datetime
    seen_at: datetime
    role: AccessRole | None = None
    agency: OrganId | None = None
    way: SignInWay = SignInWay.PASSWORD
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """How long a session counts without a call, and altogether."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=10)


def is_alive(session: Session, now: datetime, policy: SessionPolicy) -> bool:
    """Tell whether a session still counts; one from the future does not."""
    since_begun, since_seen = now - session.begun_at, now - session.seen_at
    return timedelta() <= since_begun < policy.absolute and since_seen < policy.idle


def is_of_connection(session: Session, certificate: str) -> bool:
    """Tell whether a session counts on a connection.

    Args:
        session: what was found by its token.
        certificate: the connection proved the key of; empty without one.
    """
    return session.certificate in {"", certificate}


def is_worth_touching(session: Session, now: datetime) -> bool:
    """Tell whether the time of the last call should be stored anew."""
    return now - session.seen_at >= _TOUCHED_AFTER


def must_change_password(session: Session, account: Account) -> bool:
    """Tell whether somebody else set the password a session began by."""
    return account.must_change and session.way is SignInWay.PASSWORD


def grant_of(session: Session, account: Account, now: datetime) -> Grant | None:
    """Return the role a session acts in, if the account still has it."""
    if account.is_disabled or session.role is None:
        return None
    return chosen(account, session.role, session.agency, now)


def chosen(
    account: Account, role: AccessRole, agency: OrganId | None, now: datetime
) -> Grant | None:
    """Return the account's role for an agency, if it counts now."""
    for one in account.grants_at(now):
        if (one.role, one.agency) == (role, agency):
            return one
    return None
