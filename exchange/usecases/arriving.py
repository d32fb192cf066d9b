"""The hub attests that a document has arrived (01) when the recipient takes it.

Decree 30/2020 article 21.2c: the sender is told the same day. It is the hub's word and
bears a key of its own, so the recipient may still report 01 itself, once.
"""

from dataclasses import replace

from exchange.domain.records import Envelope, StepRecord
from exchange.domain.steps import receipt_key
from exchange.services import Services
from exchange.usecases.auditing import audit_line
from exchange.usecases.hub_steps import attested
from schemas.identifiers import OrganId
from schemas.receipt import StepReceipt
from schemas.vocabulary import AuditEvent, StatusCode, Step


def with_arrival(
    services: Services, envelope: Envelope, recipient: OrganId, taking: StepRecord
) -> StepRecord:
    """Attest with the taking of a delivery that it arrived; one change tells of both.

    Args:
        services: who attests, and when.
        envelope: what was delivered.
        recipient: to whom; it has reported nothing yet.
        taking: the step that takes this delivery alone.
    """
    arrival = _arrival(services, envelope, recipient)
    return replace(taking, status=StatusCode.ARRIVED, also=(arrival,))


def _arrival(services: Services, envelope: Envelope, recipient: OrganId) -> StepRecord:
    now, hub_id = services.now(), services.hub.hub_id
    receipt = StepReceipt(
        envelope_id=envelope.envelope_id,
        body_sha256=envelope.body_sha256,
        step=Step.ARRIVED,
        recipient=recipient,
        issuer=hub_id,
        at=now,
        status_code=StatusCode.ARRIVED,
    )
    audit = audit_line(
        AuditEvent.ARRIVAL_ATTESTED,
        at=now,
        actor=hub_id,
        subject=envelope.envelope_id,
        recipient=recipient,
    )
    key = f"{receipt_key(receipt.step, recipient)}:hub"
    return attested(services, receipt, key=key, audit=audit)
