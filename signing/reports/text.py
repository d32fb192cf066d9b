"""A verdict in words, on one screen, in Vietnamese or English.

First the answer as a sentence, then who signed, then every reason with the side it is
on and the next step. Names come from untrusted files: what is not printable is not
printed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schemas.catalogue import explain
from schemas.errors import Text
from schemas.verdict import Indication, Reason, SignatureVerdict, Verdict
from signing.reports import words
from signing.reports.rows import (
    all_parts,
    clean,
    named,
    problems,
    signature_rows,
    title_of,
)

_Item = TypeVar("_Item")

_MOST_SIGNATURES = 3
_MOST_PARTS = 12
_MOST_REASONS = 6


def render_text(verdict: Verdict, language: str) -> str:
    """Return the report on a verdict.

    Args:
        verdict: what was found.
        language: ``vi``, or anything else for English.
    """
    return "\n".join(_Report(language).lines(verdict))


@dataclass(frozen=True, slots=True)
class _Report:
    """Writes in one language."""

    language: str

    def lines(self, verdict: Verdict) -> Iterator[str]:
        code = _codes(verdict)
        yield f"{self._say(words.INDICATIONS[verdict.indication])} [{code}]"
        yield self._line(words.FILE_KIND, self._say(words.KINDS[verdict.kind]))
        shown, more = _first(verdict.signatures, _MOST_SIGNATURES)
        for signature in shown:
            yield from self._signature(signature)
        yield from self._more(more)
        if verdict.parts:
            yield ""
            yield f"{self._say(words.PARTS)}:"
            yield from self._parts(verdict.parts)
        reasons = problems(verdict)
        if reasons:
            yield ""
            passed = verdict.indication is Indication.TOTAL_PASSED
            yield f"{self._say(words.NOTES if passed else words.REASONS)}:"
            yield from self._reasons(reasons)

    def _signature(self, signature: SignatureVerdict) -> Iterator[str]:
        state = self._say(words.SHORT[signature.indication])
        yield ""
        title = self._say(title_of(signature))
        yield f"{title} {clean(signature.field)}: {state}"
        for row in signature_rows(signature):
            yield self._line(row.heading, self._say(row.value), indent=2)

    def _parts(self, parts: Iterable[Verdict]) -> Iterator[str]:
        """Write one line for each part, what did not pass first."""
        flat = sorted(all_parts(parts), key=_passed)
        shown, more = _first(flat, _MOST_PARTS)
        for part in shown:
            kind = self._say(words.KINDS[part.kind])
            signers = ", ".join(self._name(one.signer) for one in part.signatures)
            state = self._say(words.SHORT[part.indication])
            tail = f" – {signers}" if signers else ""
            yield f"  {self._name(part.name)} ({kind}): {state}{tail}"
        yield from self._more(more)

    def _reasons(self, reasons: Sequence[Reason]) -> Iterator[str]:
        shown, more = _first(reasons, _MOST_REASONS)
        for reason in shown:
            explanation = explain(reason.code)
            place = f" [{clean(reason.place)}]" if reason.place else ""
            side = self._say(words.SIDES[explanation.side])
            yield f"  - {self._say(explanation.message)}{place} ({reason.code})"
            yield self._line(words.SIDE, side, indent=4)
            yield self._line(words.NEXT, self._say(explanation.next), indent=4)
        yield from self._more(more)

    def _more(self, count: int) -> Iterator[str]:
        if count:
            yield "  " + self._say(words.MORE).format(count)

    def _line(self, heading: Text, text: str, *, indent: int = 0) -> str:
        return f"{' ' * indent}{self._say(heading)}: {text}"

    def _name(self, text: str) -> str:
        return self._say(named(text))

    def _say(self, text: Text) -> str:
        return text.vi if self.language == "vi" else text.en


def _codes(verdict: Verdict) -> str:
    """Return the standard's own words for people who look them up."""
    codes = (verdict.indication, verdict.sub_indication)
    return " / ".join(str(code) for code in codes if code)


def _passed(part: Verdict) -> bool:
    return part.indication is Indication.TOTAL_PASSED


def _first(items: Sequence[_Item], most: int) -> tuple[Sequence[_Item], int]:
    return items[:most], max(0, len(items) - most)
