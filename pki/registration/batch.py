"""Batch enrolment: a whole province in one run, approved as a whole.

Operators approve the digest of list and requests. Rows are then worked on in groups;
the book says of every row what became of it, in the same transaction for a group. A
run that was killed is started again with the same files: rows in the book are left
alone, and a certificate that was made and not booked is found by its key. Each group is
judged by what the book says when it is settled: a merger may close agencies meanwhile.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from pki.ca.issuing import IssueOrder
from pki.ca.requests import parse_request
from pki.errors import PkiError
from pki.files import write_atomically
from pki.journal.store import Act, CaAction
from pki.kinds import CertificateKind
from pki.registration.batch_file import Batch, BatchRow
from pki.registration.batch_records import (
    BatchRecord,
    RowResult,
    get_batch,
    get_row,
    save_batch,
    save_row,
)
from pki.registration.book import Page, Table
from pki.registration.checks import (
    DeskFacts,
    check_key,
    check_order,
    check_request,
)
from pki.registration.codec import Reader
from pki.registration.filing import order_of
from pki.registration.issuing import (
    FINAL_REFUSALS,
    Wanted,
    certificate_with,
    claim,
    find_made,
)
from pki.registration.office import Office
from pki.registration.records import EnrolmentOrder, RequestState
from pki.registry.records import key_digest
from schemas.errors import ErrorCode

_ROW = re.compile("[1-9][0-9]*", re.ASCII)
_GROUP = 50
"""Rows per transaction; what a crash makes look up again, never issue again."""


class BatchRun:
    """One run over an approved batch.

    Args:
        office: the desk.
        batch: the files the operators approved.
        folder: where `ROW.pem` goes.
        act: who runs it.
    """

    def __init__(self, office: Office, batch: Batch, folder: Path, act: Act) -> None:
        self._office, self._batch, self._folder = office, batch, folder
        self._act = replace(act, reason=batch.id)

    def run(self, step: Callable[[RowResult], None]) -> Sequence[RowResult]:
        """Work on what is not done yet; `step` is told of every row.

        Raises:
            PkiError: the batch is not approved (REQUEST_PENDING), the folder holds a
                certificate that is not of this batch (FILE_NOT_WRITTEN; nothing is
                done), or the CA cannot issue now; what was done stays done.
        """
        record = get_batch(self._office, self._batch.id)
        if record.state is RequestState.PENDING:
            raise PkiError(ErrorCode.REQUEST_PENDING, place=record.id)
        self._check_folder()
        results: list[RowResult] = []
        used = _Keys()
        waiting = iter(self._batch.rows)
        while rows := list(islice(waiting, _GROUP)):
            for result in self._group(rows, used):
                results.append(result)
                step(result)
        self._close(record, results)
        return results

    def _check(
        self,
        row: BatchRow,
        facts: Mapping[CertificateKind, DeskFacts],
        used: "_Keys",
    ) -> "_Checked":
        """Judge a row by itself; its key is judged against the rows before it."""
        application, refusal = row.application, None
        if application is None:
            return _Checked(row, refusal=row.refusal)
        try:
            order = order_of(application)
            refusal = _refusal_of(order, facts[order.kind])
            asked = parse_request(application.csr)
            check_request(asked, order)
            if refusal is None:
                used.take(key_digest(asked.public_key))
        except PkiError as error:
            return _Checked(row, refusal=refusal or error)
        owner = f"{self._batch.id}/{row.number}"
        wanted = Wanted(owner=owner, order=order, public_key=asked.public_key)
        return _Checked(row, wanted=wanted, refusal=refusal)

    def _group(self, rows: Sequence[BatchRow], used: "_Keys") -> Sequence[RowResult]:
        with self._office.book.change() as page:
            facts = self._office.facts_of(self._batch.kinds)
            checked = [self._check(one, facts, used) for one in rows]
            group = _Group(self._office, page, self._batch.id)
            results = group.settle(checked, self._act)
        for one in results:
            self._write(one)
        return results

    def _check_folder(self) -> None:
        """Refuse what another list left: rows are counted from 1 in each."""
        for path in sorted(self._folder.glob("*.pem")):
            if not _ROW.fullmatch(path.stem):
                continue
            result = get_row(self._office.book.page, self._batch.id, int(path.stem))
            if result is None or _content(path) != self._encoded(result):
                raise PkiError(ErrorCode.FILE_NOT_WRITTEN, place=path.name)

    def _write(self, result: RowResult) -> None:
        """Write the certificate of a row, unless it is there."""
        path = self._folder / f"{result.number}.pem"
        encoded = self._encoded(result)
        if encoded and not path.exists():
            write_atomically(path, encoded)

    def _encoded(self, result: RowResult) -> bytes:
        """Return the certificate of a row as PEM; nothing if it was refused."""
        if not result.serial:
            return b""
        made = certificate_with(self._office.hierarchy, int(result.serial, 16))
        return made.public_bytes(Encoding.PEM)

    def _close(self, record: BatchRecord, results: Sequence[RowResult]) -> None:
        lines = ["row,serial,code"]
        lines += [f"{one.number},{one.serial},{one.code}" for one in results]
        text = "\n".join([*lines, ""])
        write_atomically(self._folder / "results.csv", text.encode())
        if record.state is RequestState.ISSUED:
            return
        with self._office.book.change() as page:
            save_batch(page, replace(record, state=RequestState.ISSUED))
            issued = sum(bool(one.serial) for one in results)
            facts = {"issued": f"{issued}", "refused": f"{len(results) - issued}"}
            now = self._office.clock()
            page.enter(CaAction.REQUEST_ISSUED, self._act, record.id, facts, now)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A row that is refused, or what is wanted for it.

    Both of one whose order may be issued no more: it may have been before a crash.
    """

    row: BatchRow
    wanted: Wanted | None = None
    refusal: PkiError | None = None


