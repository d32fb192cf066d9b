"""A table printed on A4 across, page after page, with the same head on each.

Pure layout: rows come in one by one, bytes of the file go out as pages are filled, and
nothing of a page stays, so that the number of rows does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from signing.pades.typeface import SetLine
from signing.reports.lines import broken_lines, set_line
from signing.reports.paper import Paper, PaperFormat

WIDTH, HEIGHT = 842.0, 595.0
"""A4 across, in points (ISO 216)."""

MOST_LINES = 200
"""Lines of one cell; what goes on after them is told by an ellipsis."""

_MOST_CHARACTERS = 30_000
"""Of one cell; more than that many lines hold."""

_MARGIN, _FLOOR, _FOOT = 36.0, 44.0, 26.0
_ROOM = WIDTH - 2 * _MARGIN
_SIZE, _LEADING, _PAD = 9.0, 11.5, 3.0
_TITLE, _SMALL = 15.0, 8.0
_INK, _SOFT, _LINE, _SHADE = "0.11 0.14 0.2", "0.36 0.39 0.46", "0.6 0.64 0.7", "0.94"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One column.

    Args:
        head: what stands above it on each page.
        share: how wide it is in proportion to the others.
        is_number: numbers stand on the right.
    """

    head: str
    share: float
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableForm:
    """What is printed beside the rows.

    Args:
        title: in the middle of the first page.
        above: at its upper left: whose table it is.
        below: under the title: of which time.
        is_numbered: whether the columns are numbered below their heads.
        foot: at the lower left of each page.
        page: the word before the number of a page.
        empty: what is printed where there are no rows.
    """

    title: str
    columns: tuple[TableColumn, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    is_numbered: bool = False
    foot: str = ""
    page: str = "Trang"
    empty: str = ""
    language: str = "vi"


class TablePrinter:
    """A table under construction; each verb returns the bytes that come next."""

    def __init__(self, form: TableForm) -> None:
        self._form = form
        self._paper = Paper(
            PaperFormat(
                title=form.title, language=form.language, width=WIDTH, height=HEIGHT
            )
        )
        whole = sum(one.share for one in form.columns)
        self._widths = [_ROOM * one.share / whole for one in form.columns]
        self._characters = set("0123456789")
        self._operators: list[str] = []
        self._rows = 0
        self._y = HEIGHT - _MARGIN
        self._begin_first()

    def row(self, cells: Sequence[str]) -> bytes:
        """Add a row; return the pages that were filled by it."""
        self._rows += 1
        return self._rest(self._broken(cells))

    def end(self) -> bytes:
        """Return the last page and the end of the file."""
        if not self._rows and self._form.empty:
            self._text(set_line(self._form.empty), _MARGIN, self._y - 16, _SIZE)
        last = self._finished()
        total = set_line(str(self._paper.pages))
        number = _shown(total, 0, 0, _SMALL, _SOFT)
        return last + self._paper.end(self._characters, total=number)

    def _rest(self, cells: Sequence[Sequence[SetLine]]) -> bytes:
        """Draw lines of a row here and, as far as they do not fit, on new pages."""
        filled = b""
        while True:
            number, room = max(map(len, cells)), self._lines_left()
            if number > room and (number <= self._lines_of_page() or room < 1):
                filled += self._turned()
                room = self._lines_left()
            taken = min(number, room)
            self._drawn([one[:taken] for one in cells], taken)
            cells = [one[taken:] for one in cells]
            if number == taken:
                return filled

    def _broken(self, cells: Sequence[str]) -> list[tuple[SetLine, ...]]:
        broken = []
        for cell, width in zip(cells, self._widths, strict=True):
            lines = broken_lines(cell[:_MOST_CHARACTERS], _SIZE, width - 2 * _PAD)
            if len(lines) > MOST_LINES:
                lines = (*lines[: MOST_LINES - 1], set_line("…"))
            broken.append(lines)
        return broken

    def _drawn(self, cells: Sequence[Sequence[SetLine]], number: int) -> None:
        height = number * _LEADING + 2 * _PAD
        x = _MARGIN
        self._frame(height)
        for column, width, lines in zip(
            self._form.columns, self._widths, cells, strict=True
        ):
            for place, line in enumerate(lines, start=1):
                left = x + _PAD
                if column.is_number:
                    left = x + width - _PAD - line.width(_SIZE)
                y = self._y - _PAD - place * _LEADING + 3
                self._text(line, left, y, _SIZE)
            x += width
        self._y -= height

    def _begin_first(self) -> None:
        for one in self._form.above:
            self._y -= _SIZE * 1.4
            self._text(set_line(one), _MARGIN, self._y, _SIZE + 1)
        self._y -= _TITLE * 1.6
        self._centred(self._form.title, _TITLE)
        for one in self._form.below:
            self._y -= _SIZE * 1.6
            self._centred(one, _SIZE + 1)
        self._y -= _SIZE * 1.5
        self._heads()

    def _heads(self) -> None:
        heads = self._broken([one.head for one in self._form.columns])
        numbers = [f"({one})" for one in range(1, len(self._widths) + 1)]
        rows = [heads, self._broken(numbers)] if self._form.is_numbered else [heads]
        for row in rows:
            height = max(map(len, row)) * _LEADING + 2 * _PAD
            lower = self._y - height
            self._add(f"{_SHADE} g {_MARGIN} {lower:.2f} {_ROOM} {height:.2f} re f")
            self._frame(height)
            self._head_texts(row)
            self._y = lower

    def _head_texts(self, row: Sequence[Sequence[SetLine]]) -> None:
        x = _MARGIN
        for width, lines in zip(self._widths, row, strict=True):
            for place, line in enumerate(lines, start=1):
                left = x + (width - line.width(_SIZE)) / 2
                self._text(line, left, self._y - _PAD - place * _LEADING + 3, _SIZE)
            x += width

    def _frame(self, height: float) -> None:
        lower, x = self._y - height, _MARGIN
        for width in self._widths:
            self._add(
                f"{_LINE} RG 0.5 w {x:.2f} {lower:.2f} {width:.2f} {height:.2f} re S"
            )
            x += width

    def _turned(self) -> bytes:
        """End this page and begin the next."""
        filled = self._finished()
        self._y = HEIGHT - _MARGIN
        self._heads()
        return filled

    def _finished(self) -> bytes:
        number = set_line(f"{self._form.page} {self._paper.pages + 1}/")
        right = WIDTH - _MARGIN - 30
        left = right - number.width(_SMALL)
        self._text(set_line(self._form.foot), _MARGIN, _FOOT, _SMALL, _SOFT)
        self._text(number, left, _FOOT, _SMALL, _SOFT)
        self._add(f"q 1 0 0 1 {right:.2f} {_FOOT} cm /Total Do Q")
        operators, self._operators = self._operators, []
        return self._paper.page(operators)

    def _lines_left(self) -> int:
        return int((self._y - _FLOOR - 2 * _PAD) / _LEADING)

    def _lines_of_page(self) -> int:
        """How many lines a row may have that is not divided."""
        return int((HEIGHT - _MARGIN - _FLOOR) / _LEADING / 2)

    def _centred(self, text: str, size: float) -> None:
        line = set_line(text)
        self._text(line, (WIDTH - line.width(size)) / 2, self._y, size)

    def _text(
        self, line: SetLine, x: float, y: float, size: float, colour: str = _INK
    ) -> None:
        if line.glyphs:
            self._characters.update(line.text)
            self._add(_shown(line, x, y, size, colour))

    def _add(self, operators: str) -> None:
        self._operators.append(operators)


def _shown(line: SetLine, x: float, y: float, size: float, colour: str) -> str:
    codes = line.codes.decode("ascii")
    return f"BT {colour} rg /Text {size:g} Tf {x:.2f} {y:.2f} Td {codes} Tj ET"
