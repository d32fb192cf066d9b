"""Find where number and date of issue go: the blanks of the heading of page 1.

Decree 30/2020/NĐ-CP Annex I, cell 3 (`Số: … /UBND-VHXH`) and cell 4 (`Suối Mây,
ngày … tháng … năm 2026`). What the document says already must agree.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.pades.request import Particulars
from signing.pades.text_lines import LEADERS, TextLine, folded

_GAP = 3.0
"""Points between the printed words and what is put behind them."""

_DATE = re.compile(r".*,\s*ngày\b.*\btháng\b.*\bnăm\b[\s\d.…_]*")


@dataclass(frozen=True, slots=True)
class Blank:
    """Where a few letters go.

    Args:
        left: where the blank begins.
        right: where the printed text goes on; None at the end of a line.
        baseline: of the printed text.
    """

    left: float
    right: float | None
    baseline: float


@dataclass(frozen=True, slots=True)
class Filling:
    """Letters for a blank."""

    text: str
    blank: Blank


def fillings(wanted: Particulars) -> tuple[Filling, ...]:
    """Return what is put where.

    Raises:
        SigningError: NUMBER_PLACE_NOT_FOUND, there is no such blank, or nothing that
            is still to be put in; NUMBER_DIFFERS.
    """
    known = wanted.text.lines if wanted.text else ()
    lines = [line for line in known if line.page == 1]
    found: list[Filling] = []
    if wanted.number:
        found += _number(lines, folded_notation(wanted.number))
    if wanted.issued:
        found += _date(lines, wanted.issued)
    if not found:
        raise _not_found("blank")
    return tuple(found)


def folded_notation(number: str) -> str:
    """Return number and notation without spaces, their letters as they are."""
    return "".join(number.split())


def _number(lines: Sequence[TextLine], number: str) -> Iterator[Filling]:
    line = next((one for one in lines if folded(one.text).startswith("số:")), None)
    if line is None or not line.words:
        raise _not_found("Số:")
    yield from _number_in(line, number)


def _number_in(line: TextLine, number: str) -> Iterator[Filling]:
    label, *rest = line.words
    printed = "".join(word.text for word in rest)
    own, slash, notation = number.partition("/")
    if folded(printed) == folded(number):
        return
    unfilled, baseline = printed.lstrip(LEADERS), label.baseline
    if not unfilled:
        yield Filling(number, Blank(label.right + _GAP, None, baseline))
    elif slash and folded(unfilled) == folded(slash + notation):
        end = next(word for word in rest if word.text.startswith("/"))
        yield Filling(own, Blank(label.right, end.left, baseline))
    else:
        raise SigningError(ErrorCode.NUMBER_DIFFERS, place="Số:")


def _date(lines: Sequence[TextLine], issued: date) -> Iterator[Filling]:
    line = next((one for one in lines if _DATE.fullmatch(folded(one.text))), None)
    if line is None or not line.words:
        raise _not_found("ngày")
    # Decree 30/2020 Annex I: days below 10 and the months 1 and 2 take a zero.
    month = f"{issued.month:02d}" if issued.month < 3 else f"{issued.month}"
    parts = {"ngày": f"{issued.day:02d}", "tháng": month, "năm": f"{issued.year}"}
    names = [folded(word.text) for word in line.words]
    for (name, text), following in zip(
        parts.items(), ("tháng", "năm", None), strict=True
    ):
        start = _last_index(names, name)
        end = _last_index(names, following) if following else len(names)
        yield from _part(line, (start, end), text)


def _last_index(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise _not_found(name)
    return len(names) - 1 - names[::-1].index(name)


def _part(line: TextLine, between: tuple[int, int], text: str) -> Iterator[Filling]:
    start, end = between
    printed = "".join(word.text for word in line.words[start + 1 : end])
    printed = printed.strip(LEADERS)
    if not printed:
        baseline = line.words[start].baseline
        right = line.words[end].left if end < len(line.words) else None
        left = line.words[start].right + (_GAP if right is None else 0)
        yield Filling(text, Blank(left, right, baseline))
    elif not printed.isdecimal() or int(printed) != int(text):
        raise SigningError(ErrorCode.NUMBER_DIFFERS, place="ngày")


def _not_found(place: str) -> SigningError:
    return SigningError(ErrorCode.NUMBER_PLACE_NOT_FOUND, place=place)
