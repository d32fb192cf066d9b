"""Where a person signs, found by the text of the document."""

import unicodedata
from dataclasses import replace

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.anchors import signer_place
from signing.pades.text_lines import TextLine
from signing.validation.page_text import document_text
from tests.support.signed_pdf import SAMPLE_FOLDER, SCAN, sample

# From the README of the samples: page, centre x, lower and upper edge of the space.
EXPECTED = {
    "cong-van": ("Đoàn Thạch Khuê", 2, 425, 391, 463),
    "bao-cao": ("Nông Tùng Bách Lâm", 9, 436, 565, 643),
    "giay-moi": ("Hà Thị Vân Sam", 1, 425, 118, 195),
    "ke-hoach": ("Trịnh Mộc Diên", 3, 436, 494, 571),
    "thong-bao": ("Hà Thị Vân Sam", 2, 425, 256, 333),
    "quyet-dinh": ("Vũ Lam Tường", 1, 436, 117, 195),
}
FEW_POINTS = 3


def test_every_sample_with_a_signer_is_here() -> None:
    others = {"bieu-mau", "phu-luc-ke-hoach", "ban-sao-scan"}
    stems = {path.stem for path in SAMPLE_FOLDER.glob("*.pdf")} | {"cong-van"}
    assert stems == EXPECTED.keys() | others


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("stem", EXPECTED)
def test_place_of_the_signature_in_a_sample(stem: str, form: str) -> None:
    name, page, centre, lower, upper = EXPECTED[stem]
    spelled = unicodedata.normalize(form, name)  # type: ignore[arg-type]  # NFC, NFD

    place = signer_place(document_text(sample(stem)).lines, spelled)

    assert place.page == page
    assert place.x + place.width / 2 == pytest.approx(centre, abs=FEW_POINTS)
    middle = (lower + upper) / 2
    assert place.y + place.height / 2 == pytest.approx(middle, abs=FEW_POINTS)
    assert lower - FEW_POINTS <= place.y
    assert place.y + place.height <= upper + FEW_POINTS


def line(text: str, lower: float, *, centre: float = 425, page: int = 1) -> TextLine:
    half = 3.5 * len(text)
    return TextLine(page, text, centre - half, lower, centre + half, lower + 12)


BLOCK = (line("KT. CHỦ TỊCH", 300), line("PHÓ CHỦ TỊCH", 284), line("An Bình", 200))


def middle_of(lines: tuple[TextLine, ...], name: str = "An Bình") -> tuple[int, float]:
    place = signer_place(lines, name)
    return place.page, place.y + place.height / 2


def refusal_of(lines: tuple[TextLine, ...], name: str = "An Bình") -> str:
    with pytest.raises(SigningError) as refusal:
        signer_place(lines, name)
    assert refusal.value.code is ErrorCode.SIGNER_BLOCK_NOT_FOUND
    return refusal.value.place


def test_block_is_found_between_the_lowest_title_and_the_name() -> None:
    assert middle_of(BLOCK) == (1, 248)


def test_text_in_decomposed_letters_and_other_case_is_the_same_name() -> None:
    title, deputy, name = BLOCK
    text = unicodedata.normalize("NFD", "AN  BÌNH")
    assert middle_of((title, deputy, replace(name, text=text))) == (1, 248)


@pytest.mark.parametrize("printed", ["TS. An Bình", "Đại tá An Bình"])
def test_rank_before_the_name_is_no_hindrance(printed: str) -> None:
    assert middle_of((*BLOCK[:2], replace(BLOCK[2], text=printed))) == (1, 248)


def test_last_block_that_fits_the_name_counts() -> None:
    earlier = tuple(replace(one, page=1) for one in BLOCK)
    later = tuple(replace(one, page=3) for one in BLOCK)
    listed = (line("HỌ TÊN", 700, page=4), line("An Bình", 685, page=4))
    assert middle_of((*earlier, *later, *listed)) == (3, 248)


def test_title_that_passes_authority_on_need_not_be_in_capitals() -> None:
    assert middle_of((line("TL. Chủ tịch", 284), BLOCK[2])) == (1, 248)


def test_refusal_says_which_coordinates_to_give() -> None:
    assert refusal_of(BLOCK, "Cao Dung") == "--place 1,354,214,142,62"
    assert refusal_of(()) == "--place PAGE,X,Y,WIDTH,HEIGHT"
    assert refusal_of(BLOCK, "") == "--place 1,354,214,142,62"


def test_name_that_only_ends_alike_is_another() -> None:
    refusal_of((*BLOCK[:2], replace(BLOCK[2], text="LoanAn Bình")))


def test_space_with_text_in_it_is_no_place() -> None:
    refusal_of((*BLOCK, line("(Đã ký)", 240, centre=480)))


def test_name_without_a_title_or_too_near_to_it_is_no_block() -> None:
    refusal_of(BLOCK[2:])
    refusal_of((line("CHỦ TỊCH", 230), BLOCK[2]))
    refusal_of((line("kính gửi các đơn vị", 284), BLOCK[2]))


def test_scan_without_text_names_the_form_of_the_coordinates() -> None:
    lines = document_text(SCAN.read_bytes()).lines
    assert refusal_of(lines) == "--place PAGE,X,Y,WIDTH,HEIGHT"
