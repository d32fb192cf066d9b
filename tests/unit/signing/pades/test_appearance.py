"""What a visible signature looks like, as pixels on the page."""

from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from exchange.demo.province import data
from exchange.domain.directory_file import read_directory
from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.appearance import TEXT_SIZE, Appearance
from signing.pades.geometry import Box, PageGeometry, turned_size
from signing.pades.request import Particulars
from signing.pades.role_text import size_of
from signing.pades.typeface import typeface
from signing.profiles import (
    CopyForm,
    Placement,
    person_rectangle,
    seal_rectangle,
    top_right_rectangle,
)
from signing.validation.page_text import document_text
from tests.support.judges import run
from tests.support.pki import TestPki
from tests.support.raster import PIXELS_PER_POINT, draw_page, drawn_area
from tests.support.signed_pdf import (
    LETTER,
    SEAL,
    SEAL_PNG,
    SIGNATURE_PNG,
    letter_place,
    sign,
    signatures,
)
from tests.support.small_pdf import small_pdf

PKI = TestPki.create()
PERSON = PKI.person()
LINES = ("Đoàn Thạch Khuê", "2026-11-21T09:00:00+07:00")
PANGRAM = "Do bạch kim rất quý nên sẽ dùng để lắp vô xương ƯỠN ỆCH"


def refusal_of(**changes: object) -> SigningError:
    with pytest.raises(SigningError) as refusal:
        sign(small_pdf(), PERSON, **changes)
    return refusal.value


AGENCIES = [one.name for one in read_directory(data("agencies.csv"))]


@pytest.mark.parametrize("turned", [0, 90])
@pytest.mark.parametrize("size", [(595.28, 841.89), (595.2756, 841.8898), (595, 842)])
def test_lines_of_every_agency_fit_into_the_corner_made_for_them(
    size: tuple[float, float], turned: int
) -> None:
    page = PageGeometry(Box(0, 0, *size), turned)
    for name in AGENCIES:
        texts = (CopyForm.FULL.label, name, LINES[1])
        lines = tuple(typeface().set_line(one) for one in texts)
        corner = top_right_rectangle(turned_size(page.visible, turned), size_of(lines))
        width, height = turned_size(page.to_user_space(corner), turned)
        Appearance(
            width=width, height=height, turned=turned, image=None, lines=lines
        ).check()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_image_fills_its_place_upright_on_every_turn(
    tmp_path: Path, turned: int
) -> None:
    source = small_pdf(page=f"/Rotate {turned}", media_box="0 0 400 300")
    place = Placement(1, 40, 60, 200, 100)
    signed = sign(source, PERSON, image=marked_png(), placement=place)
    before, after = draw_page(source, tmp_path), draw_page(signed, tmp_path)
    assert drawn_area(before, after) == pytest.approx((40, 60, 240, 160), abs=1)
    # The dark mark is in the upper left corner of the image.
    x, y = 45 * PIXELS_PER_POINT, after.height - 155 * PIXELS_PER_POINT
    assert sum(after.getpixel((int(x), int(y)))) < 200  # type: ignore[arg-type]  # RGB


def marked_png() -> bytes:
    """A light blue sheet, dark in the upper left, with one transparent corner."""
    picture = Image.new("RGBA", (200, 100), (170, 190, 255, 255))
    picture.paste((0, 0, 120, 255), (0, 0, 20, 20))
    picture.putpixel((100, 50), (0, 0, 0, 0))
    output = BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


def test_image_keeps_its_proportions_in_the_middle(tmp_path: Path) -> None:
    source = small_pdf()
    place = Placement(1, 100, 100, 300, 100)
    signed = sign(source, PERSON, image=marked_png(), placement=place)
    area = drawn_area(draw_page(source, tmp_path), draw_page(signed, tmp_path))
    assert area == pytest.approx((150, 100, 350, 200), abs=1)


