"""Dated rights of systems and people to act for agencies, as they change.

Invariant: a right that was in force stays on record with its last moment, so that it
can be told who acted when.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from exchange.domain.accounts import Account, Grant
from exchange.domain.parties import ActsFor, System
from exchange.domain.records import AuditLine
from schemas.identifiers import OrganId

_Right = TypeVar("_Right", ActsFor, Grant)


@dataclass(frozen=True, slots=True)
class SystemChange:
    """A system as it was found, and as it is to be if it is still so."""

    before: System
    after: System


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Roles of a person, changed if no other version is stored, with an audit line."""

    before: Account
    after: Account
    audit: AuditLine


def with_ended_rights(before: System | None, after: System, now: datetime) -> System:
    """Keep the rights a system had and no longer has, ended now."""
    if before is None:
        return after
    kept = {(one.agency, one.valid_from) for one in after.acts_for}
    ended = (
        _ended(one, now)
        for one in before.acts_for
        if (one.agency, one.valid_from) not in kept and one.valid_from < now
    )
    return replace(after, acts_for=(*after.acts_for, *ended))


def carried_over(
    systems: Iterable[System], old: OrganId, new: OrganId, at: datetime
) -> tuple[SystemChange, ...]:
    """Return the systems whose right for `old` goes over to `new` at a moment."""
    moved = (
        SystemChange(one, replace(one, acts_for=_carried(one.acts_for, old, new, at)))
        for one in systems
    )
    return tuple(one for one in moved if one.after != one.before)


def carried_roles(
    account: Account, old: OrganId, new: OrganId, at: datetime
) -> Account:
    """Return an account whose roles for `old` go over to `new` at a moment."""
    return replace(account, grants=_carried(account.grants, old, new, at))


def people_of(
    accounts: Iterable[Account], agencies: Collection[OrganId], at: datetime
) -> tuple[Account, ...]:
    """Return those whose roles for one of the agencies count at a moment or later."""
    return tuple(
        one
        for one in accounts
        if any(grant.agency in agencies and _goes_on(grant, at) for grant in one.grants)
    )


def _carried(
    rights: Iterable[_Right], old: OrganId, new: OrganId, at: datetime
) -> tuple[_Right, ...]:
    carried: list[_Right] = []
    for one in rights:
        if one.agency != old or not _goes_on(one, at):
            carried.append(one)
            continue
        if one.valid_from < at:
            carried.append(replace(one, valid_to=at))
        carried.append(replace(one, agency=new, valid_from=max(at, one.valid_from)))
    return tuple(carried)


def _goes_on(right: ActsFor | Grant, at: datetime) -> bool:
    return right.valid_to is None or at < right.valid_to


def _ended(right: ActsFor, now: datetime) -> ActsFor:
    ends = now if right.valid_to is None else min(now, right.valid_to)
    return replace(right, valid_to=ends)
