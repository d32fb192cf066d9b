"""The chain of a signature as a picture: boxes from the root down to the signer.

Pure layout in one column, narrow enough for a telephone; `page` turns it into SVG and
`printed` into the operators of a PDF page. A box says with a word, a symbol and a
colour how its certificate stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from schemas.errors import Text
from schemas.timestamps import in_vietnam
from schemas.verdict import CertificateSummary, SignatureVerdict
from signing.reports import words
from signing.reports.report import Report
from signing.reports.rows import (
    Mark,
    check_of,
    check_row,
    clean,
    holder_of,
    local,
)

WIDTH = 340.0
INDENT = 14.0
TEXT_SIZE = 12.0
TITLE_SIZE = 10.5
_LEADING = 16.0
_FIRST_LINE = 20.0
_BELOW = 8.0
_GAP = 22.0
_ROOM = WIDTH - INDENT - 10.0

# What letters take of their size: the most of any usual face without serifs, as a page
# is shown in whatever face its reader has. Ours, for print, is narrower.
_ADVANCES = {
    **dict.fromkeys(" .,:;'|!ijlI", 0.35),
    **dict.fromkeys("ftr()-", 0.42),
    **dict.fromkeys("mwMW", 0.96),
}
_CAPITAL, _USUAL, _WIDE = 0.78, 0.62, 1.0
_LAST_NARROW = "\u024f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box of a picture.

    Args:
        top: distance of its upper edge from that of the picture.
        title: what kind of thing it is.
        lines: what is said about it, already broken into lines.
    """

    top: float
    title: str
    lines: tuple[str, ...]
    mark: Mark

    @property
    def height(self) -> float:
        """Height of the box."""
        return _FIRST_LINE + _LEADING * len(self.lines) + _BELOW

    @property
    def baselines(self) -> tuple[float, ...]:
        """Where the base lines are below the upper edge of the picture, title first."""
        return tuple(
            self.top + _FIRST_LINE - 4 + _LEADING * number
            for number in range(len(self.lines) + 1)
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in their order from above; each but the first hangs on the one before."""

    boxes: tuple[Box, ...]

    @property
    def height(self) -> float:
        """Height of the picture."""
        return self.boxes[-1].top + self.boxes[-1].height if self.boxes else 0.0


@dataclass(frozen=True, slots=True)
class _Content:
    title: Text
    lines: tuple[str, ...]
    mark: Mark


def chain_picture(signature: SignatureVerdict, report: Report) -> Picture:
    """Draw the chain with its revocation answers, and the time stamp if any."""
    last = len(signature.chain) - 1
    contents = [
        _certificate(signature, one, _title(signature, number, last), report)
        for number, one in enumerate(signature.chain)
    ]
    contents.reverse()
    if contents and signature.timestamp_time:
        by = (clean(signature.timestamp_authority),)
        lines = (*filter(None, by), local(signature.timestamp_time))
        contents.append(_Content(words.TIME_STAMP, lines, Mark.GOOD))
    return Picture(_stacked(contents, report))


def _title(signature: SignatureVerdict, number: int, last: int) -> Text:
    if number == 0:
        return holder_of(signature)
    return words.ROOT if number == last else words.AUTHORITY


def _certificate(
    signature: SignatureVerdict,
    certificate: CertificateSummary,
    title: Text,
    report: Report,
) -> _Content:
    name = clean(certificate.name or certificate.subject) or report.say(words.UNKNOWN)
    period = _period(certificate)
    check = check_of(signature, certificate)
    if check is None:
        mark = Mark.PLAIN if title is words.ROOT else Mark.OPEN
        return _Content(title, (name, period), mark)
    row = check_row(check)
    return _Content(title, (name, period, report.say(row.value)), row.mark)


def _broken(text: str) -> Iterator[str]:
    """Break a text into lines that stay in their box, within words where it must."""
    line, used, space = "", 0.0, _advance(" ")
    for word in normalize("NFC", text).split():
        for piece, needed in _cut(word):
            if line and used + space + needed > _ROOM:
                yield line
                line = ""
            used = used + space + needed if line else needed
            line = f"{line} {piece}" if line else piece
    if line:
        yield line


def _cut(word: str) -> Iterator[tuple[str, float]]:
    """Yield a word, or its pieces if it is wider than a line, with their widths."""
    begin, used = 0, 0.0
    for place, needed in enumerate(map(_advance, word)):
        if used + needed > _ROOM:
            yield word[begin:place], used
            begin, used = place, 0.0
        used += needed
    yield word[begin:], used


@lru_cache(maxsize=1024)
def _advance(character: str) -> float:
    """Return the room of a letter, in units of the picture."""
    letter = normalize("NFD", character)[0]
    if letter > _LAST_NARROW:
        return TEXT_SIZE * _WIDE
    usual = _CAPITAL if letter.isupper() else _USUAL
    return TEXT_SIZE * _ADVANCES.get(letter, usual)


def _period(certificate: CertificateSummary) -> str:
    begin, end = map(in_vietnam, (certificate.not_before, certificate.not_after))
    return f"{begin:%d/%m/%Y} – {end:%d/%m/%Y}"


def _stacked(contents: list[_Content], report: Report) -> tuple[Box, ...]:
    boxes: list[Box] = []
    top = 0.0
    for one in contents:
        broken = tuple(line for text in one.lines for line in _broken(text))
        box = Box(top=top, title=report.say(one.title), lines=broken, mark=one.mark)
        boxes.append(box)
        top += box.height + _GAP
    return tuple(boxes)
