"""Dated rights of systems to act for agencies, as they change.

Invariant: a right that was in force stays on record with its last moment, so that it
can be told who acted when.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from exchange.domain.parties import ActsFor, System
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True)
class SystemChange:
    """A system as it was found, and as it is to be if it is still so."""

    before: System
    after: System


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
    moved = (SystemChange(one, _carried(one, old, new, at)) for one in systems)
    return tuple(one for one in moved if one.after != one.before)


def _carried(system: System, old: OrganId, new: OrganId, at: datetime) -> System:
    rights: list[ActsFor] = []
    for one in system.acts_for:
        goes_on = one.valid_to is None or at < one.valid_to
        if one.agency != old or not goes_on:
            rights.append(one)
            continue
        if one.valid_from < at:
            rights.append(replace(one, valid_to=at))
        rights.append(ActsFor(new, max(at, one.valid_from), one.valid_to))
    return replace(system, acts_for=tuple(rights))


def _ended(right: ActsFor, now: datetime) -> ActsFor:
    ends = now if right.valid_to is None else min(now, right.valid_to)
    return replace(right, valid_to=ends)
