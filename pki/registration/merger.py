"""Carrying out a merger of agencies: planned, approved, and finished after any crash.

The plan is in the book before anything changes. What its agencies had certified while
it waited for approvals is taken on there, too: they end all the same. Certificates are
amended first and revoked last: a revoked one could not vouch for its key any more. Each
step sees whether it was done before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from pki.ca.issuing import IssueOrder
from pki.ca.requests import check_new_key
from pki.errors import PkiError
from pki.journal.store import Act, CaAction
from pki.keys.api import PublicKey
from pki.kinds import CertificateKind
from pki.registration.approvals import require_distinct
from pki.registration.book import Page, Table
from pki.registration.checks import answers, is_read_in
from pki.registration.codec import agency_fields
from pki.registration.issuing import claim
from pki.registration.merger_plan import (
    HeldCertificate,
    Merger,
    MergerRecord,
    amended_names,
    check_merger,
    days_until,
    may_be_amended,
    merger_id,
    merger_record_fields,
    read_merger_record,
    steps,
    with_later,
)
from pki.registration.office import Office
from pki.registration.operators import verify_operator
from pki.registration.records import (
    Approval,
    EnrolmentOrder,
    KnownAgency,
    OperatorProof,
    RequestState,
)
from pki.registry.api import RegisteredCertificate
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

_AFFILIATION = x509.ReasonFlags.affiliation_changed


def plan_merger(office: Office, merger: Merger, act: Act) -> MergerRecord:
    """Return the plan of a merger, without keeping it; the one kept if there is one.

    Raises:
        PkiError: it makes no sense (MERGER_REFUSED), or an agency is not known.
    """
    check_merger(merger)
    kept = office.book.page.get(Table.MERGER, merger_id(merger))
    if kept is not None:
        return read_merger_record(merger_id(merger), kept)
    _check_known(office, merger)
    amended, revoked = steps(merger, _certificates(office, merger), office.clock())
    needed = office.needed(CertificateKind.AGENCY_SEAL)
    return MergerRecord(
        id=merger_id(merger),
        merger=merger,
        amended=amended,
        revoked=revoked,
        submitter=act.actor,
        planned_at=office.clock().replace(microsecond=0),
        needed=needed,
        state=RequestState.PENDING if needed else RequestState.APPROVED,
    )


def file_merger(office: Office, merger: Merger, act: Act) -> MergerRecord:
    """Keep the plan of a merger; the same merger again is told how it stands.

    Raises:
        PkiError: as `plan_merger`.
    """
    planned = plan_merger(office, merger, act)
    with office.book.change() as page:
        kept = page.get(Table.MERGER, planned.id)
        if kept is not None:
            return read_merger_record(planned.id, kept)
        _save(page, planned)
        facts = {"into": merger.into, "from": " ".join(merger.sources)}
        now = office.clock()
        page.enter(CaAction.REQUEST_SUBMITTED, act, planned.id, facts, now)
    return planned


def get_merger(office: Office, merger_key: str) -> MergerRecord:
    """Return a merger that was planned.

    Raises:
        PkiError: there is none (REQUEST_NOT_FOUND).
    """
    return _load(office.book.page, merger_key)


def approve_merger(
    office: Office, merger_key: str, proof: OperatorProof
) -> MergerRecord:
    """Approve a merger.

    Raises:
        PkiError: as approving a request.
    """
    act = Act(actor=verify_operator(office, proof), reason=proof.reason)
    with office.book.change() as page:
        record, now = _load(page, merger_key), office.clock()
        if record.state is not RequestState.PENDING:
            raise PkiError(ErrorCode.REQUEST_CLOSED, place=record.state)
        taken = tuple(one.operator for one in record.approvals)
        require_distinct((record.submitter, *taken, act.actor))
        approvals = (*record.approvals, Approval(operator=act.actor, at=now))
        complete = len(approvals) >= record.needed
        state = RequestState.APPROVED if complete else RequestState.PENDING
        approved = replace(record, approvals=approvals, state=state)
        _save(page, approved)
        facts = {"approvals": f"{len(approvals)}/{record.needed}"}
        page.enter(CaAction.REQUEST_APPROVED, act, record.id, facts, now)
    return approved


def run_merger(office: Office, merger_key: str, act: Act) -> Sequence[int]:
    """Carry out a merger that is approved; again after a crash, the rest of it.

    What its agencies had certified since it was planned is amended or revoked too.

    Returns:
        The serial numbers of the amended certificates.

    Raises:
        PkiError: it waits for approvals (REQUEST_PENDING), or the CA cannot act now.
    """
    with office.book.change() as page:
        _save(page, _with_all(office, page, merger_key))
    with office.book.change() as page:
        record = _with_all(office, page, merger_key)
        who = replace(act, reason=record.id)
        office.hierarchy.check_revocable(_waiting(office, record))
        made = _amend_all(office, page, record, who)
        _revoke(office, record, who)
        if record.state is not RequestState.ISSUED:
            _finish(office, page, replace(record, amended=tuple(made)), who)
    return list(dict.fromkeys(made.values()))


def _with_all(office: Office, page: Page, merger_key: str) -> MergerRecord:
    """Return an approved merger with what it takes on now, unless it is done.

    Raises:
        PkiError: it waits for approvals (REQUEST_PENDING).
    """
    record = _load(page, merger_key)
    if record.state is RequestState.PENDING:
        raise PkiError(ErrorCode.REQUEST_PENDING, place=record.id)
    if record.state is RequestState.ISSUED:
        return record
    return with_later(record, _certificates(office, record.merger), office.clock())


def _certificates(
    office: Office, merger: Merger
) -> Mapping[OrganId, Sequence[HeldCertificate]]:
    find = office.hierarchy.certificates_of
    return {code: [_held(office, one) for one in find(code)] for code in merger.sources}


def _held(office: Office, entry: RegisteredCertificate) -> HeldCertificate:
    return HeldCertificate(entry=entry, of_key=office.hierarchy.with_key_of(entry))


def _amend_all(
    office: Office, page: Page, record: MergerRecord, act: Act
) -> Mapping[int, int]:
    """Return what was made for each certificate that is amended."""
    made = {one: _amend(office, page, record, one, act) for one in record.amended}
    return {old: new for old, new in made.items() if new is not None}


def _amend(
    office: Office, page: Page, record: MergerRecord, serial: int, act: Act
) -> int | None:
    """Certify the key of a certificate under the new names, once.

    Returns:
        The serial number; None for one that vouches for its key no more: it has ended
        since the merger was planned, or one of its key was revoked or suspended.
    """
    held = _held(office, office.hierarchy.find(serial))
    old = held.entry
    names = amended_names(old, record.merger)
    order = EnrolmentOrder(kind=old.kind, names=names)
    for one in held.of_key:
        fresh = one.issued_at >= record.planned_at and one.serial != serial
        if fresh and answers(one, order):
            _claim_found(page, one.serial, record.id)
            return one.serial
    if not may_be_amended(held, office.clock()):
        return None
    ends = x509.load_der_x509_certificate(old.der).not_valid_after_utc
    amended = IssueOrder(
        kind=old.kind,
        names=names,
        public_key=_key_of(old),
        days=days_until(ends, office.facts(old.kind)),
        amends=serial,
    )
    made = next(office.hierarchy.issue_many((amended,), act)).serial_number
    claim(page, made, record.id)
    return made


def _claim_found(page: Page, serial: int, owner: str) -> None:
    """Claim what was made before a crash, unless it was made for something else."""
    if page.get(Table.CLAIM, f"{serial:x}") is None:
        claim(page, serial, owner)


def _waiting(office: Office, record: MergerRecord) -> Sequence[int]:
    """Return what is yet to be revoked for good."""
    entries = (office.hierarchy.find(one) for one in record.revoked)
    return [one.serial for one in entries if one.revoked_at is None or one.is_suspended]


def _revoke(office: Office, record: MergerRecord, act: Act) -> None:
    if waiting := _waiting(office, record):
        office.hierarchy.revoke_all(waiting, _AFFILIATION, act=act)
    elif record.state is not RequestState.ISSUED:
        office.hierarchy.write_crls(act)  # a crash may have come before the list


def _finish(office: Office, page: Page, record: MergerRecord, act: Act) -> None:
    merger, now = record.merger, office.clock()
    _update_agencies(office, page, merger, now)
    _save(page, replace(record, state=RequestState.ISSUED))
    facts = {
        "into": merger.into,
        "from": " ".join(merger.sources),
        "amended": f"{len(record.amended)}",
        "revoked": f"{len(record.revoked)}",
    }
    page.enter(CaAction.AGENCY_MERGED, act, record.id, facts, now)


def _update_agencies(office: Office, page: Page, merger: Merger, now: datetime) -> None:
    """Close what ended; where no directory is known, it stays unknown."""
    known, into = office.agencies(), merger.into
    for code in merger.sources:
        if code != into:
            name = known[code].name if code in known else ""
            closed = KnownAgency(code=code, name=name, closed_at=now, successor=into)
            _know(page, closed)
    if is_read_in(known, now):
        name = known[into].name if into in known else ""
        _know(page, KnownAgency(code=into, name=merger.name or name))


def _know(page: Page, agency: KnownAgency) -> None:
    page.put(Table.AGENCY, agency.code, agency_fields(agency))


def _check_known(office: Office, merger: Merger) -> None:
    known = office.agencies()
    if not is_read_in(known, office.clock()):
        return
    into = () if merger.keep is not None else (merger.into,)
    for code in (*merger.sources, *into):
        if code not in known:
            raise PkiError(ErrorCode.AGENCY_UNKNOWN, place=code)


def _key_of(entry: RegisteredCertificate) -> PublicKey:
    return check_new_key(x509.load_der_x509_certificate(entry.der).public_key())


def _load(page: Page, merger_key: str) -> MergerRecord:
    record = page.get(Table.MERGER, merger_key)
    if record is None:
        raise PkiError(ErrorCode.REQUEST_NOT_FOUND, place=merger_key[:40])
    return read_merger_record(merger_key, record)


def _save(page: Page, record: MergerRecord) -> None:
    fields = merger_record_fields(record)
    page.put(Table.MERGER, record.id, fields, state=record.state)
