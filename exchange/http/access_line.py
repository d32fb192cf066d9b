"""The one line that the log says of every request.

No query, no payload, no names of people, nothing a caller could choose freely: systems
and agencies are named only as the directory knows them.
"""

from datetime import UTC, datetime

from aiohttp import web

from exchange.domain.roles import AccessRole
from exchange.http.request import agency_parameter, caller_name, known_caller
from exchange.http.route import Route
from exchange.ids import MonotonicIds
from schemas.errors import ErrorCode

CLIENT_GONE = 499
"""In log and counters: the peer left before it was answered; nothing is sent.

With a code, the hub cut an answer that had begun and could not be finished.
"""

_REQUEST_ID = web.RequestKey("request_id", str)
_CODE = web.RequestKey("code", str)
_names = MonotonicIds()


def begin_line(request: web.Request) -> None:
    """Name a request; its problem document carries the same name."""
    request[_REQUEST_ID] = _names.new(datetime.now(UTC))


def request_id(request: web.Request) -> str:
    """Return the name of a request in the log."""
    return request[_REQUEST_ID]


def note_code(request: web.Request, code: ErrorCode) -> None:
    """Note why a request is refused."""
    request[_CODE] = code.value


def access_line(
    request: web.Request,
    route: Route | None,
    response: web.StreamResponse | None,
    seconds: float,
) -> dict[str, object]:
    """Return what the log says of a request; without a response the peer left."""
    return {
        "request": request_id(request),
        "operation": route.operation_id if route else "none",
        "status": CLIENT_GONE if response is None else response.status,
        "code": request.get(_CODE, ""),
        "milliseconds": round(seconds * 1000, 1),
        "bytes_in": request.content.total_bytes,
        "bytes_out": _sent(response),
        "system": caller_name(request),
        "agency": _agency(request),
    }


def _sent(response: web.StreamResponse | None) -> int:
    """Return the size of an answer: announced, or as far as it was streamed."""
    if response is None:
        return 0
    return response.content_length or response.body_length


def _agency(request: web.Request) -> str:
    """Return the agency a system calls for, of those it is known to act for."""
    caller = known_caller(request)
    if caller is None or caller.role is not AccessRole.SYSTEM:
        return ""
    known = {one.agency for one in caller.system.acts_for}
    named = agency_parameter(request)
    if named is None:
        return next(iter(known)) if len(known) == 1 else ""
    return next((one for one in known if one == named), "")
