"""A merger of agencies as one operation."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from pki.ca.issuing import IssueOrder
from pki.errors import PkiError
from pki.journal.store import CaAction
from pki.kinds import CertificateKind
from pki.names import SubjectFields, agency_of, subject_fields
from pki.registration.merger import (
    approve_merger,
    file_merger,
    plan_merger,
    run_merger,
)
from pki.registration.merger_plan import Merger
from pki.registration.records import KnownAgency, RequestState
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.certificates import p256
from tests.support.desk import CLERK, FIRST, SECOND, Desk, open_desk, system
from tests.support.pki import NOW

A, B, NEW = OrganId("H99.151"), OrganId("H99.152"), OrganId("H99.200")
SEAL, SYSTEM = CertificateKind.AGENCY_SEAL, CertificateKind.SYSTEM
AFFILIATION = x509.ReasonFlags.affiliation_changed
JOINED = Merger(into=NEW, sources=(A, B), keep=A, name="UBND xã Mới")


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
    (made,) = carry_out(desk, Merger(into=A, sources=(A,), keep=A, name="UBND phường"))
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
