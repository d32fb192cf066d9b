"""The console's listener: pages for people, in the service process."""

import ssl

from exchange.app import Listener, listening
from exchange.certification.office import CaThread
from exchange.console.app import create_console
from exchange.console.federation import Federation
from exchange.console.keys import FEDERATION
from exchange.console.station import STATION, Station
from exchange.http.identity_provider import IdentityProvider
from exchange.http.tls import console_context
from exchange.people import account_office
from exchange.process.base import Base
from exchange.services import Services
from exchange.settings.console import ConsoleSettings


async def listen_for_people(
    base: Base, services: Services, ca: CaThread | None = None
) -> int:
    """Open the console; give its port.

    Args:
        base: of the process.
        services: what the use cases work with.
        ca: the CA, where this process has that role.

    Raises:
        CodedError: a file of its TLS or of accounts is missing or unreadable, or its
            address is taken (CONFIGURATION_INVALID).
    """
    settings = base.settings.console
    accounts = account_office(base.settings.accounts, services.storage, services.clock)
    app = create_console(services, accounts, settings, metrics=base.metrics)
    if base.settings.oidc.issuer:
        provider = IdentityProvider(base.settings.oidc, services.clock)
        app[FEDERATION] = Federation(provider)
    app[STATION] = Station(readiness=base.readiness, ca=ca)
    listener = Listener(
        host=settings.host,
        port=settings.port,
        tls=_tls(settings),
        drain_seconds=base.settings.server.drain_seconds,
    )
    return await base.opened.enter_async_context(listening(app, listener))


def _tls(settings: ConsoleSettings) -> ssl.SSLContext | None:
    return None if settings.certificate is None else console_context(settings)
