"""A verdict as a PDF file on A4, drawn with our own typeface, without a browser."""

from collections.abc import Iterable, Iterator

from schemas.catalogue import explain
from schemas.verdict import Indication, Reason, SignatureVerdict
from signing.reports import words
from signing.reports.paper import Paper, PaperFormat
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
from signing.reports.sheets import HEIGHT, WIDTH, Sheets

MEDIA_TYPE = "application/pdf"
MOST_SHOWN = 100
"""Signatures, parts and problems each."""


def render(report: Report) -> bytes:
    """Return the PDF file."""
    sheets = Sheets()
    _Writer(report, sheets).write()
    return _file(sheets, report)


class _Writer:
    """Puts the parts of a report on sheets, in their order."""

    def __init__(self, report: Report, sheets: Sheets) -> None:
        self._report = report
        self._verdict = report.verdict
        self._sheets = sheets

    def write(self) -> None:
        say, verdict = self._report.say, self._verdict
        codes = (verdict.indication, verdict.sub_indication)
        self._sheets.heading(say(words.TITLE), size=17)
        self._sheets.answer(
            say(words.INDICATIONS[verdict.indication]),
            " / ".join(str(one) for one in codes if one),
            MARKS[verdict.indication],
        )
        self._rows(self._about_file())
        self._problems()
        signatures = list(all_signatures(verdict))
        for part, signature in signatures[:MOST_SHOWN]:
            self._signature(part, signature)
        self._more(len(signatures))
        self._parts()

    def _about_file(self) -> Iterator[Row]:
        yield Row(words.FILE, named(self._report.name))
        yield Row(words.FILE_KIND, words.KINDS[self._verdict.kind])
        yield Row(words.CHECKED_AT, same(local(self._report.checked_at)))
        yield Row(words.DIGEST, same(self._report.sha256))
        yield from policy_rows(self._verdict)

    def _problems(self) -> None:
        reasons = problems(self._verdict)
        if not reasons:
            return
        passed = self._verdict.indication is Indication.TOTAL_PASSED
        self._sheets.heading(self._report.say(words.NOTES if passed else words.REASONS))
        mark = Mark.OPEN if passed else MARKS[self._verdict.indication]
        for reason in reasons[:MOST_SHOWN]:
            self._problem(reason, mark)
        self._more(len(reasons))

    def _problem(self, reason: Reason, mark: Mark) -> None:
        found = explain(reason.code)
        title = f"{self._report.say(found.message)} ({reason.code})"
        self._sheets.heading(title, size=11, mark=mark)
        place = (Row(words.WHERE, same(reason.place)),) if reason.place else ()
        side = Row(words.SIDE, words.SIDES[found.side])
        self._rows((*place, side, Row(words.NEXT, found.next)))

    def _signature(self, part: str, signature: SignatureVerdict) -> None:
        say = self._report.say
        place = " – ".join(clean(one) for one in (part, signature.field) if one)
        state = say(words.SHORT[signature.indication])
        title = f"{say(title_of(signature))} {place}: {state}"
        self._sheets.heading(title, mark=MARKS[signature.indication])
        self._rows(signature_rows(signature))
        self._sheets.picture(chain_picture(signature, self._report))

    def _parts(self) -> None:
        say, parts = self._report.say, list(all_parts(self._verdict.parts))
        if parts:
            self._sheets.heading(say(words.PARTS))
        for part in parts[:MOST_SHOWN]:
            kind, state = words.KINDS[part.kind], words.SHORT[part.indication]
            row = Row(kind, same(f"{say(named(part.name))}: {say(state)}"))
            self._rows((Row(row.heading, row.value, MARKS[part.indication]),))
        self._more(len(parts))

    def _rows(self, rows: Iterable[Row]) -> None:
        for row in rows:
            say = self._report.say
            self._sheets.row(say(row.heading), say(row.value), row.mark)
        self._sheets.space(6)

    def _more(self, count: int) -> None:
        if count > MOST_SHOWN:
            more = self._report.say(words.MORE).format(count - MOST_SHOWN)
            self._sheets.heading(more, size=11)


def _file(sheets: Sheets, report: Report) -> bytes:
    paper = Paper(
        PaperFormat(
            title=f"{report.say(words.TITLE)} – {clean(report.name)}",
            language=report.language,
            width=WIDTH,
            height=HEIGHT,
        )
    )
    pages = [paper.page(one) for one in sheets.pages]
    return b"".join((*pages, paper.end(sheets.characters)))
