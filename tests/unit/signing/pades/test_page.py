"""Placements on pages that are cropped and turned."""

import math

import pytest

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.geometry import Box, PageGeometry
from signing.pades.page import spot_of
from signing.pades.reading import open_pdf
from signing.profiles import Placement
from tests.support.small_pdf import small_pdf

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
