"""Verifying a file that somebody hands in; nothing of it is kept."""

import asyncio
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from exchange.console.rendering import page, visitor_of
from exchange.console.uploads import upload_of
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import require_length
from exchange.usecases.verify_file import VerifyFile, verify_file
from schemas.catalogue import explain
from schemas.errors import ErrorCode, Explanation
from schemas.verdict import Indication, Reason, SignatureVerdict, Verdict
from signing.reports import detailed, etsi, printed, words
from signing.reports.page import MOST_SHOWN
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
from signing.reports.svg import picture, symbol

_FORM_ROOM: Final = 64 * 1024
_MOST_EMBEDDED: Final = 2 * 1024 * 1024
_FORMS: Final = (("json", detailed), ("xml", etsi), ("pdf", printed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A report inside the page, so that nothing need be kept here.

    Args:
        form: ``json``, ``xml`` or ``pdf``.
        address: a ``data:`` address.
    """

    form: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSignature:
    """One signature as the page shows it.

    Args:
        place: the part and the field it stands in.
        drawing: its chain, SVG.
    """

    title: object
    place: str
    mark: Mark
    state: object
    rows: tuple[Row, ...]
    drawing: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason in plain words, with the places it is found in."""

    code: str
    explanation: Explanation
    places: tuple[str, ...]


async def verify_form(request: web.Request) -> web.StreamResponse:
    """Ask for a file."""
    limit = request.app[SERVICES].limits.pdf_bytes
    return page(request, "verify.html", limit=limit)


async def verified(request: web.Request) -> web.StreamResponse:
    """Judge the file that comes and show the verdict."""
    limit = request.app[SERVICES].limits.pdf_bytes
    require_length(request, limit=limit + _FORM_ROOM)
    with request.app[GATE].passed():
        report = await _judged(request)
        # A message of many parts makes a long report, which must not stall others.
        return await asyncio.to_thread(_verdict_page, request, report)


async def _judged(request: web.Request) -> Report:
    services = request.app[SERVICES]
    file = await upload_of(request, idle_seconds=services.limits.idle_seconds)
    language = visitor_of(request).language
    command = VerifyFile(content_type="", chunks=file.chunks, language=language)
    return replace(await verify_file(services, command), name=file.name)


def _verdict_page(request: web.Request, report: Report) -> web.Response:
    return page(request, "verdict.html", **verdict_values(report))


def verdict_values(report: Report) -> dict[str, Any]:
    """Return what the template of a verdict shows."""
    verdict = report.verdict
    signatures = list(all_signatures(verdict))
    reasons = _by_code(problems(verdict))
    parts = list(all_parts(verdict.parts))
    passed = verdict.indication is Indication.TOTAL_PASSED
    shown = (len(signatures), len(reasons), len(parts))
    return {
        "mark": MARKS[verdict.indication],
        "sentence": words.INDICATIONS[verdict.indication],
        "codes": _codes(verdict),
        "file_rows": _file_rows(report),
        "signatures": [_signature(*one, report) for one in signatures[:MOST_SHOWN]],
        "problems": reasons[:MOST_SHOWN],
        "problem_mark": Mark.OPEN if passed else MARKS[verdict.indication],
        "reasons_heading": words.NOTES if passed else words.REASONS,
        "most": MOST_SHOWN,
        "parts": [_part(one) for one in parts[:MOST_SHOWN]],
        "more": sum(max(0, one - MOST_SHOWN) for one in shown),
        "downloads": _downloads(report),
        "symbol": _symbol,
        "report_words": words,
    }


def _codes(verdict: Verdict) -> str:
    both = (verdict.indication, verdict.sub_indication)
    return " / ".join(str(one) for one in both if one)


def _file_rows(report: Report) -> tuple[Row, ...]:
    return (
        Row(words.FILE, named(report.name)),
        Row(words.FILE_KIND, words.KINDS[report.verdict.kind]),
        Row(words.CHECKED_AT, same(local(report.checked_at))),
        Row(words.DIGEST, same(report.sha256)),
        *policy_rows(report.verdict),
    )


def _signature(
    part: str, signature: SignatureVerdict, report: Report
) -> ShownSignature:
    drawing = chain_picture(signature, report)
    drawn = picture(drawing, report.say(words.CHAIN)) if drawing.boxes else ""
    return ShownSignature(
        title=title_of(signature),
        place=" – ".join(clean(one) for one in (part, signature.field) if one),
        mark=MARKS[signature.indication],
        state=words.SHORT[signature.indication],
        rows=signature_rows(signature),
        drawing=Markup(drawn),  # noqa: S704 - every text in it is escaped by `svg`
    )


def _by_code(reasons: Iterable[Reason]) -> list[Problem]:
    """Say the same once, wherever it is found."""
    places: dict[ErrorCode, list[str]] = {}
    for one in reasons:
        places.setdefault(one.code, []).append(clean(one.place))
    return [
        Problem(code=code, explanation=explain(code), places=tuple(filter(None, found)))
        for code, found in places.items()
    ]


def _part(part: Verdict) -> dict[str, object]:
    return {
        "name": named(part.name),
        "kind": words.KINDS[part.kind],
        "mark": MARKS[part.indication],
        "state": words.SHORT[part.indication],
    }


def _downloads(report: Report) -> tuple[Download, ...]:
    made = ((name, form.MEDIA_TYPE, form.render(report)) for name, form in _FORMS)
    return tuple(
        Download(form=name, address=f"data:{kind};base64,{b64encode(data).decode()}")
        for name, kind, data in made
        if len(data) <= _MOST_EMBEDDED
    )


def _symbol(mark: Mark) -> Markup:
    return Markup(symbol(mark))  # noqa: S704 - a drawing without any text
