"""Delegations on record, and whether one lets a signer sign for another agency.

Invariants:
    - A delegation is the delegator's own word: its seal signed it.
    - It counts between its dates, for its kinds of documents, until it is revoked.
    - Delegations do not add up: a delegate signs for the delegator alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schemas.delegation import Delegation
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledDelegation:
    """A delegation as the hub keeps it.

    Args:
        delegation_id: SHA-256 of its bytes, in lower hexadecimal.
        content: the signed XML.
        certificate_sha256: of the seal that signed it.
        revoked_at: from when it no longer counts.
    """

    delegation_id: str
    delegation: Delegation
    content: bytes
    certificate_sha256: str
    filed_at: datetime
    revoked_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it counts at a moment."""
        in_time = self.delegation.valid_from <= at < self.delegation.valid_to
        return in_time and (self.revoked_at is None or at < self.revoked_at)


def leave_to_sign(
    filed: Iterable[FiledDelegation], *, delegate: OrganId, kind: str, at: datetime
) -> FiledDelegation | None:
    """Return the first of the delegator's delegations that covers a signer's agency."""
    return next(
        (
            one
            for one in filed
            if one.holds(at)
            and one.delegation.covers(delegate=delegate, kind=kind, at=at)
        ),
        None,
    )
