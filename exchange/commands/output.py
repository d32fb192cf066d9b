"""How verbs speak: Vietnamese or English for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.catalogue import explain
from schemas.errors import CodedError, Text


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
        pairs = zip(words, [*words[1:], ""], strict=True)
        english = any(
            word == "--lang=en" or (word == "--lang" and value == "en")
            for word, value in pairs
        )
        return cls("--json" in words, "en" if english else "vi")

    def pick(self, text: Text) -> str:
        """Return `text` in the language chosen."""
        return text.en if self.language == "en" else text.vi

    def say(self, text: Text) -> None:
        """Tell a person something; a program is not told."""
        if not self.as_json:
            print(self.pick(text), flush=True)

    def show(self, text: str) -> None:
        """Print text that is the same in every language."""
        print(text, flush=True)

    def result(self, fields: Mapping[str, object], text: Text | None = None) -> None:
        """Give the result: JSON for programs, `text` for people."""
        if self.as_json:
            print(json.dumps(fields, ensure_ascii=False, indent=2), flush=True)
        elif text is not None:
            print(self.pick(text), flush=True)

    def usage(self, message: str) -> None:
        """Say how the command is used."""
        print(message, file=sys.stderr)

    def problem(self, error: CodedError) -> None:
        """Say what happened, whose side it is on and what to do next."""
        explanation = explain(error.code)
        if self.as_json:
            print(json.dumps(_problem_fields(error), ensure_ascii=False), flush=True)
            return
        place = f" [{error.place}]" if error.place else ""
        heading = "Cần làm" if self.language == "vi" else "Next"
        print(
            f"{self.pick(explanation.message)}{place}\n"
            f"{heading}: {self.pick(explanation.next)}\n"
            f"({error.code}, {explanation.side})",
            file=sys.stderr,
        )


def _problem_fields(error: CodedError) -> dict[str, object]:
    explanation = explain(error.code)
    return {
        "error": {
            "code": error.code,
            "side": explanation.side,
            "place": error.place,
            "message": {"vi": explanation.message.vi, "en": explanation.message.en},
            "next": {"vi": explanation.next.vi, "en": explanation.next.en},
        }
    }


class Progress:
    """A progress bar on standard error, silent when nobody looks."""

    def __init__(self, total: int, output: Output) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._shown = sys.stderr.isatty() and not output.as_json

    def step(self, label: str = "") -> None:
        """Count one more as done."""
        self._done += 1
        if not self._shown:
            return
        filled = 30 * self._done // self._total
        bar = "█" * filled + "░" * (30 - filled)
        end = "\n" if self._done >= self._total else ""
        sys.stderr.write(f"\r{bar} {self._done}/{self._total} {label:<40.40}{end}")
        sys.stderr.flush()
