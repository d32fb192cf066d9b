"""The role `exchange`: database, hub keys, trust, workers, and the agency listener."""

import os
import socket

from cryptography import x509

from exchange.app import Listener, create_app, listening
from exchange.config import AuthMode, KeySettings, Settings
from exchange.database import open_database
from exchange.delivery.ca_journal import FollowedJournals
from exchange.errors import ExchangeError
from exchange.http.tls import server_context
from exchange.keys import open_key
from exchange.pdf_workers import PooledPdfReader
from exchange.process.base import Base, refuse_demo_root_beyond_loopback
from exchange.services import Hub, Services
from exchange.signals import Signals
from exchange.trust import FollowedTrust
from pki.files import read_private_file
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from signing.workers.pool import WorkerPool


class ExchangeRole:
    """Carries documents.

    Args:
        settings: everything an operator sets.

    Raises:
        CodedError: a key or certificate is missing, unreadable, or for show.
    """

    def __init__(self, settings: Settings) -> None:
        self._hub = _hub(settings)
        self._trust = FollowedTrust(settings.trust)
        self._tls = (
            None
            if settings.auth is AuthMode.DEVELOPMENT
            else server_context(_checked(settings).tls)
        )
        refuse_demo_root_beyond_loopback(
            map(x509.load_der_x509_certificate, self._trust.material.roots),
            (
                ("server.host", settings.server.host),
                ("server.public_host", settings.server.public_host),
            ),
        )

    async def start(self, base: Base) -> Services:
        """Open the database and everything the handlers work with.

        Raises:
            CodedError: the database does not come up.
        """
        enter, settings = base.opened.enter_async_context, base.settings
        storage = await enter(open_database(settings.mongodb, base.folder))
        pool = await enter(_pool(settings))
        await base.repeat("trust", self._trust.turn)
        services = Services(
            storage=storage,
            clock=base.clock,
            hub=self._hub,
            trust=self._trust,
            pdfs=PooledPdfReader(pool),
            signals=Signals(),
            limits=settings.limits,
        )
        base.readiness.add(services.check)
        return services

    async def listen(self, base: Base, services: Services) -> int:
        """Open the agency listener; give the port."""
        settings = base.settings
        owner = f"{socket.gethostname()}:{os.getpid()}"
        agency = create_app(
            services,
            auth=settings.auth,
            metrics=base.metrics,
            owner=owner,
            journals=_journals(base),
        )
        listener = Listener(
            host=settings.server.host,
            port=settings.server.port,
            tls=self._tls,
            drain_seconds=settings.server.drain_seconds,
        )
        return await base.opened.enter_async_context(listening(agency, listener))


def _journals(base: Base) -> FollowedJournals | None:
    folder = base.settings.publication.folder
    if folder is None:
        return None
    return FollowedJournals(folder=folder, alarm=base.metrics.journal_alarm)


def _hub(settings: Settings) -> Hub:
    return Hub(
        hub_id=settings.hub.id,
        log_id=settings.hub.log_id,
        receipt=_credential(settings.keys.receipt, "keys.receipt"),
        log=_credential(settings.keys.log, "keys.log"),
    )


def _credential(settings: KeySettings, name: str) -> Credential:
    if not settings.uri:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=f"{name}.uri")
    return open_key(settings)


def _checked(settings: Settings) -> Settings:
    """Refuse a TLS key that is open to others."""
    if settings.tls.key is not None:
        # Read for its check alone.
        read_private_file(settings.tls.key)
    return settings


def _pool(settings: Settings) -> WorkerPool:
    limits = settings.limits
    return WorkerPool(
        settings.server.workers, limits.pdf_memory_bytes, limits.pdf_seconds
    )
