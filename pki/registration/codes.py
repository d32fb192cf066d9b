"""Enrolment codes: one-time passwords with which a machine may ask for itself."""

from dataclasses import replace
from datetime import timedelta

from pki.ca.requests import parse_request
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.registration.book import Page, Table
from pki.registration.checks import check_order
from pki.registration.codec import code_fields, read_code
from pki.registration.filing import Filing, file
from pki.registration.issuing import finish
from pki.registration.office import Office, load
from pki.registration.operators import verify_operator
from pki.registration.records import (
    Application,
    CodeRecord,
    EnrolmentCode,
    EnrolmentOrder,
    HashMethod,
    OperatorProof,
    RegistrationRequest,
    RequestState,
)
from pki.registration.secrets import hash_drawn, is_secret, new_id, new_secret
from schemas.errors import ErrorCode

CODE_VALID_FOR = timedelta(days=7)
"""How long a code can be used, unless told otherwise."""

_LONGEST = timedelta(days=90)
_MOST_TRIES = 5
_ID_CHARACTERS = 64


def make_code(
    office: Office,
    order: EnrolmentOrder,
    operator: OperatorProof | None,
    *,
    valid_for: timedelta,
    act: Act,
) -> EnrolmentCode:
    """Make a code; the operator who makes it has thereby approved the order.

    Raises:
        PkiError: the order is refused, the operator is unknown, or none is named for
            a kind that needs approvals (OPERATOR_UNKNOWN).
    """
    check_order(order, office.facts(order.kind))
    if not timedelta() < valid_for <= _LONGEST:
        raise PkiError(ErrorCode.VALUE_MALFORMED, place="valid_for")
    if operator is None and office.needed(order.kind):
        raise PkiError(ErrorCode.OPERATOR_UNKNOWN)
    maker = "" if operator is None else verify_operator(office, operator)
    now, secret = office.clock(), new_secret()
    record = CodeRecord(
        id=new_id(),
        order=order,
        secret=hash_drawn(secret.encode()),
        maker=maker,
        made_at=now,
        expires_at=now + valid_for,
    )
    with office.book.change() as page:
        _save(page, record)
        act = Act(actor=maker, reason=act.reason) if maker else act
        facts = {"kind": order.kind.value}
        page.enter(CaAction.CODE_MADE, act, record.id, facts, now)
    return EnrolmentCode(id=record.id, secret=secret, expires_at=record.expires_at)


def use_code(
    office: Office, code_id: str, secret: str, csr: bytes
) -> RegistrationRequest:
    """File the request of whoever holds a code; the same one again is told how it is.

    Raises:
        PkiError: ENROLMENT_CODE_REFUSED for whatever is wrong with the code; the
            request is refused, which leaves the code as it was unless it was filed; it
            was refused or expired since (REQUEST_CLOSED, or the code of the CA); or
            the CA cannot issue now (the same request again asks it again).
    """
    record = _checked(office, code_id, secret)
    if record.request_id:
        return _used_before(office, record, csr)
    if record.expires_at <= office.clock():
        raise _refused()
    order = record.order
    filing = Filing(
        application=Application(
            kind=order.kind, names=order.names, csr=csr, days=order.days
        ),
        needed=office.needed(order.kind),
        origin=f"code {record.id}",
        approver=record.maker,
        also=lambda page, request: _mark_used(office, page, request, record.id),
    )
    return file(office, filing, _act(record))


def _checked(office: Office, code_id: str, secret: str) -> CodeRecord:
    """Count the try first, so that many at once are counted too; then check it."""
    record = _count_try(office, code_id[:_ID_CHARACTERS])
    kept = None if record is None else record.secret
    given = secret.encode("utf-8", "replace")
    right = is_secret(given, kept, HashMethod.HMAC_SHA256)
    if record is None or not right:
        raise _refused()
    with office.book.change() as page:
        now = _load(page, record.id)
        tries = 0 if now is None else max(0, now.wrong_tries - 1)
        current = replace(now or record, wrong_tries=tries)
        _save(page, current)
    return current


def _count_try(office: Office, code_id: str) -> CodeRecord | None:
    if not code_id.isascii():
        return None
    with office.book.change() as page:
        record = _load(page, code_id)
        if record is None or record.wrong_tries >= _MOST_TRIES:
            return None
        record = replace(record, wrong_tries=record.wrong_tries + 1)
        _save(page, record)
    return record


def _used_before(office: Office, record: CodeRecord, csr: bytes) -> RegistrationRequest:
    office.expire()
    request = load(office.book.page, record.request_id)
    if parse_request(csr).der != request.application.csr:
        raise _refused()
    request = finish(office, request.id, _act(record))
    if request.state in {RequestState.REFUSED, RequestState.EXPIRED}:
        raise _closed(request)
    return request


def _closed(request: RegistrationRequest) -> PkiError:
    """Say why a request is over: as the CA did, or that somebody else decided."""
    if request.code:
        return PkiError(ErrorCode(request.code))
    return PkiError(ErrorCode.REQUEST_CLOSED, place=request.state)


def _mark_used(
    office: Office, page: Page, request: RegistrationRequest, code_id: str
) -> None:
    record = _load(page, code_id)
    if record is None or record.request_id:
        raise _refused()  # somebody was faster
    _save(page, replace(record, request_id=request.id))
    facts = {"request": request.id}
    page.enter(CaAction.CODE_USED, _act(record), code_id, facts, office.clock())


def _act(record: CodeRecord) -> Act:
    return Act(actor=f"code {record.id}")


def _load(page: Page, code_id: str) -> CodeRecord | None:
    record = page.get(Table.CODE, code_id)
    return None if record is None else read_code(code_id, record)


def _save(page: Page, record: CodeRecord) -> None:
    page.put(Table.CODE, record.id, code_fields(record))


def _refused() -> PkiError:
    return PkiError(ErrorCode.ENROLMENT_CODE_REFUSED)
