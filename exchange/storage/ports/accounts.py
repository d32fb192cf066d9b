"""People who may call the hub, and their sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from exchange.domain.accounts import Account, AccountId, Identity
from exchange.domain.records import AuditLine
from exchange.domain.sessions import Session


class AccountStore(Protocol):
    """People who may call the hub."""

    async def account(self, account_id: AccountId) -> Account | None:
        """Find an account as it is now, whichever process changed it."""

    async def account_by_certificate(self, sha256: str) -> Account | None:
        """Find the account a certificate is bound to."""

    async def account_by_identity(self, identity: Identity) -> Account | None:
        """Find the account of whom an identity provider names."""

    async def accounts(self) -> Sequence[Account]:
        """All accounts, ordered by id."""

    async def store(self, account: Account, *, audit: AuditLine) -> bool:
        """Store an account and the audit line, or nothing.

        Version 1 is a new account; version n + 1 replaces version n.

        Returns:
            False when another version is stored than the one before: somebody else
            was faster.

        Raises:
            ExchangeError: a certificate belongs to another account
                (CLIENT_CERTIFICATE_REFUSED), or an identity does (ACCOUNT_TAKEN).
        """


class SessionStore(Protocol):
    """Sessions of people."""

    async def begin(self, session: Session) -> None:
        """Store a new session."""

    async def session(self, digest: str) -> Session | None:
        """Find a session by the digest of its token, as it is now."""

    async def replace(self, session: Session) -> bool:
        """Store a session anew; False when it has ended meanwhile."""

    async def touch(self, digest: str, seen_at: datetime) -> None:
        """Note that a session was used, unless it has ended; nothing else changes."""

    async def end(self, digest: str) -> bool:
        """End a session; False when there is none."""

    async def end_all(self, account_id: AccountId) -> int:
        """End all sessions of an account; return how many."""

    async def drop(self, *, before: datetime) -> int:
        """Forget sessions begun before a time; return how many."""