class _Keys:
    """Keys of the rows so far: one key in two rows is somebody's mistake."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def take(self, digest: str) -> None:
        if digest in self._seen:
            raise PkiError(ErrorCode.KEY_REUSED)
        self._seen.add(digest)


class _Group:
    """Rows that are settled in one transaction."""

    def __init__(self, office: Office, page: Page, batch_id: str) -> None:
        self._office, self._page, self._batch_id = office, page, batch_id

    def settle(self, rows: Sequence[_Checked], act: Act) -> Sequence[RowResult]:
        numbers = [one.row.number for one in rows]
        done = {one: get_row(self._page, self._batch_id, one) for one in numbers}
        fresh = [one for one in rows if done[one.row.number] is None]
        for result in self._settle(fresh, act):
            done[result.number] = result
            save_row(self._page, self._batch_id, result)
        return [one for one in done.values() if one is not None]

    def _settle(self, rows: Sequence[_Checked], act: Act) -> Iterator[RowResult]:
        waiting: list[tuple[int, Wanted]] = []
        for one in rows:
            number, wanted = one.row.number, one.wanted
            if wanted is None:
                code = one.refusal.code if one.refusal else ErrorCode.BATCH_INVALID
                yield RowResult(number=number, code=code)
                continue
            try:
                made = self._made(wanted, one.refusal)
            except PkiError as error:
                yield _refused(number, error)
                continue
            if made is None:
                waiting.append((number, wanted))
            else:
                yield self._issued(number, made, wanted)
        yield from self._issue(waiting, act)

    def _made(self, wanted: Wanted, refusal: PkiError | None) -> int | None:
        """Find what was made before a crash, or check that the key may be certified.

        Raises:
            PkiError: the order was refused, or the key may not be certified
                (KEY_REUSED, RENEWAL_KEY_TOO_OLD).
        """
        holders = self._office.hierarchy.holders_of_key(wanted.public_key)
        made = self._found(wanted) if holders else None
        if made is not None:
            return made
        if refusal is not None:
            raise refusal
        check_key(holders, wanted.order, self._office.clock())
        return None

    def _found(self, wanted: Wanted) -> int | None:
        return find_made(self._office.hierarchy, self._page, self._with_known(wanted))

    def _with_known(self, wanted: Wanted) -> Wanted:
        """Leave out what the key had before the batch was filed."""
        filed = self._page.get(Table.BATCH, self._batch_id)
        begun = Reader(filed or {}).time("filed_at")
        holders = self._office.hierarchy.holders_of_key(wanted.public_key)
        known = tuple(one.serial for one in holders if one.issued_at < begun)
        return replace(wanted, known=known)

    def _issue(
        self, waiting: Sequence[tuple[int, Wanted]], act: Act
    ) -> Iterator[RowResult]:
        """Issue all; one that is refused ends a call, not the group."""
        begin = 0
        while begin < len(waiting):
            rest = waiting[begin:]
            orders = (_issue_order(wanted) for _, wanted in rest)
            made = self._office.hierarchy.issue_many(orders, act)
            try:
                for (number, wanted), certificate in zip(rest, made, strict=False):
                    yield self._issued(number, certificate.serial_number, wanted)
                    begin += 1
            except PkiError as error:
                yield _refused(waiting[begin][0], error)
                begin += 1

    def _issued(self, number: int, serial: int, wanted: Wanted) -> RowResult:
        claim(self._page, serial, wanted.owner)
        return RowResult(number=number, serial=f"{serial:x}")


def _refused(number: int, error: PkiError) -> RowResult:
    """Say that a row is refused for good.

    Raises:
        PkiError: the CA cannot issue now, which is no fault of the row.
    """
    if error.code not in FINAL_REFUSALS:
        raise error
    return RowResult(number=number, code=error.code)


def _refusal_of(order: EnrolmentOrder, facts: DeskFacts) -> PkiError | None:
    try:
        check_order(order, facts)
    except PkiError as error:
        return error
    return None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def _issue_order(wanted: Wanted) -> IssueOrder:
    order = wanted.order
    return IssueOrder(
        kind=order.kind,
        names=order.names,
        public_key=wanted.public_key,
        days=order.days,
    )
