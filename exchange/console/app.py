"""The web application of the console."""

from asyncio import Semaphore
from importlib.resources import as_file, files

from aiohttp import web

from exchange.console.keys import (
    ACCOUNTS,
    CONSOLE,
    FINDER,
    GUARD,
    IS_SECURE,
    LIVE,
    TEMPLATES,
    UPLOADS,
)
from exchange.console.live import MOST_OF_ONE
from exchange.console.live_desk import LiveDesk
from exchange.console.pages.compose import PLACES
from exchange.console.recipients import RecipientFinder
from exchange.console.rendering import template_environment
from exchange.console.routes import pages_of
from exchange.console.sign_in_guard import SignInGuard
from exchange.console.visiting import (
    asked_from_own_page,
    guarded,
    on_own_host,
    shown,
    visited,
)
from exchange.http.connection import unnamed
from exchange.http.gate import Gate
from exchange.http.keys import GATE, HEARD, LIMITS, METER, METRICS, SERVICES, STREAMS
from exchange.http.metering import Meter
from exchange.http.metrics import Metrics
from exchange.http.middleware import limited, observed
from exchange.http.patience import Heard
from exchange.http.routes import add_routes
from exchange.http.streams import Streams
from exchange.services import Services
from exchange.settings.console import ConsoleSettings
from exchange.usecases.accounts.office import AccountOffice


def create_console(
    services: Services,
    accounts: AccountOffice,
    settings: ConsoleSettings,
    *,
    metrics: Metrics | None = None,
) -> web.Application:
    """Return the application people work with.

    Args:
        services: what the use cases work with.
        accounts: who people are.
        settings: of its listener.
        metrics: counters shared with the other listeners of the process.
    """
    app = web.Application(
        middlewares=[
            observed,
            shown,
            limited,
            on_own_host,
            visited,
            asked_from_own_page,
        ],
        client_max_size=services.limits.small_body_bytes,
    )
    app.on_response_prepare.append(unnamed)
    app.on_response_prepare.append(guarded)
    app[LIMITS] = services.limits
    app[METRICS] = metrics or Metrics()
    app[HEARD] = Heard()
    app[GATE] = Gate(services.limits.concurrent_intakes)
    app[SERVICES] = services
    app[METER] = Meter(services)
    app[ACCOUNTS] = accounts
    app[CONSOLE] = settings
    app[IS_SECURE] = settings.certificate is not None
    app[FINDER] = RecipientFinder()
    app[GUARD] = SignInGuard()
    app[LIVE] = LiveDesk()
    app[STREAMS] = Streams(MOST_OF_ONE)
    app.on_shutdown.append(app[LIVE].close)
    app[UPLOADS] = Semaphore(PLACES)
    app[TEMPLATES] = template_environment()
    add_routes(app, pages_of(settings))
    with as_file(files("exchange.console") / "static") as folder:
        app.router.add_static("/static", folder, name="static")
    return app
