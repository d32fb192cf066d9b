"""The one table of what can be called; OpenAPI is generated from it."""

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http import health
from exchange.http.answers import JSON, TEXT
from exchange.http.keys import ROUTES
from exchange.http.openapi import description_handler
from exchange.http.route import Route
from exchange.http.tables.directory import DIRECTORY_ROUTES
from exchange.http.tables.envelopes import ENVELOPE_ROUTES
from exchange.http.tables.evidence import EVIDENCE_ROUTES
from exchange.http.tables.registers import REGISTER_ROUTES
from exchange.http.tables.signing import SIGNING_ROUTES
from exchange.http.tables.tending import TENDING_ROUTES
from exchange.http.tables.tokens import TOKEN_ROUTES
from exchange.http.tables.uploads import UPLOAD_ROUTES
from exchange.http.tables.webhooks import WEBHOOK_ROUTES
from schemas.errors import ErrorCode

_VARIABLES = {
    "{id}": "{id:[0-9A-HJKMNP-TV-Z]{26}}",
    "{n}": "{n:[1-9][0-9]{0,3}}",
    "{code}": "{code:[A-Za-z0-9._-]{1,35}}",
    "{name}": "{name:[a-z0-9-]{1,35}}",
    "{digest}": "{digest:[0-9a-f]{64}}",
}

AGENCY_ROUTES: tuple[Route, ...] = (
    *ENVELOPE_ROUTES,
    *UPLOAD_ROUTES,
    *EVIDENCE_ROUTES,
    *DIRECTORY_ROUTES,
    *SIGNING_ROUTES,
    *TOKEN_ROUTES,
    *TENDING_ROUTES,
    *REGISTER_ROUTES,
    *WEBHOOK_ROUTES,
)

_SEEN_BY_ALL: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/health/live",
        operation_id="isLive",
        summary="Còn chạy / the process answers",
        handler=health.live,
        answers={200: JSON},
        is_open=True,
    ),
    Route(
        method="GET",
        path="/health/ready",
        operation_id="isReady",
        summary="Sẵn sàng / the database answers too",
        handler=health.ready,
        answers={200: JSON},
        is_open=True,
    ),
    Route(
        method="GET",
        path="/openapi.json",
        operation_id="describe",
        summary="Mô tả giao diện / this description",
        handler=description_handler(AGENCY_ROUTES),
        answers={200: JSON},
        is_open=True,
    ),
)

AGENCY_LISTENER: tuple[Route, ...] = (*AGENCY_ROUTES, *_SEEN_BY_ALL)
ADMIN_LISTENER: tuple[Route, ...] = (
    *_SEEN_BY_ALL,
    Route(
        method="GET",
        path="/metrics",
        operation_id="metrics",
        summary="Số đo / counters for operators",
        handler=health.metrics,
        answers={200: TEXT},
        is_open=True,
    ),
)


def add_routes(app: web.Application, routes: tuple[Route, ...]) -> None:
    """Make `routes` callable by those whom each allows.

    Raises:
        ExchangeError: a route says neither whom it allows nor that it is open, or both
            (INTERNAL, the operation is named).
    """
    for route in routes:
        if bool(route.allowed) is route.is_open:
            raise ExchangeError(ErrorCode.INTERNAL, place=route.operation_id)
    app[ROUTES] = {one.operation_id: one for one in routes}
    for route in routes:
        path = route.path
        for variable, pattern in _VARIABLES.items():
            path = path.replace(variable, pattern)
        app.router.add_route(route.method, path, route.handler, name=route.operation_id)


def route_of(request: web.Request) -> Route | None:
    """Return the row of the table that a request matched."""
    return request.app[ROUTES].get(request.match_info.route.name or "")
