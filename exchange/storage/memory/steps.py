"""Steps in memory: all of them, or none."""

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace

from exchange.domain.records import Delivery, DeliveryUpdate, StepRecord
from exchange.storage.conflicts import (
    adding_conflict,
    receipt_conflict,
    step_conflict,
    update_conflict,
)
from exchange.storage.growth import entry_of
from exchange.storage.memory.tables import Tables
from schemas.identifiers import EnvelopeId, OrganId

_Deliveries = MutableMapping[tuple[EnvelopeId, OrganId], Delivery]


def record(
    tables: Tables,
    steps: Iterable[StepRecord],
    updates: Sequence[DeliveryUpdate] = (),
) -> None:
    """Store updates, and steps with those that come with them.

    Raises:
        StateConflictError: one of them starts from another state.
    """
    draft: ChainMap[tuple[EnvelopeId, OrganId], Delivery]
    draft = ChainMap({}, tables.deliveries)
    group = [step for one in steps for step in (one, *one.also)]
    _change(draft, updates)
    for step in group:
        _require_new(tables, step)
        _move(draft, step)
        _change(draft, step.updates)
        _require_body(tables, step)
        _add(draft, step)
    tables.deliveries.update(draft.maps[0])
    for step in group:
        trace(tables, step)


def trace(tables: Tables, step: StepRecord) -> None:
    """Store what a step leaves besides the deliveries it moves."""
    receipt = step.receipt
    tables.receipts[receipt.envelope_id, receipt.key] = receipt
    tables.pending[step.entry.entry_id] = entry_of(step)
    tables.audit.append(step.audit)


def _require_new(tables: Tables, step: StepRecord) -> None:
    if (step.receipt.envelope_id, step.receipt.key) in tables.receipts:
        raise receipt_conflict(step.receipt.key)


def _require_body(tables: Tables, step: StepRecord) -> None:
    for added in step.added:
        if tables.envelopes[added.envelope.envelope_id].purged_at is not None:
            raise adding_conflict(added)


def _move(deliveries: _Deliveries, step: StepRecord) -> None:
    keys = [(step.receipt.envelope_id, one) for one in step.recipients]
    found = [deliveries[key] for key in keys if key in deliveries]
    if len(found) < len(keys) or not all(_may_move(one, step) for one in found):
        raise step_conflict(step)
    for key, delivery in zip(keys, found, strict=True):
        deliveries[key] = replace(
            delivery,
            state=step.after or delivery.state,
            status=step.status or delivery.status,
            lease=step.lease if step.after else delivery.lease,
            retry=step.retry or delivery.retry,
        )


def _may_move(delivery: Delivery, step: StepRecord) -> bool:
    has_other_status = step.status is not None and delivery.status is not None
    return delivery.state in step.before and not has_other_status


def _change(deliveries: _Deliveries, updates: Iterable[DeliveryUpdate]) -> None:
    for update in updates:
        before, after = update.before, update.after
        key = (before.envelope_id, before.recipient)
        found = deliveries.get(key)
        if found is None or _looked_at(found) != _looked_at(before):
            raise update_conflict(update)
        deliveries[key] = replace(
            found,
            state=after.state,
            status=after.status,
            opened=after.opened,
            recall=after.recall,
            answer=after.answer,
            lease=found.lease if after.state is before.state else None,
        )


def _looked_at(one: Delivery) -> tuple[object, ...]:
    return one.state, one.status, one.opened, one.recall, one.answer


def _add(deliveries: _Deliveries, step: StepRecord) -> None:
    for added in step.added:
        envelope_id = added.envelope.envelope_id
        if (envelope_id, added.recipient) in deliveries:
            raise receipt_conflict(added.recipient)
        deliveries[envelope_id, added.recipient] = Delivery(
            envelope_id=envelope_id, recipient=added.recipient, state=added.state
        )
