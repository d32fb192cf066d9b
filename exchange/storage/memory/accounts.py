"""Accounts and sessions in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.accounts import Account, AccountId, Identity
from exchange.domain.records import AuditLine
from exchange.domain.sessions import Session
from exchange.storage.conflicts import certificate_taken, identity_taken
from exchange.storage.memory.tables import Tables


class MemoryAccounts:
    """People who may call the hub."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def account(self, account_id: AccountId) -> Account | None:
        """Find an account."""
        return self._tables.accounts.get(account_id)

    async def account_by_certificate(self, sha256: str) -> Account | None:
        """Find the account a certificate is bound to."""
        found = (
            one for one in self._tables.accounts.values() if sha256 in one.certificates
        )
        return next(found, None)

    async def account_by_identity(self, identity: Identity) -> Account | None:
        """Find the account of whom an identity provider names."""
        found = (
            one for one in self._tables.accounts.values() if identity in one.identities
        )
        return next(found, None)

    async def accounts(self) -> Sequence[Account]:
        """All accounts, ordered by id."""
        return [one for _, one in sorted(self._tables.accounts.items())]

    async def store(self, account: Account, *, audit: AuditLine) -> bool:
        """Store an account if the version before it is stored."""
        accounts = self._tables.accounts
        stored = accounts.get(account.account_id)
        if (stored.version if stored else 0) != account.version - 1:
            return False
        for other in accounts.values():
            if other.account_id == account.account_id:
                continue
            if other.certificates & account.certificates:
                raise certificate_taken(account.account_id)
            if other.identities & account.identities:
                raise identity_taken(account.account_id)
        accounts[account.account_id] = account
        self._tables.audit.append(audit)
        return True


class MemorySessions:
    """Sessions of people."""

    def __init__(self, tables: Tables) -> None:
        self._sessions = tables.sessions

    async def begin(self, session: Session) -> None:
        """Store a new session."""
        self._sessions[session.digest] = session

    async def session(self, digest: str) -> Session | None:
        """Find a session."""
        return self._sessions.get(digest)

    async def replace(self, session: Session) -> bool:
        """Store a session anew; False when it has ended meanwhile."""
        if session.digest not in self._sessions:
            return False
        self._sessions[session.digest] = session
        return True

    async def touch(self, digest: str, seen_at: datetime) -> None:
        """Note that a session was used."""
        if digest in self._sessions:
            self._sessions[digest] = replace(self._sessions[digest], seen_at=seen_at)

    async def end(self, digest: str) -> bool:
        """End a session."""
        return self._sessions.pop(digest, None) is not None

    async def end_all(self, account_id: AccountId) -> int:
        """End all sessions of an account."""
        return self._forget(
            [key for key, one in self._sessions.items() if one.account_id == account_id]
        )

    async def drop(self, *, before: datetime) -> int:
        """Forget sessions begun before a time."""
        return self._forget(
            [key for key, one in self._sessions.items() if one.begun_at < before]
        )

    def _forget(self, digests: list[str]) -> int:
        for one in digests:
            del self._sessions[one]
        return len(digests)
