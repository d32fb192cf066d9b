"""A verdict in words, on one screen, in Vietnamese or English.

First the answer as a sentence, then who signed, then every reason with the side it is
on and the next step. Names come from untrusted files: what is not printable is not
printed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from schemas.catalogue import explain
from schemas.errors import Text
from schemas.timestamps import VIETNAM
from schemas.verdict import Indication, Reason, SignatureVerdict, Verdict
from signing.validation import report_words as words

_Item = TypeVar("_Item")

_MOST_SIGNATURES = 4
_MOST_PARTS = 12
_MOST_REASONS = 6
_LONGEST_NAME = 100


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
        reasons = list(dict.fromkeys(_all_reasons(verdict)))
        if reasons:
            yield ""
            passed = verdict.indication is Indication.TOTAL_PASSED
            yield f"{self._say(words.NOTES if passed else words.REASONS)}:"
            yield from self._reasons(reasons)

    def _signature(self, signature: SignatureVerdict) -> Iterator[str]:
        state = self._say(words.SHORT[signature.indication])
        yield ""
        yield f"{self._say(words.SIGNATURE)} {_clean(signature.field)}: {state}"
        yield self._line(words.SIGNER, self._name(signature.signer), indent=2)
        if signature.signing_time:
            yield self._line(words.SIGNED_AT, _time(signature.signing_time), indent=2)
        yield self._line(words.INTACT, self._yes(answer=signature.intact), indent=2)
        yield self._line(words.GENUINE, self._yes(answer=signature.valid), indent=2)
        changes = self._say(words.MODIFICATIONS[signature.modifications])
        yield self._line(words.CHANGES, changes, indent=2)
        if signature.chain:
            leaf = signature.chain[0]
            yield self._line(words.ISSUER, self._name(leaf.issuer), indent=2)
            validity = f"{_time(leaf.not_before)} – {_time(leaf.not_after)}"
            yield self._line(words.VALIDITY, validity, indent=2)

    def _parts(self, parts: Iterable[Verdict]) -> Iterator[str]:
        """Write one line for each part, what did not pass first."""
        flat = sorted(_all_parts(parts), key=_passed)
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
            place = f" [{_clean(reason.place)}]" if reason.place else ""
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

    def _yes(self, *, answer: bool) -> str:
        return self._say(words.YES if answer else words.NO)

    def _name(self, text: str) -> str:
        return _clean(text) or self._say(words.UNKNOWN)

    def _say(self, text: Text) -> str:
        return text.vi if self.language == "vi" else text.en


def _codes(verdict: Verdict) -> str:
    """Return the standard's own words for people who look them up."""
    codes = (verdict.indication, verdict.sub_indication)
    return " / ".join(str(code) for code in codes if code)


def _all_parts(parts: Iterable[Verdict]) -> Iterator[Verdict]:
    for part in parts:
        yield part
        yield from _all_parts(part.parts)


def _all_reasons(verdict: Verdict) -> Iterator[Reason]:
    """Yield the reasons of a file, its signatures and its parts, the parts named."""
    yield from verdict.reasons
    for signature in verdict.signatures:
        yield from signature.reasons
    for part in verdict.parts:
        for reason in _all_reasons(part):
            places = (one for one in (part.name, reason.place) if one)
            yield Reason(reason.code, ": ".join(places))


def _passed(part: Verdict) -> bool:
    return part.indication is Indication.TOTAL_PASSED


def _first(items: Sequence[_Item], most: int) -> tuple[Sequence[_Item], int]:
    return items[:most], max(0, len(items) - most)


def _time(moment: datetime) -> str:
    """Write a time as people here do, its offset as ISO 8601 does."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%d/%m/%Y %H:%M:%S} {local.isoformat()[-6:]}"


def _clean(text: str) -> str:
    """Return text from a file without what could steer a terminal."""
    shown = "".join(one if one.isprintable() else "?" for one in text)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[:_LONGEST_NAME]}…"
