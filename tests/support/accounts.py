"""People with accounts."""

from dataclasses import replace
from datetime import timedelta

from exchange.domain.accounts import Account, AccountId, Grant
from exchange.domain.records import AuditLine
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import Session
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent
from tests.support.pki import NOW
from tests.support.world import COMMUNE

CLERK_ID = AccountId("an.nguyen")


def grant(
    role: AccessRole = AccessRole.CLERK,
    agency: OrganId | None = COMMUNE,
    **changes: object,
) -> Grant:
    """A role that has held for a day."""
    plain = Grant(role=role, agency=agency, valid_from=NOW - timedelta(days=1))
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


def account(**changes: object) -> Account:
    """A clerk of the commune, never stored before."""
    plain = Account(
        account_id=CLERK_ID,
        name="Nguyễn Văn An",
        grants=(grant(),),
        password="$argon2id$none",
        version=1,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


def session(**changes: object) -> Session:
    """A session that has just begun."""
    plain = Session(digest="a" * 64, account_id=CLERK_ID, begun_at=NOW, seen_at=NOW)
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


def changed() -> AuditLine:
    """The audit line of a change."""
    return AuditLine(at=NOW, event=AuditEvent.ACCOUNT_CHANGED, actor="test")