def test_background_of_the_image_is_transparent(tmp_path: Path) -> None:
    """The text of the letter shows through between the strokes."""
    source = LETTER.read_bytes()
    place = Placement(2, 100, 600, 400, 180)
    signed = sign(source, PERSON, image=SIGNATURE_PNG, placement=place)
    before = draw_page(source, tmp_path, 2)
    after = draw_page(signed, tmp_path, 2)
    inked = dark_pixels(before)
    assert inked > 1_000
    assert dark_pixels(ImageChops.lighter(before, after)) > 0.9 * inked


def dark_pixels(picture: Image.Image) -> int:
    return sum(picture.convert("L").histogram()[:128])


def test_seal_is_red_in_real_size_over_the_left_third(tmp_path: Path) -> None:
    by_person = sign(
        LETTER.read_bytes(), PERSON, image=SIGNATURE_PNG, placement=letter_place()
    )
    sealed = sign(by_person, PKI.seal(), SEAL, image=SEAL_PNG)
    place = seal_rectangle(letter_place())
    seal, person = (
        [float(edge) for edge in one.sig_field["/Rect"]]
        for one in reversed(signatures(sealed))
    )
    assert seal == pytest.approx(
        [place.x, place.y, place.x + place.width, place.y + place.height], abs=0.01
    )
    assert (seal[2] - person[0]) / (person[2] - person[0]) == pytest.approx(1 / 3, 0.01)
    before, after = draw_page(by_person, tmp_path, 2), draw_page(sealed, tmp_path, 2)
    left, lower, right, upper = drawn_area(before, after)
    # 36 mm, less the clear edge of the image.
    assert right - left == pytest.approx(36 / 25.4 * 72, abs=4)
    assert upper - lower == pytest.approx(36 / 25.4 * 72, abs=4)


def test_seal_without_place_needs_a_personal_signature_that_shows() -> None:
    invisible = sign(small_pdf(), PERSON)
    with pytest.raises(SigningError) as refusal:
        sign(invisible, PKI.seal(), SEAL, image=SEAL_PNG)
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


def test_seal_finds_the_block_of_a_person_whose_signature_does_not_show() -> None:
    source = LETTER.read_bytes()
    known = Particulars(text=document_text(source))
    sealed = sign(
        sign(source, PERSON), PKI.seal(), SEAL, image=SEAL_PNG, particulars=known
    )
    place = seal_rectangle(letter_place())
    left, lower, *_ = map(float, signatures(sealed)[-1].sig_field["/Rect"])
    assert (left, lower) == pytest.approx((place.x, place.y), abs=3)


def test_later_signature_larger_than_the_verdict_allows_is_not_made() -> None:
    by_person = sign(small_pdf(), PERSON)
    place = Placement(1, 0, 0, 500, 500)
    with pytest.raises(SigningError) as refusal:
        sign(by_person, PKI.seal(), SEAL, image=SEAL_PNG, placement=place)
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


def test_text_is_set_like_the_reference_drawing(tmp_path: Path) -> None:
    """Letter by letter: FreeType draws the same line from the same font file."""
    source = small_pdf(media_box="0 0 400 40")
    place = Placement(1, 20, 10, 360, 20)
    signed = sign(source, PERSON, text_lines=(PANGRAM,), placement=place)
    drawn = draw_page(signed, tmp_path).convert("L")
    reference = reference_drawing(drawn.size, PANGRAM, left=20, baseline=12.16)
    expected, found = columns(reference), columns(drawn)
    assert len(expected) > 300
    missed = sum(not near(one, found) for one in expected)
    extra = sum(not near(one, expected) for one in found)
    assert (missed, extra) == (0, 0)


def reference_drawing(
    size: tuple[int, int], text: str, *, left: float, baseline: float
) -> Image.Image:
    program = (files("signing.pades") / "fonts" / "lienthong-serif.ttf").read_bytes()
    font = ImageFont.truetype(BytesIO(program), TEXT_SIZE * PIXELS_PER_POINT)
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    x = left * PIXELS_PER_POINT
    for character in text:
        y = size[1] - baseline * PIXELS_PER_POINT
        pen.text((x, y), character, fill=0, font=font, anchor="ls")
        x += typeface().glyphs[character].advance * TEXT_SIZE / 1000 * PIXELS_PER_POINT
    return picture


