"""Accounts and sessions in MongoDB.

Reads see what a majority holds, and so every change that was acknowledged. A
linearizable read would wait for the journal, up to a tenth of a second for each page;
it would only tell a primary that was voted out a moment ago, and whose answers end
with its connections.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from exchange.domain.accounts import Account, AccountId, Grant, Identity
from exchange.domain.records import AuditLine
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import Session as PersonSession
from exchange.domain.sessions import SignInWay
from exchange.storage.conflicts import certificate_taken, identity_taken
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    Database,
    Document,
    DuplicateError,
    available,
    find_all,
    find_one,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction


class MongoAccounts:
    """People who may call the hub."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._accounts = database["accounts"]

    async def account(self, account_id: AccountId) -> Account | None:
        """Find an account as it is now, whichever process changed it."""
        found = await find_one(self._accounts, {"_id": account_id})
        return None if found is None else _account(found)

    async def account_by_certificate(self, sha256: str) -> Account | None:
        """Find the account a certificate is bound to."""
        found = await find_one(self._accounts, {"certificates": sha256})
        return None if found is None else _account(found)

    async def account_by_identity(self, identity: Identity) -> Account | None:
        """Find the account of whom an identity provider names."""
        named = {"identities": _identity_text(identity)}
        found = await find_one(self._accounts, named)
        return None if found is None else _account(found)

    async def accounts(self) -> Sequence[Account]:
        """All accounts, ordered by id."""
        found = await find_all(self._accounts, {}, sort=[("_id", 1)])
        return [_account(one) for one in found]

    async def store(self, account: Account, *, audit: AuditLine) -> bool:
        """Store an account if the version before it is stored."""
        try:
            return await in_transaction(self._database, partial(_store, account, audit))
        except DuplicateError as error:
            if error.place == account.account_id:
                return False
            if error.place in map(_identity_text, account.identities):
                raise identity_taken(account.account_id) from error
            raise certificate_taken(account.account_id) from error


class MongoSessions:
    """Sessions of people."""

    def __init__(self, database: Database) -> None:
        self._sessions = database["sessions"]

    async def begin(self, session: PersonSession) -> None:
        """Store a new session."""
        async with available():
            await self._sessions.insert_one(_session_document(session))

    async def session(self, digest: str) -> PersonSession | None:
        """Find a session as it is now: one that has ended elsewhere has ended."""
        found = await find_one(self._sessions, {"_id": digest})
        return None if found is None else _session(found)

    async def replace(self, session: PersonSession) -> bool:
        """Store a session anew; False when it has ended meanwhile."""
        async with available():
            kept = await self._sessions.replace_one(
                {"_id": session.digest}, _session_document(session)
            )
        return bool(kept.matched_count)

    async def touch(self, digest: str, seen_at: datetime) -> None:
        """Note that a session was used."""
        async with available():
            await self._sessions.update_one(
                {"_id": digest}, {"$set": {"seen_at": seen_at}}
            )

    async def end(self, digest: str) -> bool:
        """End a session."""
        async with available():
            gone = await self._sessions.delete_one({"_id": digest})
        return bool(gone.deleted_count)

    async def end_all(self, account_id: AccountId) -> int:
        """End all sessions of an account."""
        async with available():
            gone = await self._sessions.delete_many({"account": account_id})
        return gone.deleted_count

    async def drop(self, *, before: datetime) -> int:
        """Forget sessions begun before a time."""
        async with available():
            gone = await self._sessions.delete_many({"begun_at": {"$lt": before}})
        return gone.deleted_count


def replace_account(account: Account, transaction: Transaction) -> bool:
    """Put an account in the place of the version before it; False: that is gone."""
    before = {"_id": account.account_id, "version": account.version - 1}
    document = _account_document(account)
    return bool(transaction.replace_one("accounts", before, document).matched_count)


def _store(account: Account, audit: AuditLine, transaction: Transaction) -> bool:
    """Move the account first: whoever is late stops here."""
    if account.version == 1:
        transaction.insert("accounts", [_account_document(account)])
    elif not replace_account(account, transaction):
        return False
    transaction.insert("audit", [codec.audit_document(audit)])
    return True


def _account_document(account: Account) -> Document:
    """Encode an account; without certificates or identities it has no such field.

    Their indexes are unique.
    """
    return codec.with_values(
        {
            "_id": account.account_id,
            "name": account.name,
            "grants": [_grant_document(one) for one in account.grants],
            "password": account.password,
            "totp": account.totp,
            "totp_step": account.totp_step,
            "certificates": sorted(account.certificates) or None,
            "identities": sorted(map(_identity_text, account.identities)) or None,
            "failures": account.failures,
            "lockouts": account.lockouts,
            "locked_until": account.locked_until,
            "is_disabled": account.is_disabled,
            "must_change": account.must_change,
            "version": account.version,
        }
    )


def _account(document: Document) -> Account:
    return Account(
        account_id=document["_id"],
        name=document["name"],
        grants=tuple(map(_grant, document["grants"])),
        password=document.get("password"),
        totp=document.get("totp"),
        totp_step=document["totp_step"],
        certificates=frozenset(document.get("certificates", ())),
        identities=frozenset(map(_identity, document.get("identities", ()))),
        failures=document["failures"],
        lockouts=document["lockouts"],
        locked_until=document.get("locked_until"),
        is_disabled=document["is_disabled"],
        must_change=document["must_change"],
        version=document["version"],
    )


def _identity_text(identity: Identity) -> str:
    """Write an identity as one text: an issuer has no spaces."""
    return f"{identity.issuer} {identity.subject}"


def _identity(text: str) -> Identity:
    issuer, _, subject = text.partition(" ")
    return Identity(issuer, subject)


def _grant_document(grant: Grant) -> Document:
    return codec.with_values(
        {
            "role": grant.role.value,
            "agency": grant.agency,
            "valid_from": grant.valid_from,
            "valid_to": grant.valid_to,
        }
    )


def _grant(document: dict[str, Any]) -> Grant:
    return Grant(
        role=AccessRole(document["role"]),
        agency=document.get("agency"),
        valid_from=document["valid_from"],
        valid_to=document.get("valid_to"),
    )


def _session_document(session: PersonSession) -> Document:
    return codec.with_values(
        {
            "_id": session.digest,
            "account": session.account_id,
            "begun_at": session.begun_at,
            "seen_at": session.seen_at,
            "role": session.role and session.role.value,
            "agency": session.agency,
            "way": session.way.value,
            "certificate": session.certificate or None,
        }
    )


def _session(document: Document) -> PersonSession:
    role = document.get("role")
    return PersonSession(
        digest=document["_id"],
        account_id=document["account"],
        begun_at=document["begun_at"],
        seen_at=document["seen_at"],
        role=AccessRole(role) if role else None,
        agency=document.get("agency"),
        way=SignInWay(document.get("way", SignInWay.PASSWORD)),
        certificate=document.get("certificate", ""),
    )
