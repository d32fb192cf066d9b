"""The agency listener of a service with several HTTP workers."""

from dataclasses import replace

from exchange.config import Settings
from exchange.process.base import Base
from exchange.process.exchange_role import ExchangeRole, deliver
from exchange.process.http_worker import WorkerOrder
from exchange.process.http_workers import HttpWorkers, held_port
from exchange.services import Services


async def listen_in_workers(
    base: Base, exchange: ExchangeRole, services: Services
) -> int:
    """Start the loops here and the listener in workers; give the port.

    Raises:
        ExchangeError: the port is taken, or a worker did not come up.
    """
    server = base.settings.server
    port = await base.opened.enter_async_context(
        held_port(server.host, server.port, patience=server.drain_seconds)
    )
    await deliver(base, services)
    order = WorkerOrder(
        settings=_settings(base.settings, exchange, port),
        folder=base.folder,
        clock=base.clock,
    )
    workers = HttpWorkers(order, server.http_workers, services.signals)
    await base.opened.enter_async_context(workers)
    base.readiness.add(workers.check)
    base.metrics.count_workers(workers.counters)
    return port


def _settings(settings: Settings, exchange: ExchangeRole, port: int) -> Settings:
    """Return what a worker follows: this database, this port, few PDF processes."""
    server = settings.server
    pdf_workers = max(1, server.workers // server.http_workers)
    return replace(
        settings,
        mongodb=exchange.database,
        server=replace(server, port=port, workers=pdf_workers),
    )
