"""The desk: approvals by two people, one certificate per request."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certificates import key_usage_of
from pki.enveloped.content_key import require_recipient
from pki.errors import PkiError
from pki.journal.store import Act, CaAction, verify_journal
from pki.keys.software import KeyKind, generate
from pki.kinds import CertificateKind
from pki.names import subject_fields
from pki.registration.approvals import PENDING_FOR
from pki.registration.book import Table
from pki.registration.codec import (
    Reader,
    read_approvals,
    read_code,
    request_fields,
)
from pki.registration.records import (
    Approval,
    EnrolmentOrder,
    HashMethod,
    KnownAgency,
    OperatorProof,
    RequestState,
)
from pki.registration.secrets import hash_passphrase
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.certificates import p256
from tests.support.desk import (
    AGENCY,
    CLERK,
    FIRST,
    SECOND,
    Desk,
    application,
    open_desk,
    person,
    system,
)
from tests.support.pki import NOW
from tests.support.requests import csr

PERSON, SYSTEM = CertificateKind.PERSON, CertificateKind.SYSTEM
SYSTEM_ORDER = EnrolmentOrder(kind=SYSTEM, names=system())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


def code_of(action: Callable[[], object]) -> ErrorCode:
    with pytest.raises(PkiError) as refusal:
        action()
    return refusal.value.code


def issued_for(desk: Desk, kind: CertificateKind) -> int:
    return sum(one.kind is kind for one in desk.hierarchy.certificates())


def actions(desk: Desk) -> list[CaAction]:
    return [one.action for one in desk.desk.journal.entries()]


def test_second_distinct_approval_issues(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    assert request.state is RequestState.PENDING

    once = desk.desk.approve(request.id, FIRST)
    assert (once.state, issued_for(desk, PERSON)) == (RequestState.PENDING, 0)

    twice = desk.desk.approve(request.id, SECOND)
    assert twice.state is RequestState.ISSUED
    made = desk.desk.certificate_of(request.id)
    assert made is not None
    assert made.serial_number == twice.serial
    assert subject_fields(made) == person()
    assert issued_for(desk, PERSON) == 1


def test_journal_tells_who_did_what_and_verifies(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    desk.desk.approve(request.id, FIRST)
    desk.desk.approve(request.id, SECOND)

    entries = desk.desk.journal.entries()
    verify_journal(entries)
    told = [(one.action, one.act.actor) for one in entries if one.subject == request.id]
    assert told == [
        (CaAction.REQUEST_SUBMITTED, CLERK.actor),
        (CaAction.REQUEST_APPROVED, FIRST.name),
        (CaAction.REQUEST_APPROVED, SECOND.name),
        (CaAction.REQUEST_ISSUED, SECOND.name),
    ]


def test_same_operator_does_not_count_twice(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    desk.desk.approve(request.id, FIRST)
    again = replace(FIRST, name=f" {FIRST.name.upper()} ")
    for proof in (FIRST, again):
        code = code_of(partial(desk.desk.approve, request.id, proof))
        assert code is ErrorCode.APPROVER_NOT_DISTINCT


def test_account_does_not_approve_twice_under_another_name(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    desk.desk.approve(request.id, replace(FIRST, account="van.hanh"))
    desk.reopen()
    again = replace(SECOND, account="Van.Hanh")
    code = code_of(partial(desk.desk.approve, request.id, again))
    assert code is ErrorCode.APPROVER_NOT_DISTINCT
    assert len(desk.desk.get(request.id).approvals) == 1


def test_approval_of_an_earlier_version_has_no_account() -> None:
    fields = {"operator": FIRST.name, "at": NOW.isoformat()}
    (read,) = read_approvals([Reader(fields)])
    assert read == Approval(operator=FIRST.name, at=NOW)


def test_submitter_does_not_approve_his_own(desk: Desk) -> None:
    request = desk.desk.submit(application(), Act(actor=FIRST.name))
    code = code_of(lambda: desk.desk.approve(request.id, FIRST))
    assert code is ErrorCode.APPROVER_NOT_DISTINCT


@pytest.mark.parametrize(
    "proof",
    [
        replace(FIRST, passphrase=b"wrong"),
        OperatorProof(name="x", passphrase=b"y"),
        OperatorProof(name="\udcff", passphrase=b"y"),
    ],
    ids=["passphrase", "name", "undecodable"],
)
def test_operator_who_is_not_shown_does_not_approve(
    desk: Desk, proof: OperatorProof
) -> None:
    request = desk.desk.submit(application(), CLERK)
    code = code_of(lambda: desk.desk.approve(request.id, proof))
    assert code is ErrorCode.OPERATOR_UNKNOWN
    assert desk.desk.get(request.id).approvals == ()


def test_closed_operator_does_not_approve(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    desk.desk.close_operator(SECOND.name, CLERK, (FIRST, SECOND))
    code = code_of(lambda: desk.desk.approve(request.id, SECOND))
    assert code is ErrorCode.OPERATOR_UNKNOWN


def test_operators_there_must_agree_to_a_third(desk: Desk) -> None:
    third = OperatorProof(name="Kẻ gian", passphrase=b"long enough for it")
    for by, code in (
        ((), ErrorCode.APPROVAL_MISSING),
        ((FIRST,), ErrorCode.APPROVAL_MISSING),
        ((FIRST, FIRST), ErrorCode.APPROVER_NOT_DISTINCT),
    ):
        assert code_of(partial(desk.desk.add_operator, third, CLERK, by)) is code
    desk.desk.add_operator(third, CLERK, (FIRST, SECOND))
    assert len(desk.desk.operators()) == 3


def test_approvals_are_not_lowered_by_one_alone(desk: Desk) -> None:
    lower = {PERSON: 0}
    code = code_of(lambda: desk.desk.set_approvals(lower, CLERK, (FIRST,)))
    assert code is ErrorCode.APPROVAL_MISSING
    desk.desk.set_approvals(lower, CLERK, (FIRST, SECOND))
    request = desk.desk.submit(application(), CLERK)
    assert request.state is RequestState.ISSUED


def test_agencies_are_not_changed_by_one_alone(desk: Desk) -> None:
    added = [KnownAgency(code=AGENCY, name="Suối Mây")]
    for by in ((), (FIRST,)):
        code = code_of(partial(desk.desk.set_agencies, added, CLERK, by))
        assert code is ErrorCode.APPROVAL_MISSING
    assert desk.desk.agencies() == {}
    desk.desk.set_agencies(added, CLERK, (FIRST, SECOND))
    assert set(desk.desk.agencies()) == {AGENCY}


def test_demo_hierarchy_needs_no_approval(tmp_path: Path) -> None:
    with open_desk(tmp_path, operators=0, demo=True) as made:
        request = made.desk.submit(application(), CLERK)
        assert request.state is RequestState.ISSUED


def test_same_submission_is_the_same_request(desk: Desk) -> None:
    asked = application()
    first, again = desk.desk.submit(asked, CLERK), desk.desk.submit(asked, CLERK)
    assert first.id == again.id
    assert actions(desk).count(CaAction.REQUEST_SUBMITTED) == 1


def test_same_submission_after_its_certificate_ended_is_a_new_request(
    desk: Desk,
) -> None:
    asked = application(SYSTEM, system(), request=csr(), days=90)
    first = desk.desk.submit(asked, CLERK)
    done = desk.desk.approve(first.id, FIRST)
    desk.pass_time(timedelta(days=89))
    assert desk.desk.submit(asked, CLERK) == done
    desk.pass_time(timedelta(days=1))
    again = desk.desk.submit(asked, CLERK)
    assert (again.id == first.id, again.state) == (False, RequestState.PENDING)
    second = desk.desk.approve(again.id, FIRST)
    assert second.serial not in {None, done.serial}


def test_refused_request_stays_refused(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    refused = desk.desk.refuse(request.id, FIRST, "không đúng người")
    assert refused.state is RequestState.REFUSED
    for action in (
        lambda: desk.desk.approve(request.id, SECOND),
        lambda: desk.desk.refuse(request.id, SECOND, ""),
    ):
        assert code_of(action) is ErrorCode.REQUEST_CLOSED


def test_request_nobody_decides_on_expires(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    desk.pass_time(PENDING_FOR - timedelta(seconds=1))
    assert desk.desk.get(request.id).state is RequestState.PENDING
    desk.pass_time(timedelta(seconds=1))
    assert desk.desk.get(request.id).state is RequestState.EXPIRED
    code = code_of(lambda: desk.desk.approve(request.id, FIRST))
    assert code is ErrorCode.REQUEST_CLOSED


@pytest.mark.parametrize("request_id", ["khong-co", "", "\udcff"])
def test_unknown_request_is_told_as_such(desk: Desk, request_id: str) -> None:
    code = code_of(lambda: desk.desk.approve(request_id, FIRST))
    assert code is ErrorCode.REQUEST_NOT_FOUND


@pytest.mark.parametrize("code_id", ["khong-co", "", "\udcff", "0" * 10_000])
def test_unknown_code_is_refused_like_a_wrong_secret(desk: Desk, code_id: str) -> None:
    refused = code_of(lambda: desk.desk.enrol_with_code(code_id, "\udcff", csr()))
    assert refused is ErrorCode.ENROLMENT_CODE_REFUSED


def test_unknown_agency_is_refused_once_agencies_are_known(desk: Desk) -> None:
    other = KnownAgency(code=OrganId("H99.152"), name="Khác")
    desk.desk.set_agencies([other], CLERK, (FIRST, SECOND))
    code = code_of(lambda: desk.desk.submit(application(), CLERK))
    assert code is ErrorCode.AGENCY_UNKNOWN
    assert desk.desk.list() == []


@pytest.mark.parametrize("kind", [PERSON, SYSTEM], ids=str)
def test_key_of_somebody_else_is_refused(desk: Desk, kind: CertificateKind) -> None:
    key = p256()
    names = person(common_name="Người khác") if kind is PERSON else system()
    desk.hierarchy.issue(kind, names, key.public_key())
    asked = application(request=csr(key=key))
    code = code_of(lambda: desk.desk.submit(asked, CLERK))
    assert code is ErrorCode.KEY_REUSED


def test_crash_before_the_certificate_was_made_is_made_good(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    left = replace(request, state=RequestState.APPROVED)
    with desk.desk.office.book.change() as page:
        page.put(Table.REQUEST, left.id, request_fields(left), state=left.state)

    desk.reopen()

    assert desk.desk.get(request.id).state is RequestState.ISSUED
    assert issued_for(desk, PERSON) == 1


def test_certificate_made_before_a_crash_is_found_not_made_again(desk: Desk) -> None:
    key = p256()
    request = desk.desk.submit(application(request=csr(key=key)), CLERK)
    left = replace(request, state=RequestState.APPROVED)
    with desk.desk.office.book.change() as page:
        page.put(Table.REQUEST, left.id, request_fields(left), state=left.state)
    made = desk.hierarchy.issue(PERSON, person(), key.public_key())

    desk.reopen()

    assert desk.desk.get(request.id).serial == made.serial_number
    assert issued_for(desk, PERSON) == 1


def test_request_the_ca_refuses_in_the_end_is_closed_with_the_code(desk: Desk) -> None:
    key = p256()
    request = desk.desk.submit(application(request=csr(key=key)), CLERK)
    desk.hierarchy.issue(PERSON, person(common_name="Khác"), key.public_key())
    desk.desk.approve(request.id, FIRST)

    code = code_of(lambda: desk.desk.approve(request.id, SECOND))

    assert code is ErrorCode.KEY_REUSED
    closed = desk.desk.get(request.id)
    assert (closed.state, closed.code) == (RequestState.REFUSED, "key_reused")


OTHER = KnownAgency(code=OrganId("H99.152"), name="Khác")
CLOSED = KnownAgency(code=AGENCY, name="Cũ", closed_at=NOW, successor=OTHER.code)


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ((OTHER, CLOSED), ErrorCode.AGENCY_CLOSED),
        ((OTHER,), ErrorCode.AGENCY_UNKNOWN),
    ],
    ids=["closed", "unknown"],
)
def test_agency_that_ended_while_its_request_waited_gets_no_certificate(
    desk: Desk, known: tuple[KnownAgency, ...], code: ErrorCode
) -> None:
    request = desk.desk.submit(application(), CLERK)
    desk.desk.approve(request.id, FIRST)
    desk.desk.set_agencies(known, CLERK, (FIRST, SECOND))

    assert code_of(lambda: desk.desk.approve(request.id, SECOND)) is code

    refused = desk.desk.get(request.id)
    assert (refused.state, refused.code) == (RequestState.REFUSED, code)
    assert issued_for(desk, PERSON) == 0


def test_certificate_made_before_its_agency_ended_is_found_after_a_crash(
    desk: Desk,
) -> None:
    key = p256()
    request = desk.desk.submit(application(request=csr(key=key)), CLERK)
    left = replace(request, state=RequestState.APPROVED)
    with desk.desk.office.book.change() as page:
        page.put(Table.REQUEST, left.id, request_fields(left), state=left.state)
    made = desk.hierarchy.issue(PERSON, person(), key.public_key())
    desk.desk.set_agencies((CLOSED,), CLERK, (FIRST, SECOND))

    desk.reopen()

    assert desk.desk.get(request.id).serial == made.serial_number


def test_code_enrols_once_and_polls_with_the_same_request(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST)
    asked = csr()
    done = desk.desk.enrol_with_code(code.id, code.secret, asked)
    again = desk.desk.enrol_with_code(code.id, code.secret, asked)

    assert done.certificate is not None
    assert subject_fields(done.certificate) == system()
    assert again == done
    refused = code_of(lambda: desk.desk.enrol_with_code(code.id, code.secret, csr()))
    assert refused is ErrorCode.ENROLMENT_CODE_REFUSED
    assert issued_for(desk, SYSTEM) == 1


@pytest.mark.parametrize(
    ("kind", "usage"),
    [(KeyKind.P256, "key_agreement"), (KeyKind.RSA3072, "key_encipherment")],
    ids=str,
)
def test_key_to_encrypt_to_enrols_by_a_code(
    desk: Desk, kind: KeyKind, usage: str
) -> None:
    encryption = CertificateKind.AGENCY_ENCRYPTION
    order = EnrolmentOrder(kind=encryption, names=person())
    made = desk.desk.make_code(order, FIRST)
    asked = csr(key=generate(kind).private)

    waiting = desk.desk.enrol_with_code(made.id, made.secret, asked)
    desk.desk.approve(waiting.request_id, SECOND)
    certificate = desk.desk.enrol_with_code(made.id, made.secret, asked).certificate

    assert waiting.certificate is None
    assert certificate is not None
    assert key_usage_of(certificate.extensions) == frozenset({usage})
    require_recipient(certificate)


def test_secret_of_a_code_is_not_in_the_book(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST)
    book = desk.folder / "private" / "registration.sqlite"
    kept = book.read_bytes() + book.with_name(f"{book.name}-wal").read_bytes()
    assert code.id.encode() in kept
    assert code.secret.encode() not in kept
    assert code.secret not in repr(code)


def test_code_kept_by_the_slow_hash_before_still_enrols(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST)
    slow = hash_passphrase(code.secret.encode())
    with desk.desk.office.book.change() as page:
        record = page.get(Table.CODE, code.id)
        assert record is not None
        earlier = {
            "salt": b64encode(slow.salt).decode(),
            "digest": b64encode(slow.digest).decode(),
        }
        page.put(Table.CODE, code.id, {**record, "secret": earlier})

    wrong = code_of(lambda: desk.desk.enrol_with_code(code.id, "sai", csr()))
    done = desk.desk.enrol_with_code(code.id, code.secret, csr())

    assert wrong is ErrorCode.ENROLMENT_CODE_REFUSED
    assert done.certificate is not None


def test_codes_are_hashed_fast_and_passphrases_slowly(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST)
    record = desk.desk.office.book.page.get(Table.CODE, code.id)
    assert record is not None
    made, (first, *_) = read_code(code.id, record), desk.desk.operators()
    assert made.secret.method is HashMethod.HMAC_SHA256
    assert first.secret.method is HashMethod.SCRYPT
    assert len(bytes.fromhex(code.secret)) * 8 >= 128


def test_maker_of_a_code_counts_as_one_approval(desk: Desk) -> None:
    code = desk.desk.make_code(EnrolmentOrder(kind=PERSON, names=person()), FIRST)
    waiting = desk.desk.enrol_with_code(code.id, code.secret, csr())
    assert waiting.certificate is None
    twice = code_of(lambda: desk.desk.approve(waiting.request_id, FIRST))
    assert twice is ErrorCode.APPROVER_NOT_DISTINCT
    assert desk.desk.approve(waiting.request_id, SECOND).serial


def test_code_is_locked_after_five_wrong_secrets(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST)
    for secret in ("sai",) * 5 + (code.secret,):
        refused = code_of(partial(desk.desk.enrol_with_code, code.id, secret, csr()))
        assert refused is ErrorCode.ENROLMENT_CODE_REFUSED


def test_code_is_worth_nothing_after_its_end(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST, valid_for=timedelta(hours=1))
    desk.pass_time(timedelta(hours=1))
    refused = code_of(lambda: desk.desk.enrol_with_code(code.id, code.secret, csr()))
    assert refused is ErrorCode.ENROLMENT_CODE_REFUSED


def test_refused_request_leaves_the_code_to_be_used(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_ORDER, FIRST)
    bad = csr(x509.BasicConstraints(ca=True, path_length=None))
    refused = code_of(lambda: desk.desk.enrol_with_code(code.id, code.secret, bad))
    assert refused is ErrorCode.REQUEST_ASKS_FOR_CA
    assert desk.desk.enrol_with_code(code.id, code.secret, csr()).certificate


def test_code_for_a_kind_with_approvals_needs_an_operator(desk: Desk) -> None:
    code = code_of(lambda: desk.desk.make_code(SYSTEM_ORDER, None))
    assert code is ErrorCode.OPERATOR_UNKNOWN


def present(desk: Desk, days: int | None = None) -> tuple[x509.Certificate, bytes]:
    """Certify a system; return its certificate and a request for the same key."""
    key = p256()
    made = desk.hierarchy.issue(SYSTEM, system(), key.public_key(), days=days)
    return made, csr(key=key, subject=made.subject)


def test_system_renews_by_its_certificate_without_operators(desk: Desk) -> None:
    current, _ = present(desk, days=40)
    done = desk.desk.reenrol(current, csr(subject=current.subject))
    assert done.certificate is not None
    assert subject_fields(done.certificate) == system()
    assert done.certificate.public_key() != current.public_key()
    lasts = done.certificate.not_valid_after_utc - NOW
    assert timedelta(days=39) < lasts <= timedelta(days=41)


def test_person_renews_with_one_approval_less(desk: Desk) -> None:
    current = desk.hierarchy.issue(PERSON, person(), p256().public_key())
    waiting = desk.desk.reenrol(current, csr(subject=current.subject))
    assert waiting.certificate is None
    assert desk.desk.approve(waiting.request_id, FIRST).state is RequestState.ISSUED


def test_key_is_kept_for_no_more_than_one_renewal(desk: Desk) -> None:
    current, same_key = present(desk)
    desk.pass_time(timedelta(days=720))
    kept = desk.desk.reenrol(current, same_key).certificate
    assert kept is not None
    assert kept.public_key() == current.public_key()
    desk.pass_time(timedelta(days=700))
    code = code_of(lambda: desk.desk.reenrol(kept, same_key))
    assert code is ErrorCode.RENEWAL_KEY_TOO_OLD
    asked = application(SYSTEM, system(), request=same_key)
    code = code_of(lambda: desk.desk.submit(asked, CLERK))
    assert code is ErrorCode.RENEWAL_KEY_TOO_OLD


def test_certificate_that_does_not_count_does_not_renew(desk: Desk) -> None:
    revoked, request = present(desk)
    desk.hierarchy.revoke(revoked.serial_number)
    code = code_of(lambda: desk.desk.reenrol(revoked, request))
    assert code is ErrorCode.RENEWAL_SUBJECT_DIFFERS

    expired, _ = present(desk, days=1)
    desk.pass_time(timedelta(days=1))
    code = code_of(lambda: desk.desk.reenrol(expired, csr(subject=expired.subject)))
    assert code is ErrorCode.RENEWAL_SUBJECT_DIFFERS


def test_certificate_of_another_ca_does_not_renew(tmp_path: Path, desk: Desk) -> None:
    with open_desk(tmp_path / "b", operators=0) as other:
        foreign, request = present(other)
    code = code_of(lambda: desk.desk.reenrol(foreign, request))
    assert code is ErrorCode.RENEWAL_SUBJECT_DIFFERS


def test_renewal_for_another_name_is_refused(desk: Desk) -> None:
    current, _ = present(desk)
    code = code_of(lambda: desk.desk.reenrol(current, csr()))
    assert code is ErrorCode.RENEWAL_SUBJECT_DIFFERS


def test_request_is_kept_as_der(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    kept = x509.load_der_x509_csr(request.application.csr)
    assert kept.public_bytes(Encoding.DER) == request.application.csr


def test_closed_agency_is_refused(desk: Desk) -> None:
    closed = KnownAgency(code=AGENCY, name="Suối Mây", closed_at=NOW)
    desk.desk.set_agencies([closed], CLERK, (FIRST, SECOND))
    code = code_of(lambda: desk.desk.submit(application(), CLERK))
    assert code is ErrorCode.AGENCY_CLOSED
