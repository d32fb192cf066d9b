"""An update changes who receives a document (BussinessDocType 2, ReceiverList).

Public samples pair ReceiverType 0 and 1 without saying which adds and which removes
(docs/adr). Here 0 adds and 1 removes, and either must fit the facts: so whoever means
it the other way round is told, and nothing is done to the wrong recipient.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from exchange.domain.decisions import Refuse
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

_ADDS, _REMOVES = 0, 1


@dataclass(frozen=True, slots=True)
class RecipientChange:
    """One line of ReceiverList."""

    recipient: OrganId
    receiver_type: int


@dataclass(frozen=True, slots=True)
class RecipientPlan:
    """Who gets the document from now on, and from whom it is asked back."""

    added: tuple[OrganId, ...] = ()
    removed: tuple[OrganId, ...] = ()


def decide_recipients(
    changes: Iterable[RecipientChange], present: Collection[OrganId]
) -> RecipientPlan | Refuse:
    """Tell who is added and removed, or which line does not fit.

    Args:
        changes: what the update lists.
        present: who has the document addressed to it.
    """
    listed = tuple(changes)
    seen: set[OrganId] = set()
    for one in listed:
        fits = one.receiver_type == (_REMOVES if one.recipient in present else _ADDS)
        if not fits or one.recipient in seen:
            return Refuse(ErrorCode.RECIPIENT_CHANGE_CONTRADICTS, one.recipient)
        seen.add(one.recipient)
    return RecipientPlan(
        added=tuple(one.recipient for one in listed if one.receiver_type == _ADDS),
        removed=tuple(one.recipient for one in listed if one.receiver_type == _REMOVES),
    )
