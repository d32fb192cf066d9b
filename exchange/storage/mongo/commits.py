"""The two transactions of the exchange, each over a group of callers."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from pymongo import UpdateMany

from exchange.domain.records import (
    Acceptance,
    DeliveryUpdate,
    StatusChange,
    StepRecord,
)
from exchange.storage.conflicts import (
    status_conflict,
    step_conflict,
    update_conflict,
)
from exchange.storage.mongo import codec
from exchange.storage.mongo.bodies import Bodies
from exchange.storage.mongo.driver import Database, Document
from exchange.storage.mongo.envelope_codec import envelope_document
from exchange.storage.mongo.transactions import Session, in_transaction, insert
from exchange.storage.mongo.update_codec import added_document, update_of


class Commits:
    """Stores all of a group, or nothing of it."""

    def __init__(self, database: Database, bodies: Bodies) -> None:
        self._database = database
        self._bodies = bodies

    async def accept(self, group: Sequence[Acceptance]) -> None:
        """Store envelopes with all that belongs to them.

        Raises:
            DuplicateError: a message id, or a receipt's key, is taken.
            StateConflictError: a status change starts from another status.
            BodyMissingError: chunks of a body are missing, or taken.
        """
        await in_transaction(self._database, partial(self._accept, group))

    async def record(self, group: Sequence[StepRecord]) -> None:
        """Store steps with all that belongs to them.

        Raises:
            DuplicateError: a receipt's key is taken.
            StateConflictError: a delivery is in another state.
        """
        await in_transaction(self._database, partial(self._record, group))

    async def record_within(
        self, group: Sequence[StepRecord], session: Session
    ) -> None:
        """Store steps as a part of another transaction."""
        await self._record(group, session)

    async def _accept(self, group: Sequence[Acceptance], session: Session) -> None:
        await self._insert("envelopes", map(envelope_document, group), session)
        await self._insert("deliveries", _deliveries(group), session)
        receipts = (receipt for one in group for receipt in one.receipts)
        await self._insert("receipts", map(codec.receipt_document, receipts), session)
        await self._insert_traces(group, session)
        await self._change([update for one in group for update in one.updates], session)
        if steps := [step for one in group for step in one.steps]:
            await self._record(steps, session)
        for one in group:
            if one.body_chunks is not None:
                await self._bodies.claim(one, session)
            if one.status_change is not None:
                await self._report(one.status_change, session)

    async def _record(self, first: Sequence[StepRecord], session: Session) -> None:
        group = [step for one in first for step in (one, *one.also)]
        receipts = (one.receipt for one in group)
        await self._insert("receipts", map(codec.receipt_document, receipts), session)
        await self._insert_traces(group, session)
        await self._move([one for one in group if one.recipients], session)
        await self._change([update for one in group for update in one.updates], session)
        added = (delivery for one in group for delivery in one.added)
        await self._insert("deliveries", map(added_document, added), session)

    async def _move(self, steps: Sequence[StepRecord], session: Session) -> None:
        if not steps:
            return
        moved = await self._database["deliveries"].bulk_write(
            [_move(step, keys) for step, keys in _moves(steps)], session=session
        )
        if moved.matched_count != sum(len(set(one.recipients)) for one in steps):
            raise step_conflict(steps[0])

    async def _change(
        self, updates: Sequence[DeliveryUpdate], session: Session
    ) -> None:
        if not updates:
            return
        changed = await self._database["deliveries"].bulk_write(
            list(map(update_of, updates)), session=session
        )
        if changed.matched_count != len(updates):
            raise update_conflict(updates[0])

    async def _report(self, change: StatusChange, session: Session) -> None:
        # A missing field equals None; `reported` keeps a code from coming twice.
        held = {
            "_id": codec.key_of(change.envelope_id, change.recipient),
            "status": None if change.before is None else change.before.value,
            "reported": {"$ne": change.after.value},
        }
        update = {
            "$set": {"status": change.after.value},
            "$push": {"reported": change.after.value},
            "$inc": {"steps": 1},
        }
        reported = await self._database["deliveries"].update_one(
            held, update, session=session
        )
        if not reported.matched_count:
            raise status_conflict(change)

    async def _insert_traces(
        self, group: Sequence[Acceptance | StepRecord], session: Session
    ) -> None:
        entries = (codec.pending_document(one.entry, _shows(one)) for one in group)
        await self._insert("log_pending", entries, session)
        lines = (codec.audit_document(one.audit) for one in group)
        await self._insert("audit", lines, session)

    async def _insert(
        self, name: str, documents: Iterable[Document], session: Session
    ) -> None:
        await insert(self._database[name], list(documents), session)


def _deliveries(group: Sequence[Acceptance]) -> Iterable[Document]:
    for one in group:
        for recipient, state in one.first_states():
            document = codec.delivery_document(one.envelope, recipient)
            yield {**document, "state": state.value}


def _shows(one: Acceptance | StepRecord) -> int:
    if not one.entry.makes_visible:
        return 0
    if isinstance(one, Acceptance):
        return len(one.envelope.recipients)
    return len(one.recipients) + len(one.added)


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
    return step.before, step.after, step.retry, step.lease


def _move(step: StepRecord, keys: Iterable[str]) -> UpdateMany:
    states = [one.value for one in step.before]
    held = {"_id": {"$in": sorted(keys)}, "state": {"$in": states}}
    # A write even where the state stays: two steps at a time must meet.
    change: Document = {"$inc": {"steps": 1}}
    values: Document = {}
    if step.after is not None:
        values["state"] = step.after.value
        if step.lease is None:
            change["$unset"] = {"lease": ""}
        else:
            values["lease"] = codec.lease_document(step.lease)
    if step.retry is not None:
        values["retry"] = codec.retry_document(step.retry)
    if values:
        change["$set"] = values
    return UpdateMany(held, change)
