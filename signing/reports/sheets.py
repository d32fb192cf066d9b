"""Sheets of A4 filled from above: lines of text, rows, boxes, symbols.

Pure: what comes out are the operators of each page (ISO 32000-2 clauses 8 and 9).
"""

from collections.abc import Sequence

from signing.pades.typeface import SetLine
from signing.reports.lines import broken_lines, set_line
from signing.reports.picture import INDENT, TEXT_SIZE, TITLE_SIZE, Box, Picture
from signing.reports.picture import WIDTH as PICTURE_WIDTH
from signing.reports.rows import Mark

WIDTH, HEIGHT = 595.0, 842.0
"""A4 in points (ISO 216)."""

_MARGIN = 50.0
_ROOM = WIDTH - 2 * _MARGIN
_HEADINGS = 165.0
_SYMBOL = 10.0
_GAP = 22.0
_LEAST_PICTURE = 180.0
_INK, _SOFT, _LINE = "0.11 0.14 0.2", "0.36 0.39 0.46", "0.8 0.83 0.87"
_COLOURS = {
    Mark.GOOD: "0.11 0.42 0.23",
    Mark.OPEN: "0.54 0.35 0",
    Mark.BAD: "0.64 0.09 0.1",
    Mark.PLAIN: "0.6 0.64 0.7",
}
_SHAPES = {
    Mark.GOOD: "{c} RG 1.4 w {a} {m} m {x} {b} l {d} {e} l S",
    Mark.BAD: "{c} RG 1.6 w {a} {b} m {d} {e} l S {a} {e} m {d} {b} l S",
    Mark.OPEN: "{c} RG 1.4 w {x} {b} m {d} {m} l {x} {e} l {a} {m} l h S",
}
"""A tick, a cross, a diamond: told apart without their colours."""


class Sheets:
    """Pages under construction: their operators, and the characters drawn."""

    def __init__(self) -> None:
        self.characters: set[str] = set()
        self.pages: list[list[str]] = [[]]
        self._y = HEIGHT - _MARGIN

    def heading(self, text: str, *, size: float = 13, mark: Mark = Mark.PLAIN) -> None:
        """Add a heading, which stays with what follows it."""
        indent = 0.0 if mark is Mark.PLAIN else _SYMBOL + 6
        broken = broken_lines(text, size, _ROOM - indent)
        self._require(len(broken) * size * 1.35 + 60)
        self.space(size * 0.5)
        if indent:
            self._symbol(_MARGIN, self._y - size * 1.25, mark)
        self._texts(broken, _MARGIN + indent, size, _INK)
        self.space(8)

    def answer(self, sentence: str, code: str, mark: Mark) -> None:
        """Add the answer in a frame."""
        broken = broken_lines(sentence, 13, _ROOM - 50)
        height = len(broken) * 17.5 + 32
        top = self._y
        self._frame(_MARGIN, top, _ROOM, height, mark)
        self._symbol(_MARGIN + 16, top - height / 2 - 8, mark, side=18)
        self._y = top - 8
        self._texts(broken, _MARGIN + 46, 13, _INK)
        self._texts(broken_lines(code, 9, _ROOM - 50), _MARGIN + 46, 9, _SOFT)
        self._y = top - height - 12

    def row(self, heading: str, value: str, mark: Mark) -> None:
        """Add a row of two columns."""
        indent = 0.0 if mark is Mark.PLAIN else _SYMBOL + 5
        left = broken_lines(heading, 10, _HEADINGS - 12)
        right = broken_lines(value, 10, _ROOM - _HEADINGS - indent)
        self._require(max(len(left), len(right)) * 13.5 + 6)
        top, x = self._y, _MARGIN + _HEADINGS
        self._add(f"{_LINE} RG 0.5 w {_MARGIN} {top} m {WIDTH - _MARGIN} {top} l S")
        if indent:
            self._symbol(x, top - 13, mark)
        self._texts(left, _MARGIN, 10, _SOFT)
        below = self._y
        self._y = top
        self._texts(right, x + indent, 10, _INK)
        self._y = min(self._y, below) - 5

    def picture(self, picture: Picture) -> None:
        """Add the picture of a chain; it may go on over a page, no box of it does."""
        self._require(min(picture.height + 14, _LEAST_PICTURE))
        self.space(4)
        for number, box in enumerate(picture.boxes):
            begin, page = self._y, len(self.pages)
            self._require(box.height + (_GAP if number else 0))
            if number and len(self.pages) == page:
                self.space(_GAP)
                self._arrow(begin, self._y)
            self._box(box, self._y + box.top)
            self.space(box.height)
        self.space(10)

    def space(self, height: float) -> None:
        """Leave some room."""
        self._y -= height

    def _box(self, box: Box, top: float) -> None:
        self._frame(_MARGIN, top - box.top, PICTURE_WIDTH, box.height, box.mark)
        title, *others = (top - one for one in box.baselines)
        x = _MARGIN + INDENT
        self._text(set_line(box.title), x, title, TITLE_SIZE - 1.5, _SOFT)
        for y, text in zip(others, box.lines, strict=True):
            self._text(set_line(text), x, y, TEXT_SIZE - 1.5, _INK)
        if box.mark is not Mark.PLAIN:
            right = _MARGIN + PICTURE_WIDTH - _SYMBOL - 10
            self._symbol(right, top - box.top - 20, box.mark)

    def _arrow(self, begin: float, end: float) -> None:
        x = _MARGIN + PICTURE_WIDTH / 2
        self._add(f"{_COLOURS[Mark.PLAIN]} RG 1 w {x} {begin:.2f} m {x} {end:.2f} l S")
        self._add(f"{x - 4} {end + 5:.2f} m {x} {end:.2f} l {x + 4} {end + 5:.2f} l S")

    def _frame(
        self, x: float, top: float, width: float, height: float, mark: Mark
    ) -> None:
        lower = top - height
        self._add(f"{_LINE} RG 0.8 w {x} {lower:.2f} {width} {height:.2f} re S")
        self._add(f"{_COLOURS[mark]} rg {x} {lower:.2f} 4 {height:.2f} re f")

    def _symbol(self, x: float, y: float, mark: Mark, *, side: float = _SYMBOL) -> None:
        if mark is Mark.PLAIN:
            return
        corners = {"a": x, "x": x + side * 0.4, "d": x + side, "b": y, "e": y + side}
        if mark is Mark.OPEN:
            corners["x"] = x + side / 2
        middle = y + side / (2 if mark is Mark.OPEN else 2.2)
        shape = _SHAPES[mark].format(
            c=_COLOURS[mark],
            m=f"{middle:.2f}",
            **{name: f"{value:.2f}" for name, value in corners.items()},
        )
        self._add(f"q 1 J 1 j {shape} Q")

    def _texts(
        self, lines: Sequence[SetLine], x: float, size: float, colour: str
    ) -> None:
        for line in lines:
            self._y -= size * 1.35
            self._text(line, x, self._y, size, colour)

    def _text(
        self, line: SetLine, x: float, y: float, size: float, colour: str
    ) -> None:
        self.characters.update(line.text)
        codes = line.codes.decode("ascii")
        self._add(f"BT {colour} rg /Text {size:g} Tf {x:.2f} {y:.2f} Td {codes} Tj ET")

    def _require(self, height: float) -> None:
        """Begin a new page if less than `height` is left on this one."""
        if self._y - height < _MARGIN:
            self.pages.append([])
            self._y = HEIGHT - _MARGIN

    def _add(self, operators: str) -> None:
        self.pages[-1].append(operators)