def columns(picture: Image.Image) -> set[int]:
    """Columns of pixels that have ink."""
    inked = picture.point(lambda value: 255 * (value < 110))
    return {
        x
        for x in range(inked.width)
        if inked.crop((x, 0, x + 1, inked.height)).getbbox()
    }


def near(column: int, others: set[int]) -> bool:
    return any(column + step in others for step in (-1, 0, 1))


def test_lines_stand_at_the_lower_edge_in_black(tmp_path: Path) -> None:
    source = small_pdf()
    place = Placement(1, 100, 100, 200, 60)
    signed = sign(source, PERSON, text_lines=LINES, placement=place)
    after = draw_page(signed, tmp_path)
    left, lower, right, upper = drawn_area(draw_page(source, tmp_path), after)
    assert left == pytest.approx(100, abs=1)
    assert 100 <= lower < 103
    assert 120 < upper <= 124
    widest = max(typeface().set_line(line).width(TEXT_SIZE) for line in LINES)
    assert right == pytest.approx(100 + widest, abs=1)
    darkest, _ = after.convert("L").getextrema()
    assert isinstance(darkest, (int, float))
    assert darkest < 60


def test_text_can_be_copied_and_its_font_is_embedded(tmp_path: Path) -> None:
    place = Placement(1, 100, 100, 200, 60)
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign(small_pdf(), PERSON, text_lines=LINES, placement=place))
    text = run("pdftotext", path, "-").stdout
    assert all(line in text for line in LINES)
    (font,) = (
        line.split()
        for line in run("pdffonts", path).stdout.splitlines()
        if line.startswith("LienthongSerif")
    )
    # name, type (2 words), encoding, embedded, subset, maps to Unicode, object
    assert font[1:7] == ["CID", "TrueType", "Identity-H", "yes", "no", "yes"]


def test_a_text_of_very_many_letters_can_be_copied(tmp_path: Path) -> None:
    """More than one block of the map to Unicode."""
    letters = "".join(typeface().glyphs)[1:220]
    place = Placement(1, 0, 100, 2000, 60)
    source = small_pdf(media_box="0 0 2000 200")
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign(source, PERSON, text_lines=(letters,), placement=place))
    text = run("pdftotext", path, "-").stdout
    assert set(letters) - {"\xa0", "\xad"} <= set(text)


def test_image_stands_above_the_text(tmp_path: Path) -> None:
    source = small_pdf()
    place = person_rectangle(1, centre_x=300, y_from=400, y_to=470)
    signed = sign(
        source, PERSON, image=SIGNATURE_PNG, text_lines=LINES, placement=place
    )
    drawing = signatures(signed)[0].sig_field["/AP"]["/N"]
    assert set(drawing["/Resources"]) == {"/XObject", "/Font"}
    matrix = drawing.data.split(b" cm ")[0].split()
    assert float(matrix[-1]) >= 24


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        (Placement(1, 100, 100, 30, 60), LINES),
        (Placement(1, 100, 100, 300, 23), LINES),
    ],
)
def test_text_that_does_not_fit_is_refused(
    place: Placement, lines: tuple[str, ...]
) -> None:
    refusal = refusal_of(text_lines=lines, placement=place)
    assert refusal.code is ErrorCode.PLACEMENT_INVALID


def test_text_without_glyph_is_refused() -> None:
    place = Placement(1, 100, 100, 200, 60)
    refusal = refusal_of(text_lines=("Ký ✓",), placement=place)
    assert refusal.code is ErrorCode.GLYPH_MISSING


def test_something_to_show_needs_a_place_and_a_place_something_to_show() -> None:
    assert refusal_of(image=SIGNATURE_PNG).code is ErrorCode.PLACEMENT_INVALID
    place = Placement(1, 100, 100, 200, 60)
    assert refusal_of(placement=place).code is ErrorCode.PLACEMENT_INVALID
