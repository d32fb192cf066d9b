"""What a later signature does to the picture of a page."""

import pytest

from signing.validation.pictures import Picture, Region, hides

_SIZE = 64
_ALL = Region(0, 0, _SIZE, _SIZE)
PAPER, BLACK, RED = 255, 0, 76


def picture(*marks: tuple[Region, int]) -> Picture:
    """Paint grey levels on paper, each over the ones before."""
    pixels = bytearray([PAPER]) * (_SIZE * _SIZE)
    for region, grey in marks:
        for row in range(region.top, region.bottom):
            width = region.right - region.left
            start = row * _SIZE + region.left
            pixels[start : start + width] = bytes([grey]) * width
    return Picture(bytes(pixels), _SIZE)


STROKES = tuple((Region(x, 10, x + 3, 40), BLACK) for x in range(8, 56, 6))
TEXT = picture(*STROKES)
STROKE = Region(8, 10, 11, 40)


@pytest.mark.parametrize(
    ("mark", "is_hidden"),
    [
        (((_ALL, PAPER),), True),
        (((STROKE, PAPER),), True),
        (((Region(8, 10, 11, 11), PAPER),), False),
        (((_ALL, RED),), True),
        (((Region(0, 20, _SIZE, 23), RED),), False),
        (((Region(0, 41, _SIZE, _SIZE), RED),), False),
        ((), False),
    ],
    ids=[
        "painted white",
        "one stroke painted white",
        "three pixels painted white",
        "painted red",
        "crossed by a red line",
        "painted red beside it",
        "left alone",
    ],
)
def test_content_is_hidden_when_it_cannot_be_told_from_what_is_around_it(
    mark: tuple[tuple[Region, int], ...], is_hidden: bool
) -> None:
    assert hides(TEXT, picture(*STROKES, *mark), _ALL) is is_hidden


def test_grey_content_is_hidden_too() -> None:
    grey = picture(*((region, 190) for region, _ in STROKES))
    assert hides(grey, picture(), _ALL)


def test_what_happens_elsewhere_is_not_laid_to_a_signature() -> None:
    assert not hides(TEXT, picture(), Region(0, 41, _SIZE, _SIZE))


def test_blank_paper_may_be_painted() -> None:
    assert not hides(picture(), picture((_ALL, RED)), _ALL)
