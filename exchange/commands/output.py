"""How verbs speak: Vietnamese or English for people, JSON for programs.

Whatever they say, nothing of it steers the terminal (`exchange.commands.plain_text`).
"""

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from time import monotonic

from exchange.commands.plain_text import escaped, on_one_line, plain
from schemas.catalogue import explain
from schemas.errors import CodedError, Side, Text

_SIDES = {
    Side.SENDER: Text("bên gửi", "the sender"),
    Side.RECIPIENT: Text("bên nhận", "the recipient"),
    Side.SIGNER: Text("người ký", "the signer"),
    Side.HUB: Text("trục liên thông", "the exchange"),
    Side.OPERATOR: Text("đơn vị vận hành", "the operator"),
    Side.FILE: Text("tệp", "the file"),
}
_WIDE = frozenset("WF")
_REDRAWN_SECONDS = 0.1
"""A terminal is slower than most work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What happened, whose side it is on and what to do next."""

    code: str
    side: str
    place: str
    message: Text
    next: Text

    @classmethod
    def of(cls, error: CodedError) -> "Refusal":
        """Explain `error` in the words of the catalogue."""
        found = explain(error.code)
        return cls(
            code=error.code,
            side=found.side,
            place=error.place,
            message=found.message,
            next=found.next,
        )

    def as_fields(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "code": self.code,
            "side": self.side,
            "place": self.place,
            "message": {"vi": self.message.vi, "en": self.message.en},
            "next": {"vi": self.next.vi, "en": self.next.en},
        }


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how a verb writes.

    Args:
        as_json: one JSON document on standard output, nothing else.
        language: ``vi`` or ``en``.
    """

    as_json: bool = False
    language: str = "vi"

    @classmethod
    def from_words(cls, words: Sequence[str]) -> "Output":
        """Read the two switches before anything is parsed, so errors obey them."""
        english = "--lang=en" in words or ("--lang", "en") in pairwise(words)
        return cls("--json" in words, "en" if english else "vi")

    def pick(self, text: Text) -> str:
        """Return `text` in the language chosen."""
        return text.en if self.language == "en" else text.vi

    def say(self, text: Text) -> None:
        """Tell a person something; a program is not told."""
        if not self.as_json:
            self.show(self.pick(text))

    def show(self, text: str) -> None:
        """Print text that is the same in every language."""
        print(plain(text), flush=True)

    def result(self, fields: Mapping[str, object], text: Text | None = None) -> None:
        """Give the result: JSON for programs, `text` for people."""
        if self.as_json:
            self._give(json.dumps(fields, ensure_ascii=False, indent=2))
        elif text is not None:
            self.show(self.pick(text))

    def line(self, fields: Mapping[str, object]) -> None:
        """Give one of several results to a program: JSON on a line of its own."""
        self._give(json.dumps(fields, ensure_ascii=False))

    def _give(self, document: str) -> None:
        print(escaped(document), flush=True)

    def refuse(self, refusal: Refusal, *, usage: str = "") -> None:
        """Say what happened, whose side it is on and what to do next."""
        if self.as_json:
            self.result({"error": refusal.as_fields()})
        else:
            print(plain(f"{usage}{self.describe(refusal)}"), file=sys.stderr)

    def describe(self, refusal: Refusal) -> str:
        """Return the text of a refusal for people."""
        place = f" [{on_one_line(refusal.place)}]" if refusal.place else ""
        side = next((_SIDES[one] for one in Side if one == refusal.side), Text("", ""))
        heading, whose = (
            ("Next", "Side") if self.language == "en" else ("Cần làm", "Phía")
        )
        return (
            f"{self.pick(refusal.message)}{place}\n"
            f"{heading}: {self.pick(refusal.next)}\n"
            f"{whose}: {self.pick(side)} ({refusal.code})"
        )

    def table(self, heads: Sequence[Text], rows: Sequence[Sequence[str]]) -> None:
        """Show rows under column heads, aligned; the last column is left ragged."""
        texts = [[self.pick(one) for one in heads], *rows]
        lines = [[on_one_line(one) for one in line] for line in texts]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = [
                text + " " * (width - _width(text))
                for text, width in zip(line, widths, strict=True)
            ]
            self.show("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """Return how many columns `text` takes: marks none, wide characters two."""
    return sum(
        2 if unicodedata.east_asian_width(one) in _WIDE else 1
        for one in unicodedata.normalize("NFC", text)
        if not unicodedata.combining(one)
    )


def pace(done: int, total: int | None, seconds: float) -> str:
    """Return how fast it goes and how long it will go on: ``25.0/s, 0:39``."""
    if not done or seconds <= 0:
        return ""
    rate = done / seconds
    if total is None:
        return f"{rate:.1f}/s"
    left = round((total - done) / rate)
    return f"{rate:.1f}/s, {left // 60}:{left % 60:02}"


class Progress:
    """A progress bar on standard error, silent when nobody looks.

    Args:
        total: how much there is to do; None where nobody knows before the end.
        unit: of what is counted, where it is no pieces.
    """

    def __init__(self, total: int | None, output: Output, *, unit: str = "") -> None:
        self._unit = f" {unit}" if unit else ""
        self._total = None if total is None else max(total, 1)
        self._done = 0
        self._began = monotonic()
        self._drawn_at = -inf
        self._is_over = False
        self._shown = sys.stderr.isatty() and not output.as_json

    def step(self, label: str = "") -> None:
        """Count one more as done; without a label, rate and remaining time show."""
        self.to(self._done + 1, label)

    def many(self, label: str, count: int) -> None:
        """Count several more as done."""
        self.to(self._done + count, label)

    def to(self, done: int, label: str = "") -> None:
        """Tell how much is done in all; what begins again goes back."""
        self._done = done
        if not self._shown or self._is_over:
            return
        self._is_over = self._total is not None and done >= self._total
        now = monotonic()
        if self._is_over or now - self._drawn_at >= _REDRAWN_SECONDS:
            self._drawn_at = now
            self._draw(label, "\n" if self._is_over else "")

    def end(self) -> None:
        """End the line where the total was not known."""
        if self._shown and self._total is None and self._done:
            self._draw("", "\n")

    def _draw(self, label: str, end: str) -> None:
        label = label or pace(self._done, self._total, monotonic() - self._began)
        shown = str(self._done)
        if self._total is not None:
            filled = min(30 * self._done // self._total, 30)
            shown = f"{'█' * filled}{'░' * (30 - filled)} {self._done}/{self._total}"
        shown += self._unit
        sys.stderr.write(f"\r{shown} {on_one_line(label):<40.40}{end}")
        sys.stderr.flush()
