"""A verdict as one self-contained page: nothing is loaded, nothing in it can run.

Every text from a file is escaped; the policy in the page's head forbids scripts,
pictures, fonts and connections of any origin, and any style but its own.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape

from schemas.catalogue import explain
from schemas.errors import Text
from schemas.verdict import Indication, Reason, SignatureVerdict, Verdict
from signing.reports import words
from signing.reports.picture import chain_picture
from signing.reports.report import Report
from signing.reports.rows import (
    MARKS,
    Mark,
    Row,
    all_parts,
    all_signatures,
    clean,
    local,
    named,
    policy_rows,
    problems,
    same,
    signature_rows,
    title_of,
)
from signing.reports.style import STYLE
from signing.reports.svg import picture, symbol

MEDIA_TYPE = "text/html"
MOST_SHOWN = 100
"""Signatures, parts and problems each; a page with more helps nobody."""

_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode("ascii")
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'"
)


def render(report: Report) -> bytes:
    """Return the page, UTF-8."""
    return "".join(_Page(report).parts()).encode()


class _Page:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._verdict = report.verdict

    def parts(self) -> Iterator[str]:
        language = "en" if self._report.language == "en" else "vi"
        title = escape(f"{self._report.say(words.TITLE)} – {clean(self._report.name)}")
        yield (
            f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="referrer" content="no-referrer">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{STYLE}</style></head><body><main>"
        )
        yield f"<header><h1>{self._both(words.TITLE)}</h1></header>"
        yield self._answer()
        yield self._file()
        yield from self._problems()
        signatures = list(all_signatures(self._verdict))
        for part, signature in signatures[:MOST_SHOWN]:
            yield self._signature(part, signature)
        yield self._more(len(signatures))
        yield from self._contents()
        yield "</main></body></html>"

    def _answer(self) -> str:
        indication, sub = self._verdict.indication, self._verdict.sub_indication
        code = " / ".join(str(one) for one in (indication, sub) if one)
        sentence = words.INDICATIONS[indication]
        return (
            f'<section class="answer {MARKS[indication]}">{symbol(MARKS[indication])}'
            f'<div><p class="word">{escape(self._report.say(sentence))}</p>'
            f"{self._other(sentence, 'p')}"
            f'<p class="code">{escape(code)}</p></div></section>'
        )

    def _file(self) -> str:
        rows = (
            Row(words.FILE, named(self._report.name)),
            Row(words.FILE_KIND, words.KINDS[self._verdict.kind]),
            Row(words.CHECKED_AT, same(local(self._report.checked_at))),
            Row(words.DIGEST, same(self._report.sha256)),
            *policy_rows(self._verdict),
        )
        return f"<section>{self._rows(rows)}</section>"

    def _signature(self, part: str, signature: SignatureVerdict) -> str:
        state = words.SHORT[signature.indication]
        place = " – ".join(clean(one) for one in (part, signature.field) if one)
        drawing = chain_picture(signature, self._report)
        label = self._report.say(words.CHAIN)
        shown = picture(drawing, label) if drawing.boxes else ""
        return (
            f"<section><h3>{symbol(MARKS[signature.indication])}<span>"
            f"{self._both(title_of(signature))} {escape(place)}: "
            f"{escape(self._report.say(state))}</span></h3>"
            f"{self._rows(signature_rows(signature))}{shown}</section>"
        )

    def _problems(self) -> Iterator[str]:
        reasons = problems(self._verdict)
        if not reasons:
            return
        passed = self._verdict.indication is Indication.TOTAL_PASSED
        heading = words.NOTES if passed else words.REASONS
        yield f"<h2>{self._both(heading)}</h2>"
        for reason in reasons[:MOST_SHOWN]:
            yield self._problem(reason, Mark.OPEN if passed else self._mark)
        yield self._more(len(reasons))

    @property
    def _mark(self) -> Mark:
        return MARKS[self._verdict.indication]

    def _problem(self, reason: Reason, mark: Mark) -> str:
        found = explain(reason.code)
        place = (Row(words.WHERE, same(reason.place)),) if reason.place else ()
        rows = (
            *place,
            Row(words.SIDE, words.SIDES[found.side]),
            Row(words.NEXT, found.next),
        )
        return (
            f"<article><h3>{symbol(mark)}<span>{self._both(found.message)}</span></h3>"
            f'{self._rows(rows)}<p class="code">{escape(reason.code)}</p></article>'
        )

    def _contents(self) -> Iterator[str]:
        parts = list(all_parts(self._verdict.parts))
        if not parts:
            return
        rows = "".join(map(self._part, parts[:MOST_SHOWN]))
        yield f"<section><h2>{self._both(words.PARTS)}</h2><table>{rows}</table>"
        yield f"{self._more(len(parts))}</section>"

    def _part(self, part: Verdict) -> str:
        state = f"{symbol(MARKS[part.indication])} " + escape(
            self._report.say(words.SHORT[part.indication])
        )
        kind = escape(self._report.say(words.KINDS[part.kind]))
        name = escape(self._report.say(named(part.name)))
        return f"<tr><td>{name}</td><td>{kind}</td><td>{state}</td></tr>"

    def _rows(self, rows: Iterable[Row]) -> str:
        return "<dl>" + "".join(map(self._row, rows)) + "</dl>"

    def _row(self, row: Row) -> str:
        return (
            f"<dt>{self._both(row.heading)}</dt>"
            f"<dd>{symbol(row.mark)}{self._both(row.value)}</dd>"
        )

    def _both(self, text: Text) -> str:
        return f"{escape(self._report.say(text))} {self._other(text, 'span')}".strip()

    def _other(self, text: Text, tag: str) -> str:
        """Return the other language below Vietnamese; English stands alone."""
        if self._report.language == "en" or text.vi == text.en:
            return ""
        return f'<{tag} class="other" lang="en">{escape(text.en)}</{tag}>'

    def _more(self, count: int) -> str:
        if count <= MOST_SHOWN:
            return ""
        more = self._report.say(words.MORE).format(count - MOST_SHOWN)
        return f"<p>{escape(more)}</p>"
