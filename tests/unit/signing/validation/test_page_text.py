"""What is printed on a document, and where."""

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.page_text import LAST_PAGES, document_text
from signing.workers import Job, run_once
from tests.support.draft_pdf import NUMBER_LINE, Printed, draft_pdf
from tests.support.encrypted_pdf import encrypted_pdf
from tests.support.signed_pdf import LETTER, SCAN, sample

WORDS = Printed(100, 600, "Xin chào", size=10)


def test_line_has_its_text_and_place() -> None:
    (line,) = document_text(draft_pdf(WORDS)).lines
    assert (line.page, line.text, line.words) == (1, "Xin chào", ())
    assert (line.left, line.lower) == pytest.approx((100, 600), abs=0.5)
    assert (line.right, line.upper) == pytest.approx((135.8, 607), abs=1)


@pytest.mark.parametrize(
    ("turned", "left", "lower"),
    [(0, 80, 570), (90, 570, 444), (180, 444, 222), (270, 222, 80)],
)
def test_place_is_on_the_page_as_displayed(
    turned: int, left: float, lower: float
) -> None:
    """Cropped to 560 x 800 points and turned; the text is 36 x 7 points."""
    data = draft_pdf(WORDS, turned=turned, crop="20 30 580 830")
    (line,) = document_text(data).lines
    assert (line.left, line.lower) == pytest.approx((left, lower), abs=1)


def test_words_of_the_number_are_told_apart_with_their_base_line() -> None:
    (line,) = document_text(draft_pdf(NUMBER_LINE)).lines
    assert [word.text for word in line.words] == ["Số:", "/UBND-VHXH"]
    assert line.words[1].left - line.words[0].right > 30
    assert line.words[0].baseline == pytest.approx(NUMBER_LINE.y, abs=0.1)


def test_colon_and_leaders_end_a_word() -> None:
    printed = Printed(111, 731, "Số:......../UBND-VHXH")
    (line,) = document_text(draft_pdf(printed)).lines
    assert [one.text for one in line.words] == ["Số:", "........", "/UBND-VHXH"]


def test_widely_spaced_stamp_is_one_line_of_the_first_page() -> None:
    stamp = [Printed(100 + 20 * n, 790, one) for n, one in enumerate("TỐI MẬT")]
    assert document_text(draft_pdf(*stamp)).first_page == ("T Ố I M Ậ T",)


def test_first_and_last_pages_are_read() -> None:
    pages = {line.page for line in document_text(sample("bao-cao")).lines}
    assert pages == set(range(1, 10))
    assert max(pages) <= LAST_PAGES


def test_page_without_text_has_no_lines() -> None:
    text = document_text(SCAN.read_bytes())
    assert (text.lines, text.first_page) == ((), ())


def crowded() -> bytes:
    """A page with more letters than any document has."""
    return draft_pdf(*(Printed(1, 20 * n, "an" * 300, size=1) for n in range(40)))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"junk", ErrorCode.PDF_MALFORMED),
        (encrypted_pdf(""), ErrorCode.PDF_ENCRYPTED),
        (crowded(), ErrorCode.LIMIT_EXCEEDED),
    ],
    ids=["junk", "encrypted", "too much text"],
)
def test_other_file_is_refused_by_code(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(SigningError) as refusal:
        document_text(data)
    assert refusal.value.code is code


def test_worker_reads_the_same() -> None:
    data = LETTER.read_bytes()
    assert run_once(Job.DOCUMENT_TEXT, data) == document_text(data)
