"""Making the docket from the log, and settling what has become due.

Everything stands in storage: how far the log was followed, and each row with its
version. Whoever goes on after a crash enters nothing twice; a notice of a moment that
passed is made before the moment is stored, under an id that follows from it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from exchange.domain.counting import gathered
from exchange.domain.deadlines import DEADLINE_STEPS, DeliveryFacts
from exchange.domain.directory import Directory
from exchange.domain.docket import (
    Answerable,
    DocketRow,
    RowChange,
    Rules,
    Tally,
    arrival_tallies,
    first_row,
    judge_row,
    sending_tallies,
)
from exchange.domain.overseeing import upwards
from exchange.domain.records import AuditLine, Delivery, Envelope, StoredReceipt
from exchange.domain.steps import receipt_key
from exchange.services import Office, Services
from exchange.storage.ports import DocketEntry, Followed
from exchange.usecases.auditing import audit_line
from exchange.usecases.directory import current_directory
from exchange.usecases.noting import note_overdue
from schemas.identifiers import EnvelopeId, OrganId
from schemas.timestamps import format_utc, parse_utc
from schemas.vocabulary import (
    READABLE_DELIVERY_STATES,
    AuditEvent,
    Step,
)

_ENTRIES_AT_ONCE = 500
_ROWS_AT_ONCE = 100
_Key = tuple[EnvelopeId, OrganId]


async def follow_log(services: Services) -> bool:
    """Enter what the next log entries brought; tell whether there may be more.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    docket, rules = services.storage.docket, services.deadlines
    before = await docket.cursor()
    brought = await docket.followed(before, limit=_ENTRIES_AT_ONCE)
    if brought.until == before:
        return False
    rows = list(_rows(brought, rules))
    tallies = _tallies(rows, brought, rules)
    entry = DocketEntry(
        before=before,
        after=brought.until,
        rows=rows,
        counts=gathered(tallies, await current_directory(services)),
    )
    return await docket.enter(entry)


async def settle_due(services: Services) -> bool:
    """Look at the rows that are due; tell whether there may be more.

    Raises:
        StorageUnavailableError: the database does not answer.
    """
    now, docket = services.now(), services.storage.docket
    rows = await docket.due(now=now, limit=_ROWS_AT_ONCE)
    if not rows:
        return False
    directory = await current_directory(services)
    facts = await facts_of(services, rows)
    changes = [
        judge_row(
            row,
            facts[row.envelope_id, row.recipient],
            services.deadlines,
            answerable=_answerable(directory, row, now),
            now=now,
        )
        for row in rows
    ]
    await _note(services, changes, directory, now)
    audit = [line for one in changes for line in _audit(services, one, now)]
    counts = gathered((one for each in changes for one in each.tallies), directory)
    if not await docket.settle(changes, counts, audit):
        # Another process was faster; what it left is looked at again.
        return False
    for change in changes:
        for late in change.overdue:
            services.counters.overdue(late.name)
    return len(rows) == _ROWS_AT_ONCE


async def facts_of(
    office: Office, rows: Sequence[DocketRow]
) -> dict[_Key, DeliveryFacts]:
    """Return what the clocks of rows go by, as it is now."""
    docket = office.storage.docket
    keys = [(one.envelope_id, one.recipient) for one in rows]
    deliveries = {
        (one.envelope_id, one.recipient): one for one in await docket.deliveries(keys)
    }
    requests = {key: _request(one) for key, one in deliveries.items()}
    ids = {one for one, _ in keys} | {one for one in requests.values() if one}
    envelopes = {one.envelope_id: one for one in await docket.envelopes(ids)}
    names = [name for key in keys for name in _receipt_names(*key)]
    steps = _steps(await docket.receipts(names))
    return {
        (row.envelope_id, row.recipient): _facts(
            row,
            deliveries[row.envelope_id, row.recipient],
            envelopes,
            steps.get((row.envelope_id, row.recipient), {}),
        )
        for row in rows
    }


