"""Batches: certificates go to their own folder, and a failing CA refuses no row."""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography import x509

from pki.ca.issuing import Issuance
from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.names import SubjectFields, common_name
from pki.registration.batch import BatchRun
from pki.registration.batch_file import Batch, read_batch
from pki.registration.batch_records import (
    RowResult,
    approve_batch,
    file_batch,
    get_batch,
)
from pki.registration.merger import approve_merger, file_merger, run_merger
from pki.registration.merger_plan import Merger
from pki.registration.records import RequestState
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.desk import AGENCY, CLERK, FIRST, SECOND, Desk, open_desk
from tests.support.requests import csr


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "issued"
    folder.mkdir()
    return folder


def listed(folder: Path, *names: str) -> Batch:
    folder.mkdir()
    lines = ["kind,name,request,agency"]
    for number, name in enumerate(names):
        (folder / f"{number}.csr").write_bytes(csr())
        lines.append(f"person,{name},{number}.csr,H99.151")
    return read_batch("\n".join(lines).encode(), folder)


def run(desk: Desk, batch: Batch, out: Path) -> Sequence[RowResult]:
    office = desk.desk.office
    record = file_batch(office, batch, CLERK)
    if record.state is RequestState.PENDING:
        for proof in (FIRST, SECOND):
            approve_batch(office, record.id, proof)
    return BatchRun(office, batch, out, CLERK).run(lambda _row: None)


def people(desk: Desk) -> set[int]:
    found = desk.hierarchy.certificates()
    return {one.serial for one in found if one.kind is CertificateKind.PERSON}


def test_letters_typed_in_parts_are_ordered_as_one(tmp_path: Path) -> None:
    name = "Đoàn Thạch Khuê"
    batch = listed(tmp_path / "list", unicodedata.normalize("NFD", name))
    orders = [one.application for one in batch.rows]
    assert [one.names.common_name for one in orders if one] == [name]


@pytest.mark.parametrize("names", [("Lê Thị Cúc",), ("Lê Thị Cúc", "Vũ Duy", "Tô Ân")])
def test_folder_of_another_list_is_refused_before_anything_is_issued(
    desk: Desk, tmp_path: Path, out: Path, names: tuple[str, ...]
) -> None:
    run(desk, listed(tmp_path / "a", "Nguyễn Thị An", "Trần Văn Bình"), out)
    before = {one.name: one.read_bytes() for one in out.iterdir()}
    issued = people(desk)
    second = listed(tmp_path / "b", *names)
    with pytest.raises(PkiError) as refused:
        run(desk, second, out)
    assert (refused.value.code, refused.value.place) == (
        ErrorCode.FILE_NOT_WRITTEN,
        "1.pem",
    )
    assert people(desk) == issued
    assert {one.name: one.read_bytes() for one in out.iterdir()} == before
    (tmp_path / "other").mkdir()
    results = run(desk, second, tmp_path / "other")
    for one in results:
        held = (tmp_path / "other" / f"{one.number}.pem").read_bytes()
        made = x509.load_pem_x509_certificate(held)
        assert f"{made.serial_number:x}" == one.serial
        assert common_name(made) == names[one.number - 1]


def test_certificate_of_a_row_beyond_the_list_is_of_another_list(
    desk: Desk, tmp_path: Path, out: Path
) -> None:
    run(desk, listed(tmp_path / "a", "Nguyễn Thị An", "Trần Văn Bình"), out)
    (out / "1.pem").unlink()
    with pytest.raises(PkiError) as refused:
        run(desk, listed(tmp_path / "b", "Lê Thị Cúc"), out)
    assert refused.value.place == "2.pem"


def test_other_files_in_the_folder_are_left_alone(
    desk: Desk, tmp_path: Path, out: Path
) -> None:
    (out / "root.pem").write_bytes(b"of the CA")
    batch = listed(tmp_path / "a", "Nguyễn Thị An")
    first = run(desk, batch, out)
    assert run(desk, batch, out) == first
    assert (out / "root.pem").read_bytes() == b"of the CA"


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.KEY_PIN_LAST_TRY,
        ErrorCode.KEY_PIN_LOCKED,
        ErrorCode.KEY_NOT_FOUND,
        ErrorCode.KEY_DEVICE_UNAVAILABLE,
        ErrorCode.PUBLISHED_DIFFERS,
    ],
)
def test_ca_that_cannot_sign_now_refuses_no_row(
    desk: Desk, tmp_path: Path, out: Path, code: ErrorCode
) -> None:
    batch = listed(tmp_path / "a", "Nguyễn Thị An", "Trần Văn Bình")
    failing = patch.object(Issuance, "issue", side_effect=PkiError(code))
    with failing, pytest.raises(PkiError) as stopped:
        run(desk, batch, out)
    assert stopped.value.code is code
    office = desk.desk.office
    assert get_batch(office, batch.id).state is RequestState.APPROVED
    assert all(one.serial for one in run(desk, batch, out))
    assert get_batch(office, batch.id).state is RequestState.ISSUED


def test_key_certified_under_the_name_as_it_was_typed_is_renewed(
    desk: Desk, tmp_path: Path, out: Path
) -> None:
    batch, typed = listed(tmp_path / "a", "Nguyễn Thị An"), "Nguyễn Thị An"
    names = SubjectFields(
        common_name=unicodedata.normalize("NFD", typed), organ_id=AGENCY
    )
    request = x509.load_pem_x509_csr((tmp_path / "a" / "0.csr").read_bytes())
    key = request.public_key()
    desk.hierarchy.issue(CertificateKind.PERSON, names, key)  # type: ignore[arg-type]  # an EC key
    (result,) = run(desk, batch, out)
    assert (result.code, bool(result.serial)) == ("", True)


def test_row_that_the_ca_refuses_for_good_stops_no_other(
    desk: Desk, tmp_path: Path, out: Path
) -> None:
    batch = listed(tmp_path / "a", "x" * 65, "Trần Văn Bình")
    assert [one.code for one in run(desk, batch, out)] == ["issuance_refused", ""]


def approved_merger(desk: Desk) -> str:
    office = desk.desk.office
    merger = Merger(into=OrganId("H99.200"), sources=(AGENCY,))
    record = file_merger(office, merger, CLERK)
    for proof in (FIRST, SECOND):
        approve_merger(office, record.id, proof)
    return record.id


def test_row_of_an_agency_that_a_merger_closes_meanwhile_is_refused(
    desk: Desk, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.registration.batch._GROUP", 1)
    office, merger = desk.desk.office, approved_merger(desk)
    batch = listed(tmp_path / "a", "Nguyễn Thị An", "Trần Văn Bình")
    record = file_batch(office, batch, CLERK)
    for proof in (FIRST, SECOND):
        approve_batch(office, record.id, proof)

    def merge(_row: RowResult) -> None:
        run_merger(office, merger, CLERK)

    results = BatchRun(office, batch, out, CLERK).run(merge)

    assert [one.code for one in results] == ["", "agency_closed"]
    assert None not in {one.reason for one in desk.hierarchy.certificates_of(AGENCY)}


def test_certificate_made_before_a_crash_is_found_though_its_agency_was_closed_since(
    desk: Desk, tmp_path: Path, out: Path
) -> None:
    batch = listed(tmp_path / "a", "Nguyễn Thị An")
    with (
        patch("pki.registration.batch.save_row", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        run(desk, batch, out)
    (made,) = people(desk)
    office = desk.desk.office
    run_merger(office, approved_merger(desk), CLERK)
    (result,) = BatchRun(office, batch, out, CLERK).run(lambda _row: None)
    assert result.serial == f"{made:x}"
