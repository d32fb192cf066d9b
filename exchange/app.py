"""The two web applications, and the listeners they stand behind."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

from aiohttp import web

from exchange.delivery.background import delivering
from exchange.delivery.ca_journal import FollowedJournals
from exchange.errors import ExchangeError
from exchange.http.auth import Authenticator
from exchange.http.connection import accepting, accepting_locally, unnamed
from exchange.http.gate import Gate
from exchange.http.keys import (
    AUTHENTICATOR,
    GATE,
    HEARD,
    LIMITS,
    METER,
    METRICS,
    READINESS,
    SERVICES,
    STREAMS,
)
from exchange.http.metering import Meter
from exchange.http.metrics import Metrics
from exchange.http.middleware import (
    authenticated,
    explained,
    limited,
    observed,
)
from exchange.http.passed_certificate import NOBODY, Proxies
from exchange.http.patience import Heard, closing_silent
from exchange.http.routes import ADMIN_LISTENER, AGENCY_LISTENER, add_routes
from exchange.http.streams import Streams
from exchange.http.uploads import name_protocol
from exchange.readiness import Readiness
from exchange.services import Services
from exchange.settings.limits import LimitSettings
from exchange.settings.server import AuthMode
from schemas.errors import ErrorCode


def create_app(
    services: Services,
    *,
    auth: AuthMode = AuthMode.MUTUAL_TLS,
    metrics: Metrics | None = None,
    owner: str | None = "hub",
    journals: FollowedJournals | None = None,
    processes: int = 1,
    proxies: Proxies = NOBODY,
) -> web.Application:
    """Return the application of the agency listener.

    Args:
        services: what the handlers work with.
        auth: how callers are known.
        metrics: counters shared with the admin application.
        owner: name of this process in leases, as it checks and sequences too; None
            where another process does.
        journals: of the CAs, entered in the log.
        processes: that take requests; each admits its share.
        proxies: who may pass on certificates of others.
    """
    app = _application(services.limits, metrics or Metrics())
    app[SERVICES] = services
    app[READINESS] = Readiness()
    app[READINESS].add(services.check)
    app[AUTHENTICATOR] = Authenticator(services, mode=auth, proxies=proxies)
    app[GATE] = Gate(services.limits.concurrent_intakes)
    app[METER] = Meter(services, processes=processes)
    app[STREAMS] = Streams(services.limits.event_streams)
    app.middlewares.append(authenticated)
    app.on_response_prepare.append(name_protocol)
    add_routes(app, AGENCY_LISTENER)

    async def drain(_app: web.Application) -> None:
        services.signals.drain()

    if owner is not None:
        app.cleanup_ctx.append(_delivering(services, owner, journals))
    app.on_shutdown.append(drain)
    return app


def _delivering(
    services: Services, owner: str, journals: FollowedJournals | None
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def background(_app: web.Application) -> AsyncIterator[None]:
        async with delivering(services, owner=owner, journals=journals):
            yield

    return background


def create_admin_app(
    limits: LimitSettings, metrics: Metrics, readiness: Readiness
) -> web.Application:
    """Return the application of the loopback listener: health and counters."""
    app = _application(limits, metrics)
    app[READINESS] = readiness
    add_routes(app, ADMIN_LISTENER)
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where an application listens.

    Args:
        tls: None for a plain listener.
        drain_seconds: how long running requests may finish when it closes.
        shares_port: other processes listen on the same port.
        socket: a Unix socket to listen on besides, without TLS.
    """

    host: str
    port: int
    tls: SSLContext | None = None
    drain_seconds: float = 10.0
    shares_port: bool = False
    socket: Path | None = None


@asynccontextmanager
async def listening(app: web.Application, listener: Listener) -> AsyncIterator[int]:
    """Serve `app` until the end of the block; give the port, free if 0 was asked."""
    runner = web.AppRunner(app, shutdown_timeout=listener.drain_seconds)
    await runner.setup()
    try:
        async with _accepting(app, runner, listener) as port:
            yield port
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _accepting(
    app: web.Application, runner: web.AppRunner, listener: Listener
) -> AsyncIterator[int]:
    if runner.server is None:
        raise ExchangeError(ErrorCode.INTERNAL, place="listener")
    address = (listener.host, listener.port)
    seconds = app[LIMITS].idle_seconds
    async with AsyncExitStack() as opened:
        accepted = accepting(
            runner.server, address, listener.tls, shares_port=listener.shares_port
        )
        try:
            port = await opened.enter_async_context(accepted)
        except OSError as error:
            place = f"server: {listener.host}:{listener.port}"
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
        if listener.socket is not None:
            try:
                local = accepting_locally(runner.server, listener.socket)
                await opened.enter_async_context(local)
            except OSError as error:
                place = "server.proxy_socket"
                code = ErrorCode.CONFIGURATION_INVALID
                raise ExchangeError(code, place=place) from error
        watch = closing_silent(runner.server, app[HEARD], seconds=seconds)
        await opened.enter_async_context(watch)
        yield port


def _application(limits: LimitSettings, metrics: Metrics) -> web.Application:
    # aiohttp's own cap guards only read(); bodies here are read in capped pieces.
    app = web.Application(
        middlewares=[observed, explained, limited],
        client_max_size=limits.small_body_bytes,
    )
    app.on_response_prepare.append(unnamed)
    app[LIMITS] = limits
    app[METRICS] = metrics
    app[HEARD] = Heard()
    return app
