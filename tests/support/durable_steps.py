"""What an exchange stores, step by step: every verb that must be durable, once.

Each step may be done again by a caller that did not hear the answer: it then says that
it is done already, or does nothing.
"""

from collections.abc import Callable
from dataclasses import replace

from exchange.domain.agency_history import DirectoryChange
from exchange.domain.links import Recall
from exchange.domain.records import Delivery, DeliveryUpdate, Redirect
from exchange.errors import StateConflictError, StorageUnavailableError
from exchange.storage.ports import Storage
from schemas.agency_event import AgencyEvent
from schemas.identifiers import OrganId
from schemas.vocabulary import AgencyChange, DeliveryState, StatusCode
from tests.support.crashing import everything
from tests.support.durable_acts import (
    FAR,
    LEASES,
    NOTICES,
    RECORDS,
    UPLOAD,
    UPLOADS,
    Acts,
    Operation,
    acts_done,
)
from tests.support.stored import (
    MINISTRY,
    PROVINCE,
    acceptance,
    agency,
    audit_line,
    envelope_id,
    in_pieces,
    log_entry,
    receipt,
    status_change,
    step,
)

ENVELOPES = 8

LARGE = bytes(3_000_000)
ARRIVED = acceptance(
    3,
    status_of=envelope_id(1),
    status_change=status_change(1, StatusCode.ARRIVED),
    receipts=(receipt(1, "arrived:H99"),),
)
TAKEN = step(
    1,
    "taken",
    before=(DeliveryState.AVAILABLE,),
    after=DeliveryState.ACKNOWLEDGED,
    makes_visible=False,
)
BEFORE = Delivery(
    envelope_id=envelope_id(1),
    recipient=PROVINCE,
    state=DeliveryState.ACKNOWLEDGED,
    status=StatusCode.ARRIVED,
)
ASKED_BACK = replace(
    acceptance(4),
    steps=(
        replace(
            step(1, "asked", recipients=(), after=None, makes_visible=False),
            updates=(
                DeliveryUpdate(BEFORE, replace(BEFORE, recall=Recall(envelope_id(4)))),
            ),
        ),
    ),
)
CHANGED = DirectoryChange(
    before=1,
    event=AgencyEvent(
        event_id=envelope_id(7),
        change=AgencyChange.RENAME,
        effective=acceptance(1).envelope.accepted_at,
        recorded_at=acceptance(1).envelope.accepted_at,
        agencies=(OrganId("H99"),),
        reason="Đổi tên",
        actor="test",
    ),
    agencies=(agency("H99", name="Mới"),),
    entry=log_entry(envelope_id(7), 7),
    entry_digest="ab" * 32,
    audit=audit_line(7),
)
REDIRECTED = replace(
    acceptance(5),
    envelope=replace(
        acceptance(5, recipients=(PROVINCE, MINISTRY)).envelope,
        redirects=(Redirect(PROVINCE, MINISTRY),),
    ),
)
DELIVERED_AT_ONCE = replace(acceptance(8), delivered=step(8))
TAKEN_UPLOAD = acceptance(6, body=bytes(UPLOAD.length), body_chunks=UPLOAD.upload_id)


async def store_chunks(to: Storage) -> None:
    """Store a large body; what an attempt before left is dropped."""
    await to.envelopes.drop_orphans(before=FAR)
    await to.envelopes.store_chunks("b", in_pieces(LARGE, 500_000))


OPERATIONS: Acts = {
    "import": lambda to: to.directory.import_agencies(
        [agency("H99")], audit=audit_line(9)
    ),
    "change agencies": lambda to: to.agency_history.apply(CHANGED),
    "accept": lambda to: to.envelopes.accept(acceptance(1)),
    "store chunks": store_chunks,
    "accept chunks": lambda to: to.envelopes.accept(
        acceptance(2, body=LARGE, body_chunks="b")
    ),
    "deliver": lambda to: to.envelopes.record_step(step(1)),
    "sequence": lambda to: to.log.sequence(limit=10),
    **LEASES,
    "report": lambda to: to.envelopes.accept(ARRIVED),
    "take": lambda to: to.envelopes.record_step(TAKEN),
    "recall": lambda to: to.envelopes.accept(ASKED_BACK),
    "redirect": lambda to: to.envelopes.accept(REDIRECTED),
    "accept and deliver": lambda to: to.envelopes.accept(DELIVERED_AT_ONCE),
    **NOTICES,
    **UPLOADS,
    "take upload": lambda to: to.envelopes.accept(TAKEN_UPLOAD),
    **RECORDS,
    "sequence again": lambda to: to.log.sequence(limit=20),
}


async def go_on(
    to: Storage, *, answered: int, heard: Callable[[], None] = lambda: None
) -> None:
    """Do all steps after those that were answered; the next may be done already."""
    for operation in list(OPERATIONS.values())[answered:]:
        while not await _is_done(operation, to):
            pass
        heard()


async def _is_done(operation: Operation, to: Storage) -> bool:
    """Do a step; False while it is not known whether it happened."""
    try:
        await operation(to)
    except StorageUnavailableError:
        return False
    except StateConflictError:
        return True
    return True


async def stored(to: Storage) -> dict[str, object]:
    """Read all that the steps store, without what a repeat may add to it."""
    found = await everything(to, envelopes=ENVELOPES)
    # An operator's act that is done twice is audited twice.
    found["audit"] = sorted({repr(one) for one in await to.audit.lines(limit=1_000)})
    found.update(await acts_done(to))
    return found
