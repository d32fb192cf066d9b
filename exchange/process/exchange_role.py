"""The role `exchange`: database, hub keys, trust, workers, and the agency listener."""

import os
import socket
from dataclasses import replace

from cryptography import x509

from exchange.app import Listener, create_app, listening
from exchange.config import Settings
from exchange.database import database_address, open_database
from exchange.deadline_rules import deadline_rules
from exchange.delivery.background import delivering
from exchange.delivery.ca_journal import FollowedJournals
from exchange.delivery.controls_watch import ControlsWatch
from exchange.directory_cache import BELIEVED_SECONDS, DirectoryCache
from exchange.errors import ExchangeError
from exchange.http.passed_certificate import proxies_of
from exchange.http.tls import server_context
from exchange.keys import open_hub
from exchange.malware_scanner import ClamdScanner
from exchange.pdf_signers import PooledPdfSigner
from exchange.pdf_workers import PooledPdfReader
from exchange.process.base import Base, refuse_demo_root_beyond_loopback
from exchange.process.carriers import carriers_of, webhook_policy
from exchange.remembered_verdicts import RememberedVerdicts
from exchange.retention import retention_policy
from exchange.services import Services
from exchange.settings.database import MongoSettings
from exchange.settings.server import AuthMode
from exchange.signals import Signals
from exchange.stamp_client import FollowedStampClient
from exchange.tokens import open_token_desk
from exchange.trust import FollowedTrust
from pki.errors import PkiError
from pki.files import read_private_file
from pki.http_fetch import HttpFetcher
from pki.revocation.client import RevocationClient
from signing.workers.pool import WorkerPool
from signing.workers.protocol import SIGNING_JOBS


class ExchangeRole:
    """Carries documents.

    Args:
        settings: everything an operator sets.

    Raises:
        CodedError: a key or certificate is missing, unreadable, or for show.
    """

    def __init__(self, settings: Settings) -> None:
        self._hub = open_hub(settings)
        self._trust = FollowedTrust(settings.trust, policy=settings.verification.policy)
        self._database = settings.mongodb
        named = settings.scanner.address
        self._scanner = ClamdScanner(settings.scanner) if named else None
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

    @property
    def database(self) -> MongoSettings:
        """Where the database is, once started; another process may join it."""
        return self._database

    async def start(self, base: Base) -> Services:
        """Open the database and everything the handlers work with.

        Raises:
            CodedError: the database does not come up.
        """
        enter, settings = base.opened.enter_async_context, base.settings
        pool = _pool(settings)
        base.opened.push_async_callback(pool.close)
        pool.begin()
        uri = await enter(database_address(settings.mongodb, base.folder))
        self._database = replace(settings.mongodb, uri=uri)
        storage = await enter(open_database(self._database, base.folder))
        await pool.start()
        signing_pool = _signing_pool(settings)
        base.opened.push_async_callback(signing_pool.close)
        await base.repeat("trust", self._trust.turn)
        services = Services(
            storage=storage,
            clock=base.clock,
            hub=self._hub,
            trust=self._trust,
            pdfs=RememberedVerdicts(PooledPdfReader(pool)),
            signer=PooledPdfSigner(signing_pool),
            stamps=self._stamps(base),
            revocations=_revocations(settings),
            signals=Signals(),
            retention=retention_policy(settings.retention),
            tokens=open_token_desk(settings.tokens.key_file, settings.hub.id),
            limits=settings.limits,
            addressing=settings.addressing,
            directory=DirectoryCache(believed_seconds=BELIEVED_SECONDS),
            counters=base.metrics,
            carriers=carriers_of(settings),
            webhook_policy=webhook_policy(settings),
            delivers_at_once=True,
            scanner=self._scanner,
            deadlines=deadline_rules(settings.calendar, settings.deadlines),
        )
        base.readiness.add(services.check)
        watch = ControlsWatch(services, base.metrics)
        watch.look_at_keys()
        # Whoever counts what is used opens after this, and has closed before it.
        base.opened.push_async_callback(watch.stop)
        await base.repeat("controls", watch.turn)
        return services

    def _stamps(self, base: Base) -> FollowedStampClient | None:
        """Return who stamps signatures made elsewhere, if anybody is named."""
        settings = base.settings.time_stamping
        if not settings.servers:
            return None
        return FollowedStampClient(settings, lambda: self._trust.material, base.clock)

    async def listen(self, base: Base, services: Services) -> int:
        """Open the agency listener, and check and sequence; give the port."""
        agency = create_app(
            services,
            auth=base.settings.auth,
            metrics=base.metrics,
            owner=_owner(),
            journals=_journals(base),
            proxies=proxies_of(base.settings.server),
        )
        local = base.settings.server.proxy_socket
        listener = replace(self._listener(base), socket=local)
        return await base.opened.enter_async_context(listening(agency, listener))

    async def listen_beside_others(self, base: Base, services: Services) -> int:
        """Open the agency listener on a port that other processes have open too."""
        agency = create_app(
            services,
            auth=base.settings.auth,
            metrics=base.metrics,
            owner=None,
            processes=base.settings.server.http_workers,
            proxies=proxies_of(base.settings.server),
        )
        listener = replace(self._listener(base), shares_port=True)
        return await base.opened.enter_async_context(listening(agency, listener))

    def _listener(self, base: Base) -> Listener:
        server = base.settings.server
        return Listener(
            host=server.host,
            port=server.port,
            tls=self._tls,
            drain_seconds=server.drain_seconds,
        )


async def deliver(base: Base, services: Services) -> None:
    """Check and sequence what other processes take in."""
    loops = delivering(services, owner=_owner(), journals=_journals(base))
    await base.opened.enter_async_context(loops)


def _revocations(settings: Settings) -> RevocationClient | None:
    """Return who asks about signers and stampers, if anybody may be asked."""
    hosts = settings.trust.revocation_hosts
    if not hosts:
        return None
    fetcher = HttpFetcher(anchors=settings.time_stamping.server_anchors)
    try:
        return RevocationClient(hosts, fetcher)
    except PkiError as error:
        place = "trust.revocation_hosts"
        raise ExchangeError(error.code, place=place) from error


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _journals(base: Base) -> FollowedJournals | None:
    folder = base.settings.publication.folder
    if folder is None:
        return None
    return FollowedJournals(folder=folder, alarm=base.metrics.journal_alarm)


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


def _signing_pool(settings: Settings) -> WorkerPool:
    limits = settings.limits
    size = settings.server.workers
    return WorkerPool(size, limits.pdf_memory_bytes, limits.pdf_seconds, SIGNING_JOBS)
