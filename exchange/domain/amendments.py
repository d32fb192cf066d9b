"""An update changes who receives a document (BussinessDocType 2, ReceiverList).

Public samples pair ReceiverType 0 and 1 without saying which adds and which removes
(docs/adr). Here 0 adds and 1 removes, and either must fit the facts: so whoever means
it the other way round is told, and nothing is done to the wrong recipient.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from exchange.domain.addressing import Addressee, all_reached, reached_themselves
from exchange.domain.decisions import Refuse
from exchange.domain.reachable import too_many, unreachable
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

_ADDS, _REMOVES = 0, 1


@dataclass(frozen=True, slots=True)
class RecipientChange:
    """One line of ReceiverList: whom it names, and who that reaches now.

    Args:
        held: whose deliveries of the document it means; they lose it if it removes.
    """

    addressee: Addressee
    receiver_type: int
    held: frozenset[OrganId] = frozenset()

    @property
    def removes(self) -> bool:
        """Whether somebody is to lose the document."""
        return self.receiver_type == _REMOVES


@dataclass(frozen=True, slots=True)
class RecipientPlan:
    """Who gets the document from now on, and from whom it is asked back."""

    added: tuple[Addressee, ...] = ()
    removed: tuple[OrganId, ...] = ()

    @property
    def reached(self) -> tuple[OrganId, ...]:
        """Who gets the document from now on."""
        return reached_themselves(self.added)

    def recipients(self, named: Iterable[OrganId]) -> tuple[OrganId, ...]:
        """Return whom the update concerns, those `named` in its `To` first."""
        concerned = (*named, *all_reached(self.added), *self.removed)
        return tuple(dict.fromkeys(concerned))


def decide_recipients(
    changes: Iterable[RecipientChange], present: Collection[OrganId], now: datetime
) -> RecipientPlan | Refuse:
    """Tell who is added and removed, or which line does not fit.

    Args:
        changes: what the update lists.
        present: who has the document, or is in what it would be added to.
        now: when those who are added must be there to be reached.
    """
    listed = tuple(changes)
    refusal = next(_refusals(listed, present, now), None)
    if refusal is not None:
        return refusal
    removed = (code for one in listed if one.removes for code in sorted(one.held))
    return RecipientPlan(
        added=tuple(one.addressee for one in listed if one.receiver_type == _ADDS),
        removed=tuple(dict.fromkeys(removed)),
    )


def number_refusals(
    plan: RecipientPlan,
    named: Iterable[OrganId],
    present: int,
    most: int,
) -> Iterator[Refuse]:
    """Yield a reason where the update, or the document by it, reaches too many.

    Args:
        plan: who is added and removed.
        named: whom the update names in its `To`, and who is reached in their stead.
        present: how many it has been addressed to.
        most: how many one envelope may reach in all.
    """
    yield from too_many(len(plan.recipients(named)), most)
    if plan.added:
        yield from too_many(present + len(plan.reached), most)


def _refusals(
    listed: Iterable[RecipientChange], present: Collection[OrganId], now: datetime
) -> Iterator[Refuse]:
    seen: set[OrganId] = set()
    for one in listed:
        code = one.addressee.code
        if one.addressee.agency is None:
            yield Refuse(ErrorCode.RECIPIENT_UNKNOWN, code)
        if code in seen or not _fits(one, present):
            yield Refuse(ErrorCode.RECIPIENT_CHANGE_CONTRADICTS, code)
        if one.receiver_type == _ADDS:
            yield from unreachable([one.addressee], now)
        seen.add(code)


def _fits(change: RecipientChange, present: Collection[OrganId]) -> bool:
    if change.removes:
        return bool(change.held)
    # Whoever is reached in the stead of another may have it, too.
    return change.receiver_type == _ADDS and not any(
        one in present for one in all_reached([change.addressee])
    )
