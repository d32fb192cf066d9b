"""Every sample signed by person and agency, as pixels on the page."""

import unicodedata
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.request import Particulars, SignRequest
from signing.profiles import (
    CORNER_RIGHT,
    CORNER_TOP,
    CopyForm,
    Placement,
    SignerRole,
)
from signing.validation.page_text import document_text
from tests.support.judged_pdf import judged, material
from tests.support.pki import NOW, TestPki
from tests.support.raster import PIXELS_PER_POINT, draw_page, drawn_area
from tests.support.signed_pdf import (
    ANNEX,
    FORM,
    SCAN,
    SEAL,
    SEAL_PNG,
    SIGNATURE_PNG,
    sample,
    sign,
)
from tests.unit.signing.pades.test_anchors import EXPECTED

PKI = TestPki.create()
CLERK = PKI.seal()
Area = tuple[float, float, float, float]


def ink_of(before: Image.Image, after: Image.Image, colour: str) -> Area:
    """Return where ink of a colour was added, in points from the lower left."""
    red, _, blue = after.split()
    own, other = (red, blue) if colour == "red" else (blue, red)
    coloured = ImageChops.subtract(own, other).point(lambda value: 255 * (value > 60))
    paper = Image.new("RGB", after.size, "white")
    was, now = (Image.composite(one, paper, coloured) for one in (before, after))
    return drawn_area(was, now)


@pytest.mark.parametrize("stem", EXPECTED)
def test_blue_between_title_and_name_red_over_its_left_third(
    tmp_path: Path, stem: str
) -> None:
    name, page, centre, from_, to = EXPECTED[stem]
    source = sample(stem)
    known = Particulars(text=document_text(source))
    person = PKI.person(name)
    by_person = sign(source, person, image=SIGNATURE_PNG, particulars=known)
    sealed = sign(by_person, CLERK, SEAL, image=SEAL_PNG)

    blank, done = (draw_page(one, tmp_path, page) for one in (source, sealed))

    left, lower, right, upper = ink_of(blank, done, "blue")
    assert from_ - 3 <= lower < upper <= to + 3
    assert (left + right) / 2 == pytest.approx(centre, abs=6)
    seal_left, seal_lower, seal_right, seal_upper = ink_of(blank, done, "red")
    # The image fills 142 points at full height; its third ends where the seal ends.
    width = min(62.36, to - from_) * 50 / 22
    assert seal_right == pytest.approx(centre - width / 6, abs=4)
    assert seal_left < left < seal_right < (left + right) / 2 + width / 6
    assert (seal_lower + seal_upper) / 2 == pytest.approx((from_ + to) / 2, abs=4)
    assert judged(sealed, material(PKI)).indication == "TOTAL-PASSED"


def test_form_is_signed_in_its_own_field(tmp_path: Path) -> None:
    source = FORM.read_bytes()
    signed = sign(source, PKI.person(), image=SIGNATURE_PNG)
    left, lower, right, upper = ink_of(
        draw_page(source, tmp_path), draw_page(signed, tmp_path), "blue"
    )
    assert 333 <= left < right <= 518
    assert 213 <= lower < upper <= 292


def corner_request(role: SignerRole, source: bytes) -> SignRequest:
    known = Particulars(
        number="187/KH-UBND",
        copy_form=CopyForm.EXTRACT if role is SignerRole.COPY else None,
        text=document_text(source),
    )
    return SignRequest(role=role, at=NOW, particulars=known)


@pytest.mark.parametrize(
    ("path", "role", "lines"),
    [(ANNEX, SignerRole.ANNEX, 2), (SCAN, SignerRole.COPY, 3)],
    ids=["annex", "copy"],
)
def test_text_stands_in_the_top_right_corner_in_black(
    tmp_path: Path, path: Path, role: SignerRole, lines: int
) -> None:
    source = path.read_bytes()
    signed = sign(source, CLERK, corner_request(role, source))

    before, after = draw_page(source, tmp_path), draw_page(signed, tmp_path)
    left, lower, right, upper = drawn_area(before, after)

    width, height = (edge / PIXELS_PER_POINT for edge in after.size)
    top, edge = height - CORNER_TOP, width - CORNER_RIGHT
    assert top - 12 * lines <= lower < upper <= top
    assert upper - lower > 12 * lines - 8
    assert right == pytest.approx(edge, abs=2)
    assert left == pytest.approx(edge - 119, abs=3)
    edges = (left, height - upper, right, height - lower)
    x0, y0, x1, y1 = (round(one * PIXELS_PER_POINT) for one in edges)
    assert min(after.crop((x0, y0, x1, y1)).convert("L").tobytes()) < 60
    assert judged(signed, material(PKI)).indication == "TOTAL-PASSED"


@pytest.mark.parametrize(
    ("path", "role", "shown"),
    [
        (ANNEX, SignerRole.ANNEX, ["187/KH-UBND"]),
        (SCAN, SignerRole.COPY, ["Trích sao", "UBND xã Suối Mây"]),
    ],
    ids=["annex", "copy"],
)
def test_corner_says_what_the_decree_asks_for(
    path: Path, role: SignerRole, shown: list[str]
) -> None:
    source = path.read_bytes()
    signed = sign(source, CLERK, corner_request(role, source))
    lines = {one.text for one in document_text(flattened(signed)).lines}
    assert {*shown, "2026-11-21T09:00:00+07:00"} <= lines


def flattened(signed: bytes) -> bytes:
    """Draw the signatures into the pages, where text is read."""
    document = pypdfium2.PdfDocument(signed)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    output = BytesIO()
    document.save(output)
    return output.getvalue()


def test_corner_with_text_in_it_is_not_drawn_over() -> None:
    source = sample("giay-moi")
    place = Placement(1, 300, 760, 250, 40)
    request = corner_request(SignerRole.COPY, source)
    assert sign(source, CLERK, request, placement=place)
    crowded = document_text(source)
    line = crowded.lines[0]
    moved = type(line)(1, "x", 500, 800, 560, 812)
    known = Particulars(
        copy_form=CopyForm.FULL, text=type(crowded)((*crowded.lines, moved), ())
    )
    with pytest.raises(SigningError) as refusal:
        sign(source, CLERK, request, particulars=known)
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


def test_decomposed_text_is_drawn_pixel_for_pixel_like_composed(tmp_path: Path) -> None:
    drawn = []
    for form in ("NFC", "NFD"):
        agency = unicodedata.normalize(form, "Ủy ban nhân dân xã Bường Ễnh")
        clerk = PKI.seal(agency)
        source = SCAN.read_bytes()
        request = corner_request(SignerRole.COPY, source)
        drawn.append(draw_page(sign(source, clerk, request), tmp_path))
    assert ImageChops.difference(*drawn).getbbox() is None
