"""Around every handler: time limit, caller, errors, counters, one line of log."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

import structlog
from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError

from exchange.errors import ExchangeError, MethodNotAllowedError
from exchange.http.access_line import (
    CLIENT_GONE,
    access_line,
    begin_line,
    note_code,
    request_id,
)
from exchange.http.answers import require_unanswered
from exchange.http.keys import (
    AUTHENTICATOR,
    HEARD,
    LIMITS,
    METER,
    METRICS,
    PLAINLY,
    SERVICES,
)
from exchange.http.limits import require_readable
from exchange.http.problems import CONTENT_TYPE, plain_problem, problem
from exchange.http.request import remember_caller
from exchange.http.routes import route_of
from schemas.errors import CodedError, ErrorCode

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger()


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count and log a request; no query, no payload, no names of people."""
    began = perf_counter()
    begin_line(request)
    request.app[HEARD].add(request)
    route = route_of(request)
    operation = route.operation_id if route else "none"
    response = None
    try:
        response = await handler(request)
        return response
    finally:
        seconds = perf_counter() - began
        status = CLIENT_GONE if response is None else response.status
        request.app[METRICS].answered(operation, status, seconds)
        _log.info("http.request", **access_line(request, route, response, seconds))


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into its problem document, unless an answer has begun."""
    try:
        return await handler(request)
    except CodedError as error:
        return _refused(request, error)
    except web.HTTPMethodNotAllowed as error:
        return _refused(request, MethodNotAllowedError(error.allowed_methods))
    except web.HTTPException as error:
        code = ErrorCode.NOT_FOUND if error.status == 404 else ErrorCode.REQUEST_INVALID
        return _refused(request, ExchangeError(code))
    except (ConnectionError, ClientPayloadError):
        # The peer is gone; there is nobody to tell.
        raise
    except Exception:  # noqa: BLE001 the outermost edge of a request
        _log.exception("http.failed", occurrence=request_id(request))
        return _refused(request, ExchangeError(ErrorCode.INTERNAL))


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a request the time its route may take."""
    limits = request.app[LIMITS]
    route = route_of(request)
    is_transfer = route is not None and route.is_transfer
    seconds = limits.transfer_seconds if is_transfer else limits.request_seconds
    try:
        async with asyncio.timeout(seconds):
            return await handler(request)
    except TimeoutError as error:
        raise ExchangeError(ErrorCode.REQUEST_TIMEOUT) from error


@web.middleware
async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who calls and whether it may, before anything of the body is read."""
    require_readable(request)
    route = route_of(request)
    if route is not None and not route.is_open:
        authenticator = request.app[AUTHENTICATOR]
        caller = await authenticator.caller(request)
        remember_caller(request, caller)
        # Before anything is written about it: what it may not do is counted, too.
        request.app[METER].admit(request, route, caller)
        await authenticator.require_allowed(route, caller)
        if route.takes_in:
            request.app[SERVICES].switches.require_open()
    return await handler(request)


def _refused(request: web.Request, error: CodedError) -> web.StreamResponse:
    occurrence = request_id(request)
    note_code(request, error.code)
    request.app[METRICS].refused(error.code)
    if error.code is ErrorCode.INTERNAL:
        _log.error("http.internal", occurrence=occurrence, place=error.place)
        error = ExchangeError(ErrorCode.INTERNAL)
    require_unanswered(request, error)
    response = _answer(request, error, occurrence)
    if request.can_read_body and not request.content.is_eof():
        # What was refused unread is not read: the peer is told and the line closed. A
        # body that has come already is in nobody's way: a peer that is told to wait
        # keeps its line, and needs no handshake to ask again.
        response.force_close()
    return response


def _answer(request: web.Request, error: CodedError, occurrence: str) -> web.Response:
    """Answer as the listener's peers read it, unless they ask for the document."""
    wants_document = CONTENT_TYPE in request.headers.get("Accept", "")
    if request.app.get(PLAINLY, False) and not wants_document:
        return plain_problem(error, occurrence=occurrence)
    return problem(error, occurrence=occurrence)
