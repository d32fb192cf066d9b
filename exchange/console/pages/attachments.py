"""Attachments as pictures and as they are judged; what of a document can be saved."""

import asyncio
from typing import Final

from aiohttp import web

from exchange.console.pages.verifying import verdict_values
from exchange.console.rendering import page, visitor_of
from exchange.errors import ExchangeError
from exchange.http import answers, envelopes
from exchange.http.evidence import bundle
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, envelope_id_of, number_parameter
from exchange.usecases.read_attachment import ReadAttachment
from exchange.usecases.read_envelope import ReadEnvelope, read_receipt
from exchange.usecases.show_attachment import (
    ShownPage,
    draw_attachment,
    judge_attachment,
)
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.catalogue import explain
from schemas.errors import ErrorCode
from signing.reports import words
from signing.reports.report import Report
from signing.reports.rows import MARKS, Mark, problems

_MOODS: Final = {Mark.GOOD: "good", Mark.BAD: "bad"}


async def attachment(request: web.Request) -> web.StreamResponse:
    """Show a page of an attachment, with the way to the others."""
    shown = await _shown(request)
    return page(
        request,
        "attachment.html",
        envelope_id=envelope_id_of(request),
        attachment=shown.attachment,
        drawn=shown.drawn,
    )


async def picture(request: web.Request) -> web.StreamResponse:
    """Return a page of an attachment as PNG."""
    shown = await _shown(request)
    return web.Response(body=shown.drawn.png, content_type="image/png")


async def verdict(request: web.Request) -> web.StreamResponse:
    """Tell in one sentence what an attachment's signatures are worth (a part)."""
    report = await _report(request)
    indication = report.verdict.indication
    reasons = problems(report.verdict)
    return page(
        request,
        "attachment_verdict.html",
        mood=_MOODS.get(MARKS[indication], "unsure"),
        sentence=words.INDICATIONS[indication],
        why=explain(reasons[0].code).message if reasons else None,
        signers=[one.signer for one in report.verdict.signatures if one.signer],
        address=request.path.removesuffix("/verdict") + "/report",
    )


async def report_page(request: web.Request) -> web.StreamResponse:
    """Show everything that was found of an attachment's signatures."""
    report = await _report(request)
    # A long report must not stall others.
    values = await asyncio.to_thread(verdict_values, report)
    return page(request, "verdict.html", **values)


async def content(request: web.Request) -> web.StreamResponse:
    """Hand out an attachment as it was sent, to be saved."""
    return await envelopes.attachment(request)


async def evidence(request: web.Request) -> web.StreamResponse:
    """Hand out what proves a document's story, to be saved and judged anywhere."""
    return await bundle(request)


async def receipt(request: web.Request) -> web.StreamResponse:
    """Hand out what attests a step (``step``), or the acceptance, to be saved."""
    services, key = request.app[SERVICES], request.query.get("step", "")
    caller, envelope_id = caller_of(request), envelope_id_of(request)
    if key:
        command = TraceEnvelope(caller=caller, envelope_id=envelope_id)
        found = await trace_envelope(services, command)
        kept = next((one.content for one in found.receipts if one.key == key), None)
        if kept is None:
            raise ExchangeError(ErrorCode.NOT_FOUND, place="step")
    else:
        wanted = ReadEnvelope(caller=caller, envelope_id=envelope_id)
        kept = await read_receipt(services, wanted)
    name = f"receipt-{(key or 'accepted').replace(':', '-')}.xml"
    saved = {"Content-Disposition": f'attachment; filename="{name}"'}
    return answers.xml(kept, headers=saved)


async def _shown(request: web.Request) -> ShownPage:
    number = number_parameter(request, "page", default=1)
    return await draw_attachment(request.app[SERVICES], _wanted(request), number)


async def _report(request: web.Request) -> Report:
    language = visitor_of(request).language
    return await judge_attachment(request.app[SERVICES], _wanted(request), language)


def _wanted(request: web.Request) -> ReadAttachment:
    return ReadAttachment(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        number=int(request.match_info["n"]),
    )
