"""People who may call the hub: what they hold, when they are locked out.

Invariants:
    - Whoever guesses has few tries; a lock-out grows with each one before it.
    - A role counts between its dates, for the agency it names; an auditor or an
      operator of the whole hub names none.
    - A code of the second factor counts once.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NewType

from exchange.domain.parties import ActsFor, System
from exchange.domain.roles import AccessRole
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, person_id

AccountId = NewType("AccountId", str)

_ACCOUNT_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_OF_THE_HUB: Final = frozenset({AccessRole.OPERATOR, AccessRole.AUDITOR})
_LONGEST_NAME: Final = 200
_LONGEST_IDENTITY: Final = 255
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 12, 128
TOTP_SECONDS: Final = 30
"""RFC 6238 section 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A dated role, for one agency or, without one, for the hub."""

    role: AccessRole
    agency: OrganId | None
    valid_from: datetime
    valid_to: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it counts at a moment."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Who a person is at an identity provider (OpenID Connect Core 2, iss and sub)."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person.

    Args:
        password: Argon2id in the PHC string format; None: none signs in.
        totp: sealed secret of the second factor, once enrolled.
        totp_step: of the last code taken; earlier ones no longer count.
        certificates: SHA-256 (lower hex) of the person's certificates' DER.
        identities: who the person is at identity providers.
        failures: wrong tries since the last good one or lock-out.
        lockouts: since the last good one; the next is longer.
        must_change: the password was set by somebody else.
        version: counts changes; a change names the one it starts from.
    """

    account_id: AccountId
    name: str
    grants: tuple[Grant, ...] = ()
    password: str | None
    totp: bytes | None = None
    totp_step: int = -1
    certificates: frozenset[str] = frozenset()
    identities: frozenset[Identity] = frozenset()
    failures: int = 0
    lockouts: int = 0
    locked_until: datetime | None = None
    is_disabled: bool = False
    must_change: bool = False
    version: int = 0

    def grants_at(self, at: datetime) -> tuple[Grant, ...]:
        """Return the roles that count at a moment."""
        return tuple(one for one in self.grants if one.holds(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPolicy:
    """When whoever guesses is stopped.

    Args:
        failures: wrong tries before a lock-out.
        first: length of the first one; each that follows is twice as long.
        longest: but not longer than this.
    """

    failures: int = 5
    first: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=24)


def parse_account_id(text: str) -> AccountId | None:
    """Return the account id in `text`; None when it is none."""
    return AccountId(text) if _ACCOUNT_ID.fullmatch(text) else None


def takes_passwords(account: Account, now: datetime) -> bool:
    """Tell whether a right password would be taken at all.

    Guessing passwords locks out passwords alone: whoever knows a name would otherwise
    keep its person from signing in with a certificate too.
    """
    locked = account.locked_until is not None and now < account.locked_until
    return not account.is_disabled and not locked


def after_failure(account: Account, now: datetime, policy: LockPolicy) -> Account:
    """Count a wrong try, and lock when there were too many."""
    failures = account.failures + 1
    if failures < policy.failures:
        return replace(account, failures=failures)
    length = min(policy.first * 2 ** min(account.lockouts, 16), policy.longest)
    return replace(
        account,
        failures=0,
        lockouts=account.lockouts + 1,
        locked_until=now + length,
    )


def after_success(account: Account, totp_step: int | None) -> Account:
    """Forget wrong tries, and take the code that was used."""
    step = account.totp_step if totp_step is None else totp_step
    return replace(account, failures=0, lockouts=0, locked_until=None, totp_step=step)


def weakness_of(password: str, account_id: AccountId) -> bool:
    """Tell whether a password is too short, too long, or the name itself.

    NIST SP 800-63B 3.1.1.2: length counts, rules of composition do not.
    """
    plain = password.casefold()
    return (
        not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD
        or account_id in plain
        or len(set(plain)) < _SHORTEST_PASSWORD // 3
    )


def grant_error(grant: Grant) -> ErrorCode | None:
    """Return why a role cannot be given as it is."""
    if grant.role is AccessRole.SYSTEM:
        return ErrorCode.ROLE_NOT_ALLOWED
    if grant.agency is None and grant.role not in _OF_THE_HUB:
        return ErrorCode.AGENCY_UNKNOWN
    return None


def is_identity(identity: Identity) -> bool:
    """Tell whether a provider may call somebody so (OpenID Connect Core 2)."""
    both = (identity.issuer, identity.subject)
    return " " not in identity.issuer and all(
        0 < len(one) <= _LONGEST_IDENTITY and one.isascii() and one.isprintable()
        for one in both
    )


def is_name(text: str) -> bool:
    """Tell whether a person may be called so."""
    return bool(text.strip()) and len(text) <= _LONGEST_NAME and text.isprintable()


def as_system(account: Account, grant: Grant) -> System:
    """Return a person as a system of their own, in one role.

    No registered system has a colon in its id. What a clerk does without a signature
    rests on the channel, and the hub says so in its receipts.
    """
    rights = (
        (ActsFor(grant.agency, grant.valid_from, grant.valid_to),)
        if grant.agency
        else ()
    )
    return System(
        system_id=person_id(account.account_id),
        name=account.name,
        certificates=account.certificates,
        acts_for=rights,
        may_channel=grant.role is AccessRole.CLERK,
    )
