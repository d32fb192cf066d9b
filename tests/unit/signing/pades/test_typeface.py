"""The cut font has every Vietnamese letter, with the widths of its file."""

import unicodedata
from importlib.resources import files
from io import BytesIO
from itertools import product

import pytest
from PIL import ImageFont

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.typeface import FONT_NAME, typeface

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
FONT_FILE = (files("signing.pades") / "fonts" / "lienthong-serif.ttf").read_bytes()
UNITS_PER_EM = 1000


def vietnamese_letters() -> str:
    toned = (
        unicodedata.normalize("NFC", vowel + tone)
        for vowel, tone in product(VOWELS, TONES)
    )
    lower = "".join(toned) + "bcdđghklmnpqrstvx"
    return lower + lower.upper()


def test_every_vietnamese_letter_is_there() -> None:
    letters = vietnamese_letters()
    assert len(set(letters)) == 178
    assert len(typeface().set_line(letters).glyphs) == len(letters)


def test_what_officials_write_is_there() -> None:
    text = (
        "Số: 214/UBND-VHXH; 2026-11-21T09:00:00+07:00 – “Quyết định” ₫ Y Nuê Byă, č ŏ"
    )
    assert typeface().set_line(text).text == text


def test_decomposed_text_is_composed_first() -> None:
    name = "Đoàn Thạch Khuê"
    decomposed = unicodedata.normalize("NFD", name)
    assert decomposed != name
    assert typeface().set_line(decomposed) == typeface().set_line(name)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("đồng ý ✓", "U+2713"),
        ("漢", "U+6F22"),
        ("x\u0301", "U+0301"),
        ("a\n", "U+000A"),
    ],
)
def test_a_character_without_glyph_is_refused(text: str, place: str) -> None:
    with pytest.raises(SigningError) as refusal:
        typeface().set_line(text)
    assert (refusal.value.code, refusal.value.place) == (
        ErrorCode.GLYPH_MISSING,
        place,
    )


def test_widths_are_those_of_the_font_file_in_thousandths() -> None:
    """FreeType reads the file on its own."""
    font = ImageFont.truetype(
        BytesIO(FONT_FILE), UNITS_PER_EM, layout_engine=ImageFont.Layout.BASIC
    )
    for character, glyph in typeface().glyphs.items():
        assert font.getlength(character) == glyph.advance, character


def test_a_line_is_as_wide_as_its_advances() -> None:
    line = typeface().set_line("Đồng")
    advances = [typeface().glyphs[one].advance for one in "Đồng"]
    assert line.width(10) == pytest.approx(sum(advances) / 100)


def test_the_font_has_a_name_of_its_own() -> None:
    """The licence keeps the name of the original for itself."""
    font = ImageFont.truetype(BytesIO(FONT_FILE), 10)
    assert font.getname()[0] == "Lienthong Serif"
    assert FONT_NAME == "LienthongSerif"
    licence = (files("signing.pades") / "fonts" / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Reserved Font Name Liberation" in licence
