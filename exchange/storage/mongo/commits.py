"""The transaction of the exchange: all that a group of callers hands in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pymongo import UpdateMany, UpdateOne

from exchange.domain.records import (
    Acceptance,
    AddedDelivery,
    DeliveryUpdate,
    StatusChange,
    StepRecord,
)
from exchange.errors import StateConflictError
from exchange.storage.conflicts import (
    adding_conflict,
    status_conflict,
    step_conflict,
    update_conflict,
)
from exchange.storage.growth import entry_of, shown_by
from exchange.storage.mongo import codec
from exchange.storage.mongo.bodies import claim
from exchange.storage.mongo.driver import Database, Document
from exchange.storage.mongo.envelope_codec import envelope_document
from exchange.storage.mongo.transactions import Change, Transaction, in_transaction
from exchange.storage.mongo.update_codec import added_document, update_of
from schemas.vocabulary import FINAL_DELIVERY_STATES

_FINAL = [state.value for state in FINAL_DELIVERY_STATES]


async def store(database: Database, group: Sequence[Acceptance | StepRecord]) -> None:
    """Store envelopes and steps with all that belongs to them, or nothing of it.

    Raises:
        DuplicateError: a message id, or a receipt's key, is taken.
        StateConflictError: a delivery is not as a change of it starts from, or the body
            went that an added recipient is to read.
        BodyMissingError: chunks of a body are missing, or taken.
    """
    await in_transaction(database, partial(store_within, group))


def store_within(
    group: Sequence[Acceptance | StepRecord], transaction: Transaction
) -> None:
    """Store the same as a part of a transaction."""
    accepted = [one for one in group if isinstance(one, Acceptance)]
    steps = [step for one in group for step in steps_of(one)]
    delivered = [one.delivered for one in accepted if one.delivered is not None]
    transaction.insert("envelopes", list(map(envelope_document, accepted)))
    transaction.insert("deliveries", [*_deliveries(accepted), *_added(steps)])
    receipts = [receipt for one in accepted for receipt in one.receipts]
    receipts.extend(one.receipt for one in (*steps, *delivered))
    transaction.insert("receipts", list(map(codec.receipt_document, receipts)))
    _trace([*accepted, *steps, *delivered], transaction)
    changes = [
        _updating(accepted),
        _moving(steps),
        _updating(steps),
        _reporting(accepted),
    ]
    _make(changes, transaction)
    _add_to([delivery for one in steps for delivery in one.added], transaction)
    for one in accepted:
        if one.body_chunks is not None:
            claim(one, transaction)


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes of deliveries that are as they were when they were looked at.

    Args:
        matched: how many deliveries they find, one counted for each change of it.
        conflict: what is said when it is not so many.
    """

    operations: Sequence[Change]
    matched: int
    conflict: StateConflictError


def steps_of(one: Acceptance | StepRecord) -> Iterator[StepRecord]:
    """Yield the steps of what is stored together, in their order."""
    first = one.steps if isinstance(one, Acceptance) else (one,)
    for step in first:
        yield from (step, *step.also)


def _trace(group: Sequence[Acceptance | StepRecord], transaction: Transaction) -> None:
    entries = [
        codec.pending_document(entry_of(one), shows=len(shown_by(one))) for one in group
    ]
    transaction.insert("log_pending", entries)
    transaction.insert("audit", [codec.audit_document(one.audit) for one in group])


def _make(groups: Iterable[_Changes | None], transaction: Transaction) -> None:
    """Make all changes by one command, in their order."""
    changes = [one for one in groups if one is not None]
    if not changes:
        return
    made = transaction.change(
        "deliveries", [o for one in changes for o in one.operations]
    )
    if made.matched_count != sum(one.matched for one in changes):
        raise changes[-1].conflict


def _add_to(added: Sequence[AddedDelivery], transaction: Transaction) -> None:
    """Mark whom somebody is added to: adding and a purge at a time must meet."""
    for envelope_id, one in {each.envelope.envelope_id: each for each in added}.items():
        kept = {"_id": envelope_id, "purged_at": None}
        made = transaction.update_one("envelopes", kept, {"$inc": {"additions": 1}})
        if not made.matched_count:
            raise adding_conflict(one)


def _moving(steps: Sequence[StepRecord]) -> _Changes | None:
    moving = [one for one in steps if one.recipients]
    if not moving:
        return None
    return _Changes(
        operations=[_move(step, keys) for step, keys in _moves(moving)],
        matched=sum(len(set(one.recipients)) for one in moving),
        conflict=step_conflict(moving[0]),
    )


def _updating(group: Sequence[Acceptance | StepRecord]) -> _Changes | None:
    updates: list[DeliveryUpdate] = [each for one in group for each in one.updates]
    if not updates:
        return None
    return _Changes(
        operations=list(map(update_of, updates)),
        matched=len(updates),
        conflict=update_conflict(updates[0]),
    )


def _reporting(group: Sequence[Acceptance]) -> _Changes | None:
    reports = [one.status_change for one in group if one.status_change is not None]
    if not reports:
        return None
    return _Changes(
        operations=list(map(_report, reports)),
        matched=len(reports),
        conflict=status_conflict(reports[0]),
    )


def _report(change: StatusChange) -> UpdateOne:
    # A missing field equals None; `reported` keeps a code from coming twice.
    held = {
        "_id": codec.key_of(change.envelope_id, change.recipient),
        "status": None if change.before is None else change.before.value,
        "reported": {"$ne": change.after.value},
        # A recall or a quarantine that came first has taken the document away.
        "state": {"$nin": _FINAL},
    }
    update = {
        "$set": {"status": change.after.value},
        "$push": {"reported": change.after.value},
        "$inc": {"steps": 1},
    }
    return UpdateOne(held, update)


def _added(steps: Iterable[StepRecord]) -> Iterable[Document]:
    return (added_document(delivery) for one in steps for delivery in one.added)


def _deliveries(group: Sequence[Acceptance]) -> Iterable[Document]:
    for one in group:
        for recipient, state in one.first_states():
            document = codec.delivery_document(one.envelope, recipient)
            yield {**document, "state": state.value}


def _moves(steps: Sequence[StepRecord]) -> Iterator[tuple[StepRecord, set[str]]]:
    """Join steps in a row that do the same to different deliveries: a group of checks.

    A delivery that two of them concern is moved twice: what the second finds is what
    the first left.
    """
    first, joined = steps[0], set[str]()
    for step in steps:
        keys = {codec.key_of(step.receipt.envelope_id, one) for one in step.recipients}
        if _change_of(step) != _change_of(first) or keys & joined:
            yield first, joined
            first, joined = step, set()
        joined |= keys
    yield first, joined


def _change_of(step: StepRecord) -> tuple[object, ...]:
    return step.before, step.after, step.status, step.retry, step.lease


def _move(step: StepRecord, keys: Iterable[str]) -> UpdateMany:
    states = [one.value for one in step.before]
    held: Document = {"_id": {"$in": sorted(keys)}, "state": {"$in": states}}
    # A write even where the state stays: two steps at a time must meet.
    change: Document = {"$inc": {"steps": 1}}
    values: Document = {}
    if step.after is not None:
        values["state"] = step.after.value
        if step.lease is None:
            change["$unset"] = {"lease": ""}
        else:
            values["lease"] = codec.lease_document(step.lease)
    if step.status is not None:
        held["status"] = None
        values["status"] = step.status.value
    if step.retry is not None:
        values["retry"] = codec.retry_document(step.retry)
    if values:
        change["$set"] = values
    return UpdateMany(held, change)
