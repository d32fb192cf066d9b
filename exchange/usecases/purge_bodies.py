"""Purge bodies whose retention has passed and for which nobody waits."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace

from exchange.domain.records import Delivery, DeliveryUpdate, Envelope
from exchange.domain.retention import (
    RetentionPolicy,
    is_past_retention,
    is_purgeable,
)
from exchange.domain.steps import StepEffect
from exchange.domain.usage import stored_for
from exchange.errors import StateConflictError
from exchange.services import HubOffice
from exchange.storage.ports.retention import Purge
from exchange.usecases.hub_steps import HubStep, hub_record
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import AuditEvent, EnvelopeKind, Step

_PAGE = 200
_EFFECT = StepEffect(Step.PURGED, frozenset(), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purging:
    """What is to be purged, and who wants it.

    Args:
        actor: the hub of itself if empty.
        only_look: nothing is removed.
    """

    policy: RetentionPolicy
    actor: str = ""
    only_look: bool = False


async def purge_bodies(office: HubOffice, purging: Purging) -> AsyncIterator[Envelope]:
    """Purge, and yield each envelope whose body went.

    It may be stopped anywhere and begun again: each body goes with its receipt and what
    it took of its agency's room in one transaction. What changed while it was looked at
    is left for the next time.
    """
    gone: set[EnvelopeId] = set()
    async for envelope in _old(office, purging.policy):
        if not is_past_retention(envelope, purging.policy, office.now()):
            continue
        deliveries = await office.storage.envelopes.deliveries(envelope.envelope_id)
        is_evidence = await _is_evidence(office, envelope, gone)
        if not is_purgeable(
            envelope, deliveries, purging.policy, office.now(), is_evidence=is_evidence
        ):
            continue
        if purging.only_look or await _purged(office, purging, envelope, deliveries):
            gone.add(envelope.envelope_id)
            yield envelope


async def _is_evidence(
    office: HubOffice, envelope: Envelope, gone: Collection[EnvelopeId]
) -> bool:
    """Tell whether the document that a status reports on stays, as far as is known."""
    about = envelope.status_of
    if about is None or about in gone:
        return False
    document = await office.storage.envelopes.envelope(about)
    return document is not None and document.purged_at is None


async def _old(office: HubOffice, policy: RetentionPolicy) -> AsyncIterator[Envelope]:
    shortest, last = policy.shortest, EnvelopeId("")
    while shortest is not None:
        page = await office.storage.retention.kept(
            after=last, before=office.now() - shortest, limit=_PAGE
        )
        for envelope in page:
            yield envelope
        if len(page) < _PAGE:
            return
        last = page[-1].envelope_id


async def _purged(
    office: HubOffice,
    purging: Purging,
    envelope: Envelope,
    deliveries: Sequence[Delivery],
) -> bool:
    step = hub_record(
        office,
        envelope,
        HubStep(
            effect=_EFFECT,
            recipients=(),
            event=AuditEvent.PAYLOAD_PURGED,
            actor=purging.actor,
        ),
    )
    # As they were looked at: a recall that came meanwhile stops it.
    unchanged = tuple(DeliveryUpdate(one, one) for one in deliveries)
    purge = Purge(
        envelope_id=envelope.envelope_id,
        step=replace(step, updates=unchanged),
        at=step.receipt.recorded_at,
        freed=_room_of(envelope),
    )
    try:
        return await office.storage.retention.purge(purge)
    except StateConflictError:
        return False


def _room_of(envelope: Envelope) -> dict[str, int]:
    """Return what a body takes of its agency's room; those of statuses take none."""
    if envelope.kind is not EnvelopeKind.DOCUMENT:
        return {}
    return {stored_for(envelope.sender): envelope.size}
