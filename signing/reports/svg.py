"""Small drawings for the page: symbols and the picture of a chain, as inline SVG."""

from html import escape

from signing.reports.picture import (
    INDENT,
    TEXT_SIZE,
    TITLE_SIZE,
    WIDTH,
    Box,
    Picture,
)
from signing.reports.rows import Mark

_SYMBOLS = {
    Mark.GOOD: '<path d="M4.4 8.3l2.4 2.4 4.8-5.2" fill="none" stroke="#fff" '
    'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>',
    Mark.BAD: '<path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" fill="none" '
    'stroke="#fff" stroke-width="1.8" stroke-linecap="round"/>',
    Mark.OPEN: '<path d="M5.9 6.2a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.3" fill="none" '
    'stroke="#fff" stroke-width="1.6" stroke-linecap="round"/>'
    '<circle cx="8" cy="11.6" r="1" fill="#fff"/>',
}
_SIDE = 16.0


def symbol(mark: Mark) -> str:
    """Return a symbol that does not need its colour to be understood."""
    if mark is Mark.PLAIN:
        return ""
    return (
        f'<svg class="mark {mark}" viewBox="0 0 16 16" aria-hidden="true">'
        f"{_drawn(mark)}</svg>"
    )


def picture(drawing: Picture, label: str) -> str:
    """Return the picture of a chain; `label` is read out instead of it."""
    boxes = "".join(map(_box, drawing.boxes))
    arrows = "".join(map(_arrow, drawing.boxes, drawing.boxes[1:]))
    height = drawing.height + 2
    return (
        f'<svg class="chain" viewBox="-1 -1 {WIDTH + 2:g} {height:g}" role="img" '
        f'aria-label="{escape(label)}">{arrows}{boxes}</svg>'
    )


def _drawn(mark: Mark) -> str:
    shape = '<circle cx="8" cy="8" r="7.5"/>'
    if mark is Mark.OPEN:
        shape = '<path d="M8 .6L15.4 8 8 15.4.6 8z"/>'
    if mark is Mark.BAD:
        shape = '<path d="M4.8.7h6.4l4.1 4.1v6.4l-4.1 4.1H4.8L.7 11.2V4.8z"/>'
    return shape + _SYMBOLS[mark]


def _box(box: Box) -> str:
    title, *others = box.baselines
    lines = "".join(
        f'<text x="{INDENT:g}" y="{y:g}" font-size="{TEXT_SIZE:g}">'
        f"{escape(text)}</text>"
        for y, text in zip(others, box.lines, strict=True)
    )
    return (
        f'<g class="{box.mark}"><rect x="0" y="{box.top:g}" width="{WIDTH:g}" '
        f'height="{box.height:g}" rx="6"/><rect class="edge" x="0" y="{box.top:g}" '
        f'width="4" height="{box.height:g}" rx="2"/>'
        f'<text class="title" x="{INDENT:g}" y="{title:g}" '
        f'font-size="{TITLE_SIZE:g}">{escape(box.title)}</text>{lines}'
        f"{_corner(box)}</g>"
    )


def _corner(box: Box) -> str:
    if box.mark is Mark.PLAIN:
        return ""
    x, y = WIDTH - _SIDE - 8, box.top + 7
    return f'<g class="sign" transform="translate({x:g} {y:g})">{_drawn(box.mark)}</g>'


def _arrow(upper: Box, lower: Box) -> str:
    begin, end, x = upper.top + upper.height, lower.top, WIDTH / 2
    return (
        f'<path class="arrow" d="M{x:g} {begin:g}V{end - 2:g}M{x - 4:g} {end - 7:g}'
        f'L{x:g} {end - 2:g}L{x + 4:g} {end - 7:g}"/>'
    )
