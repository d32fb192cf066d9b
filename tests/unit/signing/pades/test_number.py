"""Number and date that a clerk puts into the blanks of a signed document."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel

from schemas.errors import ErrorCode
from schemas.verdict import Indication, Modifications
from signing.errors import SigningError
from signing.pades.number_place import fillings
from signing.pades.request import Particulars, SignRequest
from signing.profiles import Placement, SignerRole
from signing.validation.page_text import document_text
from tests.support.draft_pdf import DATE_LINE, NUMBER_LINE, Printed, draft_pdf
from tests.support.judged_pdf import AGENCY, PERSON, judged
from tests.support.judges import run
from tests.support.pki import NOW
from tests.support.raster import draw_page, drawn_area
from tests.support.signed_pdf import LETTER, SEAL, sign, signatures

DAY = date(2026, 10, 5)
NUMBER = "214/UBND-VHXH"


def wanted(
    *lines: Printed, number: str = NUMBER, issued: date | None = DAY
) -> Particulars:
    text = document_text(draft_pdf(*lines))
    return Particulars(number=number, issued=issued, text=text)


def texts(known: Particulars) -> list[str]:
    return [one.text for one in fillings(known)]


def at(line: Printed, text: str) -> Printed:
    return replace(line, text=text)


@pytest.mark.parametrize(
    ("number", "day", "put"),
    [
        ("Số:         /UBND-VHXH", DATE_LINE.text, ["214", "05", "10"]),
        (
            "Số:......../UBND-VHXH",
            "Bến Nứa, ngày ... tháng ... năm ...",
            ["214", "05", "10", "2026"],
        ),
        ("Số:", "Bến Nứa, ngày     tháng 10 năm 2026", [NUMBER, "05"]),
        ("SỐ: 214/UBND-VHXH", "Bến Nứa, ngày     tháng     năm", ["05", "10", "2026"]),
    ],
)
def test_only_what_is_blank_is_put_in(number: str, day: str, put: list[str]) -> None:
    known = wanted(at(NUMBER_LINE, number), at(DATE_LINE, day))
    assert texts(known) == put


@pytest.mark.parametrize(
    ("day", "put"),
    [(date(2026, 2, 9), ["09", "02"]), (date(2026, 3, 31), ["31", "3"])],
)
def test_days_below_ten_and_the_first_two_months_take_a_zero(
    day: date, put: list[str]
) -> None:
    assert texts(wanted(DATE_LINE, number="", issued=day)) == put


def refusal_of(known: Particulars) -> tuple[ErrorCode, str]:
    with pytest.raises(SigningError) as refusal:
        fillings(known)
    return refusal.value.code, refusal.value.place


@pytest.mark.parametrize(
    ("number", "day", "place"),
    [
        ("Số: 215/UBND-VHXH", DATE_LINE.text, "Số:"),
        ("Số:       /QĐ-UBND", DATE_LINE.text, "Số:"),
        (NUMBER_LINE.text, "Bến Nứa, ngày 06 tháng     năm 2026", "ngày"),
        (NUMBER_LINE.text, "Bến Nứa, ngày     tháng     năm 2025", "ngày"),
    ],
)
def test_what_is_printed_must_agree(number: str, day: str, place: str) -> None:
    known = wanted(at(NUMBER_LINE, number), at(DATE_LINE, day))
    assert refusal_of(known) == (ErrorCode.NUMBER_DIFFERS, place)


def test_without_a_blank_nothing_is_drawn() -> None:
    missing = ErrorCode.NUMBER_PLACE_NOT_FOUND
    assert refusal_of(wanted(DATE_LINE)) == (missing, "Số:")
    assert refusal_of(wanted(NUMBER_LINE)) == (missing, "ngày")
    assert refusal_of(Particulars(number=NUMBER)) == (missing, "Số:")
    complete = document_text(LETTER.read_bytes())
    known = Particulars(number=NUMBER, issued=DAY, text=complete)
    assert refusal_of(known) == (missing, "blank")


def request(known: Particulars) -> SignRequest:
    return SignRequest(role=SignerRole.NUMBER, at=NOW, particulars=known)


def test_blank_that_is_too_narrow_is_none() -> None:
    by_person = sign(draft_pdf(), PERSON)
    known = wanted(at(NUMBER_LINE, "Số:  /UBND-VHXH"), issued=None)
    with pytest.raises(SigningError) as refusal:
        sign(by_person, AGENCY, request(known))
    assert refusal.value.code is ErrorCode.NUMBER_PLACE_NOT_FOUND


def test_number_goes_into_its_blanks_and_nowhere_else() -> None:
    by_person = sign(draft_pdf(), PERSON)
    place = Placement(1, 100, 100, 100, 20)
    with pytest.raises(SigningError) as refusal:
        sign(by_person, AGENCY, request(wanted()), placement=place)
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


def test_heading_wider_than_a_signature_may_be_is_refused() -> None:
    by_person = sign(draft_pdf(), PERSON)
    known = wanted(
        Printed(40, 731, NUMBER_LINE.text), at(DATE_LINE, "X, ngày 05 tháng 10 năm")
    )
    with pytest.raises(SigningError) as refusal:
        sign(by_person, AGENCY, request(known))
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


def test_every_signature_outlives_number_and_seal(tmp_path: Path) -> None:
    """In our verdict, in pyHanko by its own rules, and in pdfsig."""
    numbered = sign(sign(draft_pdf(), PERSON), AGENCY, request(wanted()))
    sealed = sign(numbered, AGENCY, SEAL)
    verdict = judged(sealed)
    assert verdict.indication is Indication.TOTAL_PASSED
    assert [one.modifications for one in verdict.signatures] == [
        Modifications.SIGNATURE,
        Modifications.SIGNATURE,
        Modifications.NONE,
    ]
    for one in signatures(sealed):
        one.compute_integrity_info()
        assert isinstance(one.diff_result, DiffResult)
        assert one.diff_result.modification_level is not ModificationLevel.OTHER
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    assert run("pdfsig", "-nocert", path).stdout.count("Signature is Valid.") == 3


def test_number_and_date_stand_in_their_blanks_on_the_base_line(tmp_path: Path) -> None:
    by_person = sign(draft_pdf(), PERSON)
    numbered = sign(by_person, AGENCY, request(wanted()))
    before, after = draw_page(by_person, tmp_path), draw_page(numbered, tmp_path)
    left, lower, right, upper = drawn_area(before, after)
    assert lower == pytest.approx(NUMBER_LINE.y, abs=1)
    assert upper == pytest.approx(NUMBER_LINE.y + 9, abs=1.5)
    assert (left, right) == pytest.approx((136, 440), abs=6)
    path = tmp_path / "numbered.pdf"
    path.write_bytes(numbered)
    shown = " ".join(run("pdftotext", "-layout", path, "-").stdout.split())
    assert "Số: 214 /UBND-VHXH" in shown
    assert "ngày 05 tháng 10 năm 2026" in shown
