"""The text of the first page."""

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.first_page import first_page_lines
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.signed_pdf import LETTER, SAMPLES
from tests.support.small_pdf import small_pdf


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_heading_of_every_sample_is_a_line(path: object) -> None:
    lines = first_page_lines(path.read_bytes())  # type: ignore[attr-defined]  # a Path
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in lines
    assert all(line == line.strip() and line for line in lines)


def test_second_page_is_not_read() -> None:
    assert "Nơi nhận:" not in first_page_lines(LETTER.read_bytes())


def test_page_without_text_has_no_lines() -> None:
    assert first_page_lines(small_pdf()) == ()


@pytest.mark.parametrize("data", [b"", b"junk", b"%PDF-1.7\n"])
def test_other_file_is_refused_by_code(data: bytes) -> None:
    with pytest.raises(SigningError) as refusal:
        first_page_lines(data)
    assert refusal.value.code is ErrorCode.PDF_MALFORMED


@pytest.mark.parametrize("passphrase", ["", "khóa"])
def test_encrypted_file_is_refused_even_if_it_opens(passphrase: str) -> None:
    with pytest.raises(SigningError) as refusal:
        first_page_lines(encrypted_pdf(passphrase))
    assert refusal.value.code is ErrorCode.PDF_ENCRYPTED
