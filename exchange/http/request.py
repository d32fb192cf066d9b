"""Reading what a request says: caller, parameters, path."""

from aiohttp import web

from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.http.buckets import site_of
from exchange.services import Caller
from schemas.edxml.content_type import media_type
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId

_CALLER = web.RequestKey("caller", Caller)
_LONGEST_NUMBER = 15


def remember_caller(request: web.Request, caller: Caller) -> None:
    """Keep who calls, for the handler and the access log."""
    request[_CALLER] = caller


def caller_of(request: web.Request) -> Caller:
    """Return who calls; routes that are open do not ask."""
    return request[_CALLER]


def known_caller(request: web.Request) -> Caller | None:
    """Return who calls, None before that is known."""
    return request.get(_CALLER)


def caller_name(request: web.Request) -> str:
    """Return the caller's system id, of a person the role; empty if unknown."""
    caller = known_caller(request)
    if caller is None:
        return ""
    # Of people the access log has the role; the audit trail has who it was.
    is_system = caller.role is AccessRole.SYSTEM
    return caller.system.system_id if is_system else caller.role


def site_of_peer(request: web.Request) -> str:
    """Return where a request comes from; empty on a Unix socket."""
    transport = request.transport
    peer = transport.get_extra_info("peername") if transport else None
    return site_of(peer[0]) if peer else ""


def envelope_id_of(request: web.Request) -> EnvelopeId:
    """Return the envelope the path names."""
    return EnvelopeId(request.match_info["id"])


def media_type_of(request: web.Request) -> str:
    """Return the media type of the body, in lower case; empty where none is named.

    aiohttp reads this header by the grammar of mail, which takes the square of its
    length and decodes parameters by whatever charset they name.
    """
    return media_type(request.headers.get("Content-Type", ""))


def agency_parameter(request: web.Request) -> str | None:
    """Return the agency a call is made for, None when it names none."""
    return request.query.get("agency")


def required_agency(request: web.Request) -> str:
    """Return the agency a call is made for.

    Raises:
        ExchangeError: it names none (REQUEST_INVALID).
    """
    agency = agency_parameter(request)
    if not agency:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="agency")
    return agency


def number_parameter(request: web.Request, name: str, *, default: int) -> int:
    """Return a whole number of the query.

    Raises:
        ExchangeError: it is none (REQUEST_INVALID).
    """
    text = request.query.get(name, str(default))
    if len(text) > _LONGEST_NUMBER or not text.removeprefix("-").isdecimal():
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return int(text)
