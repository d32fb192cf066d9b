"""The hub's word on whom a document reaches in the stead of others, and why.

One step receipt tells of all of them; it is stored with the acceptance.
"""

from collections.abc import Mapping

from exchange.domain.addressing import Succession, links_followed
from exchange.domain.agency_history import RecordedEvent
from exchange.domain.intake import Accept
from exchange.domain.records import Envelope, Redirect, StepRecord
from exchange.domain.steps import receipt_key
from exchange.services import Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.hub_steps import attested
from schemas.receipt import Redirection, StepReceipt
from schemas.vocabulary import AuditEvent, Step

_WORDS = "Chuyển tới cơ quan kế thừa hoặc cấp trên / to the successor or the one above"


def redirects(accept: Accept) -> tuple[Redirect, ...]:
    """Return who is reached instead of whom."""
    return tuple(
        Redirect(one.code, one.reached.code)
        for one in accept.redirected
        if one.reached is not None
    )


async def redirecting_steps(
    services: Services, envelope: Envelope, accept: Accept
) -> tuple[StepRecord, ...]:
    """Attest the redirections of an envelope that is about to be accepted."""
    links = links_followed(accept.redirected)
    if not links:
        return ()
    ids = {one.event_id for one in links if one.event_id}
    history = services.storage.agency_history
    events, indexes = await history.events(ids), await history.log_indexes(ids)
    receipt = StepReceipt(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        step=Step.REDIRECTED,
        issuer=services.hub.hub_id,
        at=envelope.accepted_at,
        description=_WORDS,
        redirections=tuple(_redirection(one, events, indexes) for one in links),
    )
    audit = audit_line(
        AuditEvent.STEP_RECORDED,
        at=receipt.at,
        actor=receipt.issuer,
        subject=envelope.envelope_id,
        step=Step.REDIRECTED,
        recipients=str(len(envelope.redirects)),
    )
    key = receipt_key(receipt.step)
    return (attested(services, receipt, key=key, audit=audit),)


def _redirection(
    link: Succession,
    events: Mapping[str, RecordedEvent],
    indexes: Mapping[str, int],
) -> Redirection:
    recorded = events.get(link.event_id or "")
    return Redirection(
        addressed=link.addressed,
        successor=link.successor.code,
        reason=link.reason,
        change=recorded.event.change if recorded else None,
        effective=link.effective,
        event_id=recorded.event.event_id if recorded else None,
        event_digest=recorded.entry_digest if recorded else None,
        log_index=indexes.get(recorded.event.event_id) if recorded else None,
    )