def _rows(brought: Followed, rules: Rules) -> Iterator[DocketRow]:
    times: dict[int, datetime] = {}
    for one in brought.arrivals:
        envelope = brought.envelopes[one.envelope_id]
        if envelope.is_registrable:
            if one.index not in times:
                times[one.index] = _time_of(brought.leaves[one.index])
            yield first_row(envelope, one.recipient, times[one.index], rules)


def _time_of(leaf: bytes) -> datetime:
    return parse_utc(json.loads(leaf.decode())["at"])


def _tallies(
    rows: Iterable[DocketRow], brought: Followed, rules: Rules
) -> Iterator[Tally]:
    for row in rows:
        yield from arrival_tallies(row, brought.envelopes[row.envelope_id])
    for one in brought.accepted:
        envelope = brought.envelopes[one]
        if envelope.is_registrable:
            yield from sending_tallies(envelope, rules)


def _request(delivery: Delivery) -> EnvelopeId | None:
    """Return the envelope that asks a document back, while the recipient may not read.

    Who declined goes on with the document, and its clocks go on.
    """
    recall = delivery.recall
    return recall.request if recall is not None and recall.blocks_reading else None


def _is_asked_back(delivery: Delivery) -> bool:
    return delivery.recall is not None and delivery.recall.answer is None


def _receipt_names(
    envelope_id: EnvelopeId, recipient: OrganId
) -> Iterator[tuple[EnvelopeId, str]]:
    for step in DEADLINE_STEPS:
        yield envelope_id, receipt_key(step, recipient)
    # What the hub attests in the recipient's stead is not asked for: it comes with
    # the step that it attests.


def _steps(receipts: Iterable[StoredReceipt]) -> dict[_Key, dict[Step, datetime]]:
    found: dict[_Key, dict[Step, datetime]] = {}
    for one in receipts:
        if one.recipient is not None:
            steps = found.setdefault((one.envelope_id, one.recipient), {})
            steps[one.step] = one.recorded_at
    return found


def _facts(
    row: DocketRow,
    delivery: Delivery,
    envelopes: Mapping[EnvelopeId, Envelope],
    steps: Mapping[Step, datetime],
) -> DeliveryFacts:
    is_open = delivery.state in READABLE_DELIVERY_STATES
    request = _request(delivery)
    if request is not None and request in envelopes:
        asked_at = envelopes[request].accepted_at
        steps = {**steps, Step.RECALL_REQUESTED: asked_at}
    elif not is_open:
        return DeliveryFacts(envelope=envelopes[row.envelope_id])
    return DeliveryFacts(
        envelope=envelopes[row.envelope_id],
        arrived_at=row.arrived_at,
        steps=steps,
        is_asked_back=is_open and _is_asked_back(delivery),
    )


def _answerable(directory: Directory, row: DocketRow, now: datetime) -> Answerable:
    recipient = directory.answerable(row.recipient, now)
    return Answerable(
        recipient=recipient,
        sender=directory.answerable(row.sender, now),
        above=upwards(directory, recipient, now)[1:],
    )


async def _note(
    services: Services,
    changes: Iterable[RowChange],
    directory: Directory,
    now: datetime,
) -> None:
    for change in changes:
        row = change.after
        recipient = directory.answerable(row.recipient, now)
        for late in change.overdue:
            if late in row.late:
                await note_overdue(
                    services, recipient, row.envelope_id, occurrence=late.name
                )
        for agency in change.escalated:
            # One that was told of an earlier delay, made good since, is told again.
            delay = f"{row.late[0].name} of {row.recipient}"
            await note_overdue(services, agency, row.envelope_id, occurrence=delay)


def _audit(services: Services, change: RowChange, now: datetime) -> Iterator[AuditLine]:
    row, hub = change.after, services.hub.hub_id
    for late in change.overdue:
        yield audit_line(
            AuditEvent.DELIVERY_OVERDUE,
            at=now,
            actor=hub,
            subject=row.envelope_id,
            recipient=row.recipient,
            clock=late.name,
            due_at=format_utc(late.due_at),
        )
    for agency in change.escalated:
        yield audit_line(
            AuditEvent.DELIVERY_ESCALATED,
            at=now,
            actor=hub,
            subject=row.envelope_id,
            recipient=row.recipient,
            told=agency,
        )
