"""A list of documents to sign, as clerks write it."""

from datetime import date
from pathlib import Path

import pytest

from signing.batch.listing import read_list
from signing.batch.plan import BatchItem, Manner
from signing.errors import SigningError
from signing.profiles import CopyForm, Placement, SignerRole

FOLDER = Path("/van-ban")
FOR_ALL = Manner(role=SignerRole.AGENCY_SEAL, number="1/QĐ")


def rows(text: str) -> tuple[BatchItem, ...]:
    return read_list(text.encode("utf-8-sig"), FOLDER, FOR_ALL)


def test_row_says_how_its_document_is_signed() -> None:
    (item,) = rows(
        "file,role,number,date,place,field,signer-name,copy_form,text\n"
        'sub/a.pdf,copy,214/UBND,2026-10-05,"2,1,2,3,4.5",ô,Khuê,sao-y,Một | Hai\n'
    )
    assert item.job
    assert item.job.source == FOLDER / "sub" / "a.pdf"
    assert str(item.job.target) == "sub/a.pdf"
    assert item.job.manner == Manner(
        role=SignerRole.COPY,
        number="214/UBND",
        issued=date(2026, 10, 5),
        placement=Placement(2, 1, 2, 3, 4.5),
        field_name="ô",
        signer_name="Khuê",
        copy_form=CopyForm.FULL,
        text_lines=("Một", "Hai"),
    )


def test_empty_cell_means_what_holds_for_all() -> None:
    items = rows("file;number\na.pdf;\nb.pdf;2/QĐ\n")
    assert [one.job.manner.number for one in items if one.job] == ["1/QĐ", "2/QĐ"]
    assert all(one.job.manner.role is FOR_ALL.role for one in items if one.job)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("b.pdf,chief,", "row 2: role"),
        ("b.pdf,person,5/10/2026", "row 2: date"),
        (",person,", "row 2: file"),
        ("b.pdf,person,,more", "row 2: columns"),
        ("a.pdf,person,", "a.pdf: 2 x"),
    ],
)
def test_wrong_row_is_refused_alone(row: str, place: str) -> None:
    first, second, third = rows(f"file,role,date\na.pdf,,\n{row}\nc.pdf,,\n")
    assert first.job
    assert third.job
    assert second.job is None
    assert second.refusal
    assert second.refusal.place == place


@pytest.mark.parametrize(
    "text",
    ["", "file\n", "name\na.pdf\n", "file,chief\na.pdf,x\n", "file,file\na,b\n"],
    ids=["empty", "no-rows", "no-file", "unknown-column", "column-twice"],
)
def test_wrong_list_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(SigningError, match="sign_list_invalid"):
        rows(text)


def test_another_encoding_is_refused() -> None:
    with pytest.raises(SigningError, match="sign_list_invalid"):
        read_list("file\nvăn bản.pdf\n".encode("utf-16"), FOLDER, FOR_ALL)


def test_file_elsewhere_goes_by_its_name() -> None:
    items = rows("file\n/khac/a.pdf\n../b.pdf\n")
    assert [str(one.job.target) for one in items if one.job] == ["a.pdf", "b.pdf"]
