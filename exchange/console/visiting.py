"""Around every page: headers, host, who looks, and whether their own page asked.

A form is taken from a page of this console, session and role alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode, urlsplit

import structlog
from aiohttp import web
from ulid import ULID

from exchange.console.forms import MULTIPART, fields_of
from exchange.console.keys import ACCOUNTS, CONSOLE, IS_SECURE, VISITOR
from exchange.console.problem_page import problem_page
from exchange.console.rendering import is_look, is_part, see_other, visitor_of
from exchange.console.session import session_in, token_in
from exchange.console.visitor import Visitor
from exchange.console.words.catalogue import LANGUAGES
from exchange.domain.directory import standing
from exchange.domain.sessions import grant_of, must_change_password
from exchange.errors import ExchangeError
from exchange.http.answers import require_unanswered
from exchange.http.keys import METER, SERVICES
from exchange.http.request import media_type_of, remember_caller
from exchange.http.routes import route_of
from exchange.settings.hosts import is_loopback
from exchange.usecases.accounts.signing_in import SignedIn, caller_in
from schemas.errors import CodedError, ErrorCode

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger()

LANGUAGE_COOKIE: Final = "lang"
BACK: Final = "back"
"""Of a query or a form: the page of this console that is wanted afterwards."""

FORM_TOKEN: Final = "form_token"  # noqa: S105 - the name of a field
FORM_TOKEN_HEADER: Final = "Lienthong-Form"  # noqa: S105 - the name of a header
OWN_ANSWER_HEADER: Final = "Lienthong-Console"
"""On every answer; what lacks it came from something between, and is not shown."""

SIGN_IN_PATH: Final = "/sign-in"
ROLE_PATH: Final = "/role"
PASSWORD_PATH: Final = "/password"  # noqa: S105 - a path

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    OWN_ANSWER_HEADER: "1",
}
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_WHERE_TO_GO: Final = {
    ErrorCode.SESSION_MISSING: SIGN_IN_PATH,
    ErrorCode.ROLE_NOT_CHOSEN: ROLE_PATH,
    ErrorCode.PASSWORD_CHANGE_REQUIRED: PASSWORD_PATH,
}


async def guarded(request: web.Request, response: web.StreamResponse) -> None:
    """Say what a page may load and who may show it; nothing is kept by caches."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.app[IS_SECURE]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


@web.middleware
async def shown(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a card or the page that helps, if none has begun yet."""
    try:
        return await handler(request)
    except CodedError as error:
        return _refused(request, error)
    except web.HTTPException as error:
        code = ErrorCode.NOT_FOUND if error.status == 404 else ErrorCode.REQUEST_INVALID
        return _refused(request, ExchangeError(code))
    except ConnectionError:
        # The peer is gone; there is nobody to tell.
        raise
    except Exception:  # noqa: BLE001 the outermost edge of a request
        occurrence = str(ULID())
        _log.exception("console.failed", occurrence=occurrence)
        internal = ExchangeError(ErrorCode.INTERNAL)
        return _refused(request, internal, occurrence)


def _refused(
    request: web.Request, error: CodedError, occurrence: str = ""
) -> web.Response:
    require_unanswered(request, error)
    place = _WHERE_TO_GO.get(error.code)
    if place and request.method in _SAFE_METHODS and not _is_written_on(request):
        return _led_to(request, place)
    return problem_page(request, error, occurrence=occurrence or str(ULID()))


def _is_written_on(request: web.Request) -> bool:
    """Tell whether somebody does something on the page that asks for a part.

    To lead on from there would take what is written on it.
    """
    return is_part(request) and not is_look(request)


def _led_to(request: web.Request, place: str) -> web.Response:
    """Lead to a page; where only a part was asked for, htmx leads there."""
    if is_part(request):
        return web.Response(status=401, headers={"HX-Redirect": place})
    if place == SIGN_IN_PATH and request.path != "/":
        place = f"{place}?{urlencode({BACK: request.path_qs})}"
    return see_other(place)


@web.middleware
async def on_own_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer under the names of this console alone (DNS rebinding)."""
    settings = request.app[CONSOLE]
    name = _host_in(request.host)
    if name not in {settings.host, *settings.names} and not is_loopback(name):
        raise ExchangeError(ErrorCode.NOT_FOUND, place="Host")
    return await handler(request)


def _host_in(authority: str) -> str:
    """Return the host that is asked for (RFC 3986 section 3.2); empty if it is none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


@web.middleware
async def visited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who looks and whether they may, before anything of a body is read."""
    language = request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0])
    visitor = Visitor(language=language if language in LANGUAGES else LANGUAGES[0])
    request[VISITOR] = visitor
    route = route_of(request)
    if route is None:
        return await handler(request)
    visitor = await _known(request, visitor)
    request[VISITOR] = visitor
    if not route.is_open:
        _require_allowed(request, visitor)
    return await handler(request)


