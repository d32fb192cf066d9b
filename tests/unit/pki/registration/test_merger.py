"""A merger of agencies as one operation."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography import x509

from pki.ca.founding import CaKeySettings, HierarchySettings, create_generation
from pki.ca.hierarchy import Hierarchy
from pki.ca.issuing import IssueOrder
from pki.errors import PkiError
from pki.journal.store import CaAction
from pki.kinds import CertificateKind
from pki.names import SubjectFields, agency_of, subject_fields
from pki.registration.book import Table
from pki.registration.merger import (
    approve_merger,
    file_merger,
    get_merger,
    plan_merger,
    run_merger,
)
from pki.registration.merger_plan import Merger, MergerRecord
from pki.registration.records import EnrolmentOrder, KnownAgency, RequestState
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.certificates import p256
from tests.support.desk import CLERK, FIRST, SECOND, Desk, open_desk, system
from tests.support.pki import NOW
from tests.support.requests import csr

A, B, NEW = OrganId("H99.151"), OrganId("H99.152"), OrganId("H99.200")
C = OrganId("H99.153")
SEAL, SYSTEM = CertificateKind.AGENCY_SEAL, CertificateKind.SYSTEM
ISSUING_SYSTEMS = CertificateKind.ISSUING_SYSTEMS
AFFILIATION = x509.ReasonFlags.affiliation_changed
JOINED = Merger(into=NEW, sources=(A, B), keep=A, name="UBND xã Mới")
RENAMED = Merger(into=A, sources=(A,), keep=A, name="UBND phường")
SYSTEM_OF_B = EnrolmentOrder(kind=SYSTEM, names=system("qlvb-b-2", B))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        for code in (A, B):
            names = SubjectFields(
                common_name=f"UBND {code}", organisation="Cũ", organ_id=code
            )
            made.hierarchy.issue(SEAL, names, p256().public_key())
        made.hierarchy.issue(SYSTEM, system("qlvb-b", B), p256().public_key())
        yield made


def carry_out(desk: Desk, merger: Merger) -> list[x509.Certificate]:
    office = desk.desk.office
    record = file_merger(office, merger, CLERK)
    for one in (FIRST, SECOND):
        approve_merger(office, record.id, one)
    made = run_merger(office, record.id, CLERK)
    return [
        x509.load_der_x509_certificate(desk.hierarchy.find(one).der) for one in made
    ]


def reasons(desk: Desk, code: OrganId) -> list[x509.ReasonFlags | None]:
    return [one.reason for one in desk.hierarchy.certificates_of(code)]


def test_new_body_has_one_amended_and_the_rest_revoked(desk: Desk) -> None:
    (old,) = desk.hierarchy.certificates_of(A)
    (made,) = carry_out(desk, JOINED)

    assert agency_of(made) == NEW
    assert subject_fields(made).common_name == "UBND xã Mới"
    before = x509.load_der_x509_certificate(old.der)
    assert made.public_key() == before.public_key()
    assert made.not_valid_after_utc <= before.not_valid_after_utc
    assert reasons(desk, A) == [AFFILIATION]
    assert reasons(desk, B) == [AFFILIATION] * 2
    assert reasons(desk, NEW) == [None]


def test_absorbed_body_loses_its_certificates(desk: Desk) -> None:
    assert carry_out(desk, Merger(into=A, sources=(B,))) == []
    assert reasons(desk, A) == [None]
    assert reasons(desk, B) == [AFFILIATION] * 2


def test_body_that_only_changes_is_amended(desk: Desk) -> None:
    (made,) = carry_out(desk, RENAMED)
    assert subject_fields(made).common_name == "UBND phường"
    assert subject_fields(made).organisation == "UBND phường"
    assert sorted(map(str, reasons(desk, A))) == sorted(map(str, [None, AFFILIATION]))


def test_each_list_is_published_once(desk: Desk) -> None:
    label = "issuing-organisations"
    before = desk.hierarchy.journal_of(label)
    carry_out(desk, JOINED)
    new = desk.hierarchy.journal_of(label)[len(before) :]
    lists = [one for one in new if one.action is CaAction.LIST_PUBLISHED]
    assert len(lists) == 1
    path = desk.folder / f"{label}.crl"
    assert len(x509.load_der_x509_crl(path.read_bytes())) == 2


def test_merger_waits_for_two_people(desk: Desk) -> None:
    office = desk.desk.office
    record = file_merger(office, JOINED, CLERK)
    approve_merger(office, record.id, FIRST)
    with pytest.raises(PkiError) as refusal:
        run_merger(office, record.id, CLERK)
    assert refusal.value.code is ErrorCode.REQUEST_PENDING
    assert reasons(desk, A) == [None]


def test_plan_alone_changes_nothing(desk: Desk) -> None:
    planned = plan_merger(desk.desk.office, JOINED, CLERK)
    assert (len(planned.amended), len(planned.revoked)) == (1, 3)
    assert desk.desk.journal.entries()[-1].action is CaAction.OPERATOR_ADDED
    assert reasons(desk, B) == [None, None]


def test_known_agencies_are_closed_with_their_successor(desk: Desk) -> None:
    both = [KnownAgency(code=one, name="x") for one in (A, B)]
    desk.desk.set_agencies(both, CLERK, (FIRST, SECOND))
    carry_out(desk, JOINED)
    known = desk.desk.agencies()
    assert (known[B].closed_at, known[B].successor) == (NOW, NEW)
    assert known[NEW] == KnownAgency(code=NEW, name="UBND xã Mới")
    assert desk.desk.journal.entries()[-1].action is CaAction.AGENCY_MERGED


def test_merger_that_was_cut_off_is_finished_not_repeated(desk: Desk) -> None:
    """What a kill between amending, revoking and booking leaves behind."""
    office = desk.desk.office
    record = file_merger(office, JOINED, CLERK)
    for one in (FIRST, SECOND):
        approve_merger(office, record.id, one)
    (old,) = desk.hierarchy.certificates_of(A)
    key = x509.load_der_x509_certificate(old.der).public_key()
    names = SubjectFields(
        common_name="UBND xã Mới", organisation="UBND xã Mới", organ_id=NEW
    )
    order = IssueOrder(
        kind=SEAL,
        names=names,
        public_key=key,  # type: ignore[arg-type]  # of the kind that was certified
        amends=old.serial,
    )
    (made,) = desk.hierarchy.issue_many([order], CLERK)
    desk.hierarchy.revoke(record.revoked[1], AFFILIATION)

    assert run_merger(office, record.id, CLERK) == [made.serial_number]
    assert run_merger(office, record.id, CLERK) == [made.serial_number]
    assert reasons(desk, NEW) == [None]
    assert reasons(desk, B) == [AFFILIATION] * 2
    assert file_merger(office, JOINED, CLERK).state is RequestState.ISSUED


@pytest.mark.parametrize("hours", [0, 6, 21])
@pytest.mark.parametrize("is_last", [False, True], ids=["usual", "with-its-ca"])
def test_amended_certificate_lasts_until_the_same_day(
    desk: Desk, hours: int, is_last: bool
) -> None:
    if is_last:
        (issuer, *_) = desk.hierarchy.chain_above(SEAL)
        desk.time.at = issuer.not_valid_after_utc - timedelta(days=200)
    names = SubjectFields(common_name="UBND C", organ_id=C)
    old = desk.hierarchy.issue(SEAL, names, p256().public_key())
    desk.pass_time(timedelta(days=30, hours=hours))
    (made,) = carry_out(desk, Merger(into=C, sources=(C,), keep=C, name="UBND D"))
    assert made.not_valid_after_utc.date() == old.not_valid_after_utc.date()


def approved(desk: Desk, merger: Merger) -> MergerRecord:
    record = file_merger(desk.desk.office, merger, CLERK)
    for one in (FIRST, SECOND):
        record = approve_merger(desk.desk.office, record.id, one)
    return record


def test_certificate_renewed_while_the_merger_waits_is_revoked_too(desk: Desk) -> None:
    code = desk.desk.make_code(SYSTEM_OF_B, FIRST)
    old = desk.desk.enrol_with_code(code.id, code.secret, csr()).certificate
    assert old is not None
    merger = Merger(into=A, sources=(B,))
    record = file_merger(desk.desk.office, merger, CLERK)
    approve_merger(desk.desk.office, record.id, FIRST)
    desk.pass_time(timedelta(days=1))
    new = desk.desk.reenrol(old, csr(subject=old.subject)).certificate
    assert new is not None
    approve_merger(desk.desk.office, record.id, SECOND)

    run_merger(desk.desk.office, record.id, CLERK)

    assert set(reasons(desk, B)) == {AFFILIATION}
    done = get_merger(desk.desk.office, record.id)
    assert new.serial_number in done.revoked
    assert set(record.revoked) < set(done.revoked)


def test_certificate_made_while_the_merger_waits_is_amended_too(desk: Desk) -> None:
    record = approved(desk, JOINED)
    desk.pass_time(timedelta(days=1))
    desk.hierarchy.issue(SYSTEM, system("qlvb-a", A), p256().public_key())

    made = run_merger(desk.desk.office, record.id, CLERK)

    assert len(made) == 2
    assert reasons(desk, A) == [AFFILIATION] * 2
    assert reasons(desk, NEW) == [None] * 2
    assert run_merger(desk.desk.office, record.id, CLERK) == made
    assert reasons(desk, NEW) == [None] * 2


def test_merger_of_what_a_ca_issued_that_is_not_open_changes_nothing(
    desk: Desk,
) -> None:
    operators = {"Hoa": b"first of the keepers", "Khuê": b"second of the keepers"}
    together = {ISSUING_SYSTEMS: CaKeySettings(by_operators=True)}
    settings = HierarchySettings(operators=operators, keys=together)
    create_generation(desk.folder, ISSUING_SYSTEMS, settings, desk.time.now)
    everybody = tuple(operators.values())
    with Hierarchy.open(desk.folder, clock=desk.time.now, operators=everybody) as ca:
        ca.issue(SYSTEM, system("qlvb-b-3", B), p256().public_key())
    with Hierarchy.open(desk.folder, clock=desk.time.now) as desk.hierarchy:
        desk.reopen()
        record = approved(desk, JOINED)
        with pytest.raises(PkiError) as refusal:
            run_merger(desk.desk.office, record.id, CLERK)
        assert refusal.value.code is ErrorCode.OPERATOR_SECRETS_WRONG
        assert reasons(desk, NEW) == []
        assert reasons(desk, A) == [None]


def test_what_a_merger_took_on_late_is_told_of_after_a_kill_before_its_end(
    desk: Desk,
) -> None:
    office, record = desk.desk.office, approved(desk, JOINED)
    desk.pass_time(timedelta(days=1))
    late = desk.hierarchy.issue(SYSTEM, system("qlvb-a", A), p256().public_key())
    killed = patch("pki.registration.merger._finish", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        run_merger(office, record.id, CLERK)
    taken = get_merger(office, record.id)
    assert {late.serial_number, *record.amended} == set(taken.amended)

    made = run_merger(office, record.id, CLERK)

    new = [one.serial for one in desk.hierarchy.certificates_of(NEW)]
    assert len(new) == 2
    assert set(made) == set(new)
    assert set(get_merger(office, record.id).amended) == set(taken.amended)
    owners = [office.book.page.get(Table.CLAIM, f"{one:x}") for one in new]
    assert owners == [{"owner": record.id}] * 2


def test_key_renewed_while_the_merger_waits_is_amended_once(desk: Desk) -> None:
    (old,) = desk.hierarchy.certificates_of(A)
    certificate = x509.load_der_x509_certificate(old.der)
    record = approved(desk, JOINED)
    desk.pass_time(timedelta(days=1))
    names = subject_fields(certificate)
    key = certificate.public_key()
    later = desk.hierarchy.issue(SEAL, names, key)  # type: ignore[arg-type]  # as above

    (made,) = run_merger(desk.desk.office, record.id, CLERK)

    assert reasons(desk, A) == [AFFILIATION] * 2
    ends = x509.load_der_x509_certificate(desk.hierarchy.find(made).der)
    span = later.not_valid_after_utc - ends.not_valid_after_utc
    assert timedelta() <= span <= timedelta(days=1)


@pytest.mark.parametrize("suspended", [False, True])
def test_certificate_that_lost_its_standing_since_is_not_amended(
    desk: Desk, suspended: bool
) -> None:
    record = approved(desk, JOINED)
    (old,) = desk.hierarchy.certificates_of(A)
    if suspended:
        desk.hierarchy.suspend(old.serial)
    else:
        desk.hierarchy.revoke(old.serial, x509.ReasonFlags.key_compromise)

    for _ in range(2):
        assert run_merger(desk.desk.office, record.id, CLERK) == []

    assert reasons(desk, B) == [AFFILIATION] * 2
    assert reasons(desk, NEW) == []
    done = get_merger(desk.desk.office, record.id)
    assert (done.state, done.amended) == (RequestState.ISSUED, ())


@pytest.mark.parametrize("lost", ["revoked", "suspended"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "while-it-waits"])
def test_key_of_which_one_certificate_lost_its_standing_is_not_amended(
    desk: Desk, lost: str, before: bool
) -> None:
    key = p256().public_key()
    names = SubjectFields(common_name="Lê Cúc", organ_id=A)
    first, second = (
        desk.hierarchy.issue(CertificateKind.PERSON, names, key) for _ in range(2)
    )
    if before:
        lose(desk, first.serial_number, lost)
    planned = plan_merger(desk.desk.office, JOINED, CLERK)
    ours = {first.serial_number, second.serial_number}
    assert ours.isdisjoint(planned.amended) == before
    record = approved(desk, JOINED)
    if not before:
        lose(desk, first.serial_number, lost)

    made = run_merger(desk.desk.office, record.id, CLERK)

    assert run_merger(desk.desk.office, record.id, CLERK) == made
    kinds = [one.kind for one in desk.hierarchy.certificates_of(NEW)]
    assert kinds == [SEAL]
    assert None not in reasons(desk, A)
    done = get_merger(desk.desk.office, record.id)
    assert done.state is RequestState.ISSUED
    assert ours.isdisjoint(done.amended)


def lose(desk: Desk, serial: int, how: str) -> None:
    if how == "suspended":
        desk.hierarchy.suspend(serial)
    else:
        desk.hierarchy.revoke(serial, x509.ReasonFlags.superseded)


def test_certificate_that_ended_since_is_not_amended(desk: Desk) -> None:
    names = SubjectFields(common_name="UBND A", organ_id=A)
    desk.hierarchy.issue(SEAL, names, p256().public_key(), days=2)
    record = approved(desk, JOINED)
    assert len(record.amended) == 2
    desk.pass_time(timedelta(days=3))

    assert len(run_merger(desk.desk.office, record.id, CLERK)) == 1
    assert reasons(desk, NEW) == [None]


def test_body_that_only_changes_keeps_what_was_made_for_its_new_name(
    desk: Desk,
) -> None:
    record = approved(desk, RENAMED)
    names = SubjectFields(common_name="UBND phường", organ_id=A)
    desk.pass_time(timedelta(days=1))
    new = desk.hierarchy.issue(SEAL, names, p256().public_key())

    (made,) = run_merger(desk.desk.office, record.id, CLERK)

    counting = [one for one in desk.hierarchy.certificates_of(A) if not one.revoked_at]
    assert {one.serial for one in counting} == {new.serial_number, made}


def test_rename_that_was_cut_off_amends_nothing_twice(desk: Desk) -> None:
    record = approved(desk, RENAMED)
    revoking = patch.object(
        Hierarchy, "revoke_all", side_effect=PkiError(ErrorCode.KEY_PIN_LOCKED)
    )
    with revoking, pytest.raises(PkiError):
        run_merger(desk.desk.office, record.id, CLERK)

    (made,) = run_merger(desk.desk.office, record.id, CLERK)

    counting = [one for one in desk.hierarchy.certificates_of(A) if not one.revoked_at]
    assert [one.serial for one in counting] == [made]


def test_merger_after_another_is_possible_where_no_directory_is_read_in(
    desk: Desk,
) -> None:
    carry_out(desk, JOINED)
    carry_out(desk, Merger(into=OrganId("H99.300"), sources=(C,), keep=C, name="Mới"))
    carry_out(desk, Merger(into=OrganId("H99.400"), sources=(NEW,)))
    known = desk.desk.agencies()
    assert {code: one.successor for code, one in known.items()} == {
        A: NEW,
        B: NEW,
        C: "H99.300",
        NEW: "H99.400",
    }


def test_agency_that_is_not_known_is_not_merged_where_a_directory_is_read_in(
    desk: Desk,
) -> None:
    both = [KnownAgency(code=one, name="x") for one in (A, B)]
    desk.desk.set_agencies(both, CLERK, (FIRST, SECOND))
    with pytest.raises(PkiError) as refusal:
        plan_merger(desk.desk.office, Merger(into=A, sources=(C,)), CLERK)
    assert (refusal.value.code, refusal.value.place) == (ErrorCode.AGENCY_UNKNOWN, C)


@pytest.mark.parametrize(
    "merger",
    [
        Merger(into=NEW, sources=()),
        Merger(into=NEW, sources=(A, A)),
        Merger(into=NEW, sources=(A,), keep=B),
        Merger(into=A, sources=(A, B)),
    ],
    ids=["nobody", "twice", "keep", "into"],
)
def test_merger_that_makes_no_sense_is_refused(desk: Desk, merger: Merger) -> None:
    with pytest.raises(PkiError) as refusal:
        plan_merger(desk.desk.office, merger, CLERK)
    assert refusal.value.code is ErrorCode.MERGER_REFUSED
