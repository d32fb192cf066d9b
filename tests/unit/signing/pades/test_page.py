"""Placements on pages that are cropped and turned."""

import math
from typing import Any

import pytest

from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.errors import SigningError
from signing.pades.geometry import Box, PageGeometry
from signing.pades.page import spot_of
from signing.pades.reading import open_pdf
from signing.profiles import Placement, person_rectangle
from tests.support import judged_pdf
from tests.support.signed_pdf import SEAL, SEAL_PNG, SIGNATURE_PNG, sign
from tests.support.small_pdf import assemble, small_pdf

VISIBLE = Box(10, 20, 610, 820)
"""600 points wide, 800 high, not at the origin."""

CORNERS = {
    0: Box(11, 22, 14, 26),
    90: Box(604, 21, 608, 24),
    180: Box(606, 814, 609, 818),
    270: Box(12, 816, 16, 819),
}
"""Where the rectangle 1, 2, 3 x 4 of the displayed page lies in user space."""


@pytest.mark.parametrize("turned", CORNERS)
def test_placement_is_found_on_a_turned_page_and_back(turned: int) -> None:
    geometry = PageGeometry(VISIBLE, turned)
    placement = Placement(1, 1, 2, 3, 4)
    box = geometry.to_user_space(placement)
    assert box == CORNERS[turned]
    assert geometry.to_placement(1, box) == placement


def test_a_turned_page_has_the_other_edges() -> None:
    wide = Placement(1, 0, 0, 800, 600)
    assert PageGeometry(VISIBLE, 90).to_user_space(wide) == VISIBLE
    with pytest.raises(SigningError):
        PageGeometry(VISIBLE, 0).to_user_space(wide)


@pytest.mark.parametrize(
    "placement",
    [
        Placement(1, -1, 0, 10, 10),
        Placement(1, 0, -1, 10, 10),
        Placement(1, 591, 0, 10, 10),
        Placement(1, 0, 791, 10, 10),
        Placement(1, 5, 5, 0, 10),
        Placement(1, 5, 5, 10, -1),
        Placement(1, math.nan, 5, 10, 10),
        Placement(1, 5, 5, math.inf, 10),
    ],
)
def test_a_placement_off_the_page_is_refused(placement: Placement) -> None:
    with pytest.raises(SigningError) as refusal:
        PageGeometry(VISIBLE, 0).to_user_space(placement)
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


@pytest.mark.parametrize("page", [0, -1, 2])
def test_a_page_that_is_not_there_is_refused(page: int) -> None:
    with pytest.raises(SigningError) as refusal:
        spot_of(open_pdf(small_pdf()), Placement(page, 1, 1, 1, 1))
    assert refusal.value.code is ErrorCode.PLACEMENT_INVALID


def test_crop_box_and_turn_are_read_also_when_inherited() -> None:
    source = small_pdf(page="/CropBox [100 100 300 500]", pages="/Rotate -270")
    spot = spot_of(open_pdf(source), Placement(1, 0, 0, 400, 200))
    assert spot.box == Box(100, 100, 300, 500)
    assert (spot.turned, spot.displayed_size) == (90, (400, 200))


@pytest.mark.parametrize("page", ["/Rotate 45", "/Rotate (x)", "/CropBox [1 2]"])
def test_a_page_with_odd_geometry_is_malformed(page: str) -> None:
    with pytest.raises((SigningError, ValueError)):
        spot_of(open_pdf(small_pdf(page=page)), Placement(1, 1, 1, 1, 1))


_SPELLED: dict[str, dict[str, Any]] = {
    "numbers apart": {
        "objects": {4: "595", 5: "842"},
        "media_box": "0 0 4 0 R 5 0 R",
    },
    "rectangle apart": {"objects": {4: "[0 0 595 842]"}, "page": "/CropBox 4 0 R"},
    "no crop box": {"page": "/CropBox null"},
    "no turn": {"page": "/Rotate null"},
    "no resources": {"page": "/Resources null"},
    "no annotations": {"page": "/Annots null"},
    "no annotations, apart": {"objects": {4: "null"}, "page": "/Annots 4 0 R"},
    "nothing to inherit": {"pages": "/CropBox null /Rotate null"},
}
"""Pages as other programs may write them (ISO 32000-2, 7.3.9 and 7.3.10)."""


@pytest.mark.parametrize("spelled", _SPELLED.values(), ids=_SPELLED.keys())
def test_page_is_signed_and_sealed_however_it_is_spelled(
    spelled: dict[str, Any],
) -> None:
    person = person_rectangle(1, centre_x=425, y_from=391, y_to=463)
    seal = person_rectangle(1, centre_x=200, y_from=591, y_to=663)
    signed = sign(
        small_pdf(**spelled),
        judged_pdf.PERSON,
        image=SIGNATURE_PNG,
        placement=person,
    )
    sealed = sign(signed, judged_pdf.AGENCY, SEAL, image=SEAL_PNG, placement=seal)

    verdict = judged_pdf.judged(sealed)
    assert verdict.indication is Indication.TOTAL_PASSED
    assert len(verdict.signatures) == 2


@pytest.mark.parametrize("annotations", ["null", "7 0 R"])
def test_second_signature_stands_on_a_page_without_annotations(
    annotations: str,
) -> None:
    last = "<< /Type /Page /Parent 4 0 R /MediaBox [0 0 595 842] "
    pages = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>",
        # As many nodes as pages, yet nodes of pages.
        3: "<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [5 0 R] >>",
        4: "<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [6 0 R] >>",
        5: "<< /Type /Page /Parent 3 0 R /MediaBox [0 0 595 842] >>",
        6: f"{last} /Annots {annotations} >>",
        7: "null",
    }
    source = assemble({number: one.encode() for number, one in pages.items()})
    first = person_rectangle(1, centre_x=425, y_from=391, y_to=463)
    second = person_rectangle(2, centre_x=200, y_from=591, y_to=663)
    signed = sign(source, judged_pdf.PERSON, image=SIGNATURE_PNG, placement=first)
    sealed = sign(signed, judged_pdf.AGENCY, SEAL, image=SEAL_PNG, placement=second)

    assert judged_pdf.judged(sealed).indication is Indication.TOTAL_PASSED
