"""Checks what was accepted, several envelopes at a time, slow ones apart.

What is to be checked stands in storage, so nothing is lost when a process ends; the
lease only spares two processes the same work.
"""

import asyncio
from collections.abc import Sequence

import structlog

from exchange.delivery.checking import check_envelope
from exchange.delivery.lease import Lease
from exchange.domain.deadlines import is_urgent
from exchange.domain.records import Envelope
from exchange.services import Services
from schemas.identifiers import EnvelopeId

LEASE = "checker"
_LEASE_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_AT_ONCE = 48
_FEW = 8
"""When fewer are running, more are begun: in batches, which commit together."""
_URGENT_AT_ONCE = 16
"""Places for urgent envelopes alone, however many others are running."""
_RETRY_SECONDS = 5.0

_log = structlog.get_logger()


class Checker:
    """The checking loop of one process.

    Args:
        owner: name of this process in the lease.
    """

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._lease = Lease(services, LEASE, owner=owner, seconds=_LEASE_SECONDS)
        self._running: dict[EnvelopeId, asyncio.Task[None]] = {}
        self._urgent: set[EnvelopeId] = set()
        self._more = False

    async def turn(self) -> None:
        """Wait for work, at most a second, and begin it."""
        await self._services.signals.accepted.wait(_LOOK_SECONDS)
        if await self._lease.held():
            await self._begin_waiting()

    async def stop(self) -> None:
        """End running checks, which leave no trace, and give the lease back."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._lease.release()

    async def _begin_waiting(self) -> None:
        store = self._services.storage.envelopes
        found: Sequence[Envelope] = ()
        is_free = len(self._running) - len(self._urgent) <= _FEW
        if is_free:
            found = await store.to_check(limit=_AT_ONCE)
        # A page that is not full has all that waits, the urgent ones too.
        self._more = not is_free or len(found) == _AT_ONCE
        if self._more and len(self._urgent) < _URGENT_AT_ONCE:
            urgent = await store.to_check(limit=_URGENT_AT_ONCE, urgent=True)
            found = [*urgent, *found]
        for one in sorted(found, key=lambda one: -one.urgency):
            self._begin(one)

    def _begin(self, envelope: Envelope) -> None:
        if envelope.envelope_id in self._running:
            return
        if is_urgent(envelope):
            self._urgent.add(envelope.envelope_id)
        self._running[envelope.envelope_id] = asyncio.create_task(
            self._check(envelope), name=f"check {envelope.envelope_id}"
        )

    async def _check(self, envelope: Envelope) -> None:
        try:
            await check_envelope(self._services, envelope)
        except Exception:  # noqa: BLE001 the outermost edge of a task, tried again
            _log.exception("check.failed", envelope=envelope.envelope_id)
            await asyncio.sleep(_RETRY_SECONDS)
        finally:
            del self._running[envelope.envelope_id]
            self._urgent.discard(envelope.envelope_id)
            if self._more and (len(self._running) == _FEW or not self._running):
                # There may be more than fitted beside these.
                self._services.signals.accepted.ring(hurries=True)
