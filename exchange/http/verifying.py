"""Handler: the verdict on a file that is handed in."""

import asyncio

from aiohttp import web

from exchange.http import answers
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import body_chunks, require_length
from exchange.http.wishes import first_wished
from exchange.usecases.verify_file import VerifyFile, verify_file
from schemas.render import verdict_to_json
from signing.reports import etsi, page
from signing.reports.report import Report

_HTML = page.MEDIA_TYPE
FORMS = (answers.JSON, answers.XML, _HTML)
"""What can be asked for by Accept."""

_PAGE_HEADERS = {
    "Content-Security-Policy": f"{page.POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


async def verify(request: web.Request) -> web.Response:
    """POST /v1/verify."""
    services = request.app[SERVICES]
    limits = services.limits
    require_length(request, limit=limits.pdf_bytes)
    command = VerifyFile(
        content_type=request.headers.get("Content-Type", ""),
        chunks=body_chunks(request, idle_seconds=limits.idle_seconds),
        language=request.query.get("lang", "vi"),
    )
    with request.app[GATE].passed():
        report = await verify_file(services, command)
    form = wanted_form(request.headers.get("Accept", ""))
    # A message of many parts makes a long report, which must not stall others.
    return await asyncio.to_thread(_answer, report, form)


def wanted_form(accept: str) -> str:
    """Return the first form that the caller takes; JSON where it does not say."""
    return first_wished(accept, FORMS) or answers.JSON


def _answer(report: Report, form: str) -> web.Response:
    if form == answers.XML:
        return answers.xml(etsi.render(report))
    if form == _HTML:
        return web.Response(
            body=page.render(report),
            content_type=_HTML,
            charset="utf-8",
            headers=_PAGE_HEADERS,
        )
    return answers.as_json(verdict_to_json(report.verdict))
