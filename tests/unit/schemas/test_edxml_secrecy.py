"""Invariant 6: what is a secrecy mark, and what only contains the letters."""

import unicodedata

import pytest

from schemas.edxml.document import ManifestEntry
from schemas.edxml.secrecy import is_secrecy_mark_line, secrecy_mark
from tests.support import edxml
from tests.support.secrecy_samples import MARKS, PREFIXED, SENTENCES


@pytest.mark.parametrize("line", MARKS)
def test_a_whole_line_is_a_mark_in_any_case_spacing_and_composition(line: str) -> None:
    assert is_secrecy_mark_line(line)


@pytest.mark.parametrize("line", [*SENTENCES, ""])
def test_the_letters_inside_a_line_are_no_mark(line: str) -> None:
    assert not is_secrecy_mark_line(line)


@pytest.mark.parametrize("subject", SENTENCES)
def test_the_letters_inside_a_subject_are_no_mark(subject: str) -> None:
    assert secrecy_mark(edxml.document(subject=subject, content=subject)) is None


@pytest.mark.parametrize(
    ("subject", "mark"),
    [
        ("[MẬT] Về việc", "MẬT"),
        ("[Tối mật]Về việc", "TỐI MẬT"),
        (" [ tuyệt mật ] Về việc", "TUYỆT MẬT"),
        ("(MẬT) Về việc", "MẬT"),
        ("[KHẨN] [MẬT] Về việc", "MẬT"),
        ("[KHẨN](tối mật) Về việc", "TỐI MẬT"),
        ("MẬT", "MẬT"),
        ("TỐI MẬT\nVề việc", "TỐI MẬT"),
        (unicodedata.normalize("NFD", "[Mật] Về việc"), "MẬT"),
    ],
)
def test_a_marked_subject_is_found(subject: str, mark: str) -> None:
    assert secrecy_mark(edxml.document(subject=subject)) == mark


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("form", ["[{}] Về việc", "({}) Về việc", "{}\nVề việc"])
def test_every_mark_is_found_before_a_subject(form: str, mark: str) -> None:
    assert secrecy_mark(edxml.document(subject=form.format(mark))) is not None


@pytest.mark.parametrize("subject", PREFIXED)
def test_a_mark_among_other_prefixes_is_found(subject: str) -> None:
    assert secrecy_mark(edxml.document(subject=subject)) is not None


def test_a_bracket_later_in_the_subject_is_no_mark() -> None:
    subject = "Về việc giải mã các tài liệu [MẬT] cũ"
    assert secrecy_mark(edxml.document(subject=subject)) is None


def test_the_header_extension_is_a_marked_field() -> None:
    assert secrecy_mark(edxml.document(secrecy="Tuyệt mật")) == "TUYỆT MẬT"
    assert secrecy_mark(edxml.document(secrecy="Thường")) is None


def test_a_line_of_the_content_is_looked_at() -> None:
    assert secrecy_mark(edxml.document(content="Kính gửi\n MẬT \nNội dung")) == "MẬT"


@pytest.mark.parametrize(
    "entry",
    [
        ManifestEntry(content_id="a", description="Mật"),
        ManifestEntry(content_id="a", attachment_name="[MẬT] Kế hoạch.pdf"),
    ],
)
def test_a_marked_attachment_is_found(entry: ManifestEntry) -> None:
    assert secrecy_mark(edxml.document(manifest=(entry,))) == "MẬT"


def test_an_ordinary_document_bears_no_mark() -> None:
    assert secrecy_mark(edxml.full_document()) is None
