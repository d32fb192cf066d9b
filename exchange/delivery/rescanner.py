"""Looks again at what is held because the scanner for malware gave no answer.

While the scanner is away it is asked more and more rarely; once it is back, what it
finds clean is released and what it knows is quarantined. When to ask is not stored: a
process that begins asks at once.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from exchange.delivery.checking import look_at
from exchange.delivery.lease import Lease
from exchange.domain.records import Envelope, delivery_key
from exchange.domain.retries import pause_after
from exchange.errors import ExchangeError
from exchange.services import MalwareScanner, Services
from exchange.storage.ports import DeliveryQuery
from exchange.usecases.scanning import awaits_scan
from exchange.usecases.tending import Tending, release
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import DeliveryState, Step

LEASE = "rescanner"
_LEASE_SECONDS = 60.0
_LOOK_SECONDS = 15.0
_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Waiting:
    """When somebody is asked again, after so many times in vain."""

    failures: int
    until: datetime


class Rescanner:
    """The loop of one process that looks again.

    Args:
        services: storage, clock and what checks.
        scanner: whom it waits for.
        owner: name of this process in the lease.
    """

    def __init__(
        self, services: Services, scanner: MalwareScanner, *, owner: str
    ) -> None:
        self._services, self._scanner = services, scanner
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)
        self._away: _Waiting | None = None
        self._waiting: dict[EnvelopeId, _Waiting | None] = {}

    async def turn(self) -> None:
        """Rest, then look again."""
        await asyncio.sleep(_LOOK_SECONDS)
        await self.look_again()

    async def stop(self) -> None:
        """Let another process take over at once."""
        await self._lease.release()

    async def look_again(self) -> None:
        """Look at everything that is due, if it is this process's to do.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        if not self._is_due(self._away) or not await self._lease.held():
            return
        held = [one async for one in self._held()]
        known = {one.envelope_id for one in held}
        self._waiting = {k: v for k, v in self._waiting.items() if k in known}
        unscanned = [one for one in held if await self._awaits_scan(one)]
        if unscanned and not await self._scanner.answers():
            self._away = self._later(self._away)
            return
        self._away = None
        for one in unscanned:
            await self._look_again(one)

    async def _held(self) -> AsyncIterator[Envelope]:
        after, seen = "", EnvelopeId("")
        while True:
            query = DeliveryQuery(
                states=(DeliveryState.HELD,), after=after, limit=_PAGE
            )
            page = await self._services.storage.deliveries.find(query)
            for item in page:
                if item.envelope.envelope_id != seen:
                    seen = item.envelope.envelope_id
                    yield item.envelope
            if len(page) < _PAGE:
                return
            last = page[-1].delivery
            after = delivery_key(last.envelope_id, last.recipient)

    async def _awaits_scan(self, envelope: Envelope) -> bool:
        """Tell whether it is due; what is held for another reason is looked at once."""
        envelope_id = envelope.envelope_id
        if envelope_id in self._waiting:
            waiting = self._waiting[envelope_id]
            return waiting is not None and self._is_due(waiting)
        if await awaits_scan(self._services.storage, envelope_id):
            return True
        self._waiting[envelope_id] = None
        return False

    async def _look_again(self, envelope: Envelope) -> None:
        checked = await look_at(self._services, envelope)
        envelope_id = envelope.envelope_id
        if checked.step is Step.HELD:
            self._waiting[envelope_id] = self._later(self._waiting.get(envelope_id))
            return
        wanted = Tending(
            envelope_id=envelope_id,
            recipients=frozenset(),
            actor="",
            findings=checked.findings,
        )
        is_good = checked.step is Step.DELIVERED
        try:
            await release(self._services, wanted, lets_through=is_good)
        except ExchangeError as error:
            # An operator may have decided this very moment.
            if error.code is not ErrorCode.STEP_NOT_ALLOWED:
                raise
        self._services.signals.recorded.ring()

    def _is_due(self, waiting: _Waiting | None) -> bool:
        return waiting is None or waiting.until <= self._services.now()

    def _later(self, waiting: _Waiting | None) -> _Waiting:
        failures = (waiting.failures if waiting else 0) + 1
        pause = pause_after(failures, chance=self._services.chance())
        return _Waiting(failures, self._services.now() + pause)
