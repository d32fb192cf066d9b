"""Which business status may be reported, by whom and when.

Statuses 01 to 06 come from a recipient of the document and move forward; jumps are
allowed (`schemas.vocabulary`). Requests to take back and their answers (13, 15, 16)
are decided in `exchange.domain.recalls`.
"""

from dataclasses import dataclass

from exchange.domain.decisions import Refuse
from exchange.domain.records import Delivery, StatusChange
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import (
    PROCESSING_ORDER,
    READABLE_DELIVERY_STATES,
    StatusCode,
    next_processing_statuses,
)

_PROCESSING = frozenset({*PROCESSING_ORDER, StatusCode.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFacts:
    """What the decision looks at.

    Args:
        code: what is reported.
        reporter: the agency that reports.
        delivery: the reported document's delivery to the reporter, None if none.
    """

    code: StatusCode
    reporter: OrganId
    delivery: Delivery | None


def decide_status(facts: StatusFacts) -> StatusChange | Refuse:
    """Allow a status, or name the reason against it."""
    code, delivery = facts.code, facts.delivery
    if delivery is None:
        return Refuse(ErrorCode.STATUS_ACTOR_WRONG, facts.reporter)
    if code not in _PROCESSING or delivery.state not in READABLE_DELIVERY_STATES:
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, code)
    # Where 01 is the hub's word, the recipient may still give its own; storage keeps
    # a code from being reported twice.
    is_own_word = code is delivery.status is StatusCode.ARRIVED
    if not is_own_word and code not in next_processing_statuses(delivery.status):
        return Refuse(ErrorCode.STATUS_NOT_ALLOWED, f"{delivery.status} → {code}")
    return StatusChange(
        envelope_id=delivery.envelope_id,
        recipient=delivery.recipient,
        before=delivery.status,
        after=code,
    )
