"""What keeping accounts and signing in need."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from exchange.domain.accounts import (
    Account,
    AccountId,
    LockPolicy,
    parse_account_id,
)
from exchange.domain.records import AuditLine
from exchange.domain.sessions import SessionPolicy
from exchange.errors import ExchangeError
from exchange.services import Office
from exchange.storage.ports import Storage
from exchange.usecases.accounts.passwords import Passwords
from exchange.usecases.accounts.second_factor import Sealer
from schemas.errors import ErrorCode
from schemas.identifiers import person_id
from schemas.timestamps import truncate_ms
from schemas.vocabulary import AuditEvent

TRIES = 8
"""How often a change starts again when somebody else was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOffice:
    """Storage, clock, rules, and the key of the second factors.

    Args:
        sealer: None where no key is set; then nobody has a second factor.
    """

    storage: Storage
    clock: Callable[[], datetime]
    sealer: Sealer | None = None
    locks: LockPolicy = field(default_factory=LockPolicy)
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    passwords: Passwords = field(default_factory=Passwords)

    def now(self) -> datetime:
        """Return the time, in UTC and whole milliseconds."""
        return truncate_ms(self.clock())

    def required_sealer(self) -> Sealer:
        """Return the key of the second factors.

        Raises:
            ExchangeError: there is none (CONFIGURATION_INVALID).
        """
        if self.sealer is None:
            place = "accounts.totp_key_file"
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place)
        return self.sealer

    async def account(self, text: str) -> Account:
        """Find an account.

        Raises:
            ExchangeError: there is none (ACCOUNT_NOT_FOUND).
        """
        account_id = parse_account_id(text)
        found = await self.storage.accounts.account(account_id) if account_id else None
        if found is None:
            raise ExchangeError(ErrorCode.ACCOUNT_NOT_FOUND, place="account")
        return found

    async def change(
        self, text: str, change: Callable[[Account], Account], audit: AuditLine
    ) -> Account:
        """Change an account, again if somebody else changes it meanwhile.

        Raises:
            ExchangeError: there is none (ACCOUNT_NOT_FOUND), or it changes all the
                time (SERVICE_UNAVAILABLE).
        """
        for _ in range(TRIES):
            before = await self.account(text)
            after = next_version(before, change(before))
            if await self.storage.accounts.store(after, audit=audit):
                return after
        raise ExchangeError(ErrorCode.SERVICE_UNAVAILABLE, place="account")


def next_version(before: Account, after: Account) -> Account:
    """Return an account as it is stored in place of another version."""
    return replace(after, version=before.version + 1)


def name_of(account_id: AccountId) -> str:
    """Return the name of a person in the audit trail."""
    return person_id(account_id)


def account_line(
    office: AccountOffice | Office, account_id: str, *, actor: str, what: str
) -> AuditLine:
    """Make the audit line of a change of an account."""
    return AuditLine(
        at=office.now(),
        event=AuditEvent.ACCOUNT_CHANGED,
        actor=actor,
        subject=account_id,
        facts=(("what", what),),
    )
