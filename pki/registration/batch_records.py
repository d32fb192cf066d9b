"""Batches in the book: filed, approved as a whole, and what became of their rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.registration.approvals import require_distinct
from pki.registration.batch_file import Batch
from pki.registration.book import Page, Table
from pki.registration.codec import Reader, approval_fields, read_approvals
from pki.registration.office import Office
from pki.registration.operators import verify_operator
from pki.registration.records import Approval, OperatorProof, RequestState
from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """A batch in the book.

    Args:
        id: names it.
        digest: what operators approve.
        submitter: who filed it.
        needed: approvals that complete it.
        approvals: given so far.
        rows: how many there are.
        filed_at: when it was filed, in whole seconds as certificates are dated.
        state: pending, approved, issued.
    """

    id: str
    digest: str
    submitter: str
    needed: int
    rows: int
    filed_at: datetime
    approvals: tuple[Approval, ...] = ()
    state: RequestState = RequestState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of a row.

    Args:
        number: which row.
        serial: of its certificate, in lower hexadecimal; empty if refused.
        code: of the refusal; empty if issued.
    """

    number: int
    serial: str = ""
    code: str = ""


def file_batch(office: Office, batch: Batch, act: Act) -> BatchRecord:
    """File a batch; the same one again is told how it stands."""
    with office.book.change() as page:
        record = page.get(Table.BATCH, batch.id)
        if record is not None:
            return _read(batch.id, record)
        needed = max((office.needed(one) for one in batch.kinds), default=0)
        filed = BatchRecord(
            id=batch.id,
            digest=batch.digest,
            submitter=act.actor,
            needed=needed,
            rows=len(batch.rows),
            filed_at=office.clock().replace(microsecond=0),
            state=RequestState.PENDING if needed else RequestState.APPROVED,
        )
        save_batch(page, filed)
        facts = {"digest": batch.digest, "needed": f"{needed}"}
        page.enter(CaAction.REQUEST_SUBMITTED, act, filed.id, facts, office.clock())
    return filed


def get_batch(office: Office, batch_id: str) -> BatchRecord:
    """Return a batch.

    Raises:
        PkiError: there is none (REQUEST_NOT_FOUND).
    """
    return _load(office.book.page, batch_id)


def approve_batch(office: Office, batch_id: str, proof: OperatorProof) -> BatchRecord:
    """Approve a batch as a whole.

    Raises:
        PkiError: as approving a request.
    """
    act = Act(actor=verify_operator(office, proof), reason=proof.reason)
    with office.book.change() as page:
        record, now = _load(page, batch_id), office.clock()
        if record.state is not RequestState.PENDING:
            raise PkiError(ErrorCode.REQUEST_CLOSED, place=record.state)
        taken = tuple(one.operator for one in record.approvals)
        require_distinct((record.submitter, *taken, act.actor))
        approvals = (*record.approvals, Approval(operator=act.actor, at=now))
        complete = len(approvals) >= record.needed
        state = RequestState.APPROVED if complete else RequestState.PENDING
        approved = replace(record, approvals=approvals, state=state)
        save_batch(page, approved)
        facts = {"digest": record.digest, "approvals": f"{len(approvals)}"}
        page.enter(CaAction.REQUEST_APPROVED, act, batch_id, facts, now)
    return approved


def save_batch(page: Page, record: BatchRecord) -> None:
    """Write a batch."""
    fields = {
        "digest": record.digest,
        "submitter": record.submitter,
        "needed": record.needed,
        "rows": record.rows,
        "approvals": approval_fields(record.approvals),
        "state": record.state.value,
        "filed_at": record.filed_at.isoformat(),
    }
    page.put(Table.BATCH, record.id, fields, state=record.state)


def get_row(page: Page, batch_id: str, number: int) -> RowResult | None:
    """Return what became of a row; None while nothing did."""
    record = page.get(Table.ROW, _row_key(batch_id, number))
    if record is None:
        return None
    fields = Reader(record)
    return RowResult(
        number=number, serial=fields.text("serial"), code=fields.text("code")
    )


def save_row(page: Page, batch_id: str, result: RowResult) -> None:
    """Write what became of a row."""
    fields = {"serial": result.serial, "code": result.code}
    page.put(Table.ROW, _row_key(batch_id, result.number), fields)


def _row_key(batch_id: str, number: int) -> str:
    return f"{batch_id}/{number:06}"


def _load(page: Page, batch_id: str) -> BatchRecord:
    record = page.get(Table.BATCH, batch_id)
    if record is None:
        raise PkiError(ErrorCode.REQUEST_NOT_FOUND, place=batch_id[:40])
    return _read(batch_id, record)


def _read(batch_id: str, record: Mapping[str, object]) -> BatchRecord:
    fields = Reader(record)
    return BatchRecord(
        id=batch_id,
        digest=fields.text("digest"),
        submitter=fields.text("submitter"),
        needed=fields.number("needed"),
        rows=fields.number("rows"),
        filed_at=fields.time("filed_at"),
        approvals=read_approvals(fields.parts("approvals")),
        state=RequestState(fields.text("state")),
    )