def _require_allowed(request: web.Request, visitor: Visitor) -> None:
    route = route_of(request)
    if visitor.account is None:
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    if visitor.caller is None:
        code = (
            ErrorCode.PASSWORD_CHANGE_REQUIRED
            if visitor.must_change
            else ErrorCode.ROLE_NOT_CHOSEN
        )
        raise ExchangeError(code)
    if route is None or visitor.role not in route.allowed:
        raise ExchangeError(ErrorCode.ROLE_NOT_ALLOWED, place=visitor.role or "")
    remember_caller(request, visitor.caller)
    if route.takes_in:
        request.app[SERVICES].switches.require_open()
        request.app[METER].admit(request, route, visitor.caller)


@web.middleware
async def asked_from_own_page(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Do nothing that a page of another site, session or role asked for."""
    if request.method not in _SAFE_METHODS:
        _require_own_origin(request)
        if visitor_of(request).token:
            await require_form_token(request)
    return await handler(request)


async def require_form_token(request: web.Request) -> None:
    """Require what every form of a signed-in person brings back.

    Raises:
        ExchangeError: it is missing or of another session or role (CSRF_TOKEN_WRONG),
            or where it should be is no form (REQUEST_INVALID).
    """
    token = request.headers.get(FORM_TOKEN_HEADER)
    if token is None and media_type_of(request) == MULTIPART:
        # A large body is read by its page, which asks again with what it found.
        token = request.query.get(FORM_TOKEN)
    elif token is None:
        token = (await fields_of(request)).exactly(FORM_TOKEN)
    if not visitor_of(request).is_from_own_page(token or ""):
        raise ExchangeError(ErrorCode.CSRF_TOKEN_WRONG)


def _require_own_origin(request: web.Request) -> None:
    """Browsers say where a form stood (Fetch, Origin)."""
    origin = request.headers.get("Origin")
    if origin is not None and not _is_at(request.host, origin):
        raise ExchangeError(ErrorCode.CSRF_TOKEN_WRONG, place="Origin")
    require_own_site(request)


def _is_at(authority: str, origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == authority
    except ValueError:
        return False


def require_own_site(request: web.Request) -> None:
    """Require that a page of this console, or the person, asks (Fetch Metadata).

    Raises:
        ExchangeError: another site does (CSRF_TOKEN_WRONG).
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in {"same-origin", "none"}:
        raise ExchangeError(ErrorCode.CSRF_TOKEN_WRONG, place="Origin")


async def _known(request: web.Request, visitor: Visitor) -> Visitor:
    token = token_in(request)
    if not token:
        return visitor
    try:
        found = await session_in(request)
    except ExchangeError as error:
        if error.code is ErrorCode.SESSION_MISSING:
            return visitor
        raise
    return await _in_role(request, replace(visitor, token=token), found)


async def _in_role(request: web.Request, visitor: Visitor, found: SignedIn) -> Visitor:
    office = request.app[ACCOUNTS]
    must_change = must_change_password(found.session, found.account)
    known = replace(visitor, account=found.account, must_change=must_change)
    grant = grant_of(found.session, found.account, office.now())
    if grant is None or must_change:
        return known
    name = ""
    if grant.agency is not None:
        agency = await request.app[SERVICES].storage.directory.agency(grant.agency)
        name = standing(agency, office.now()).name if agency else grant.agency
    return replace(
        known, grant=grant, caller=caller_in(office, found), agency_name=name
    )
