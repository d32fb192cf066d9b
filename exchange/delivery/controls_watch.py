"""Follows what operators switch, what room is left and whether receipts would hold."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import structlog

from exchange.errors import StorageUnavailableError
from exchange.own_keys import key_faults, keys_of
from exchange.services import Services

_log = structlog.get_logger()
_LOOK_SECONDS = 1.0
_LOOKS_PER_TELLING = 5


class Gauges(Protocol):
    """Where it is told."""

    def maintenance(self, *, is_on: bool) -> None:
        """Tell whether nothing is taken in."""

    def room(self, free_bytes: int) -> None:
        """Tell how much room is left where the database is."""

    def hub_key_opened(self, key: str, end: datetime) -> None:
        """Take note of when the certificate of a key ends; keys are a closed set."""


class ControlsWatch:
    """Every process that takes requests has one.

    Args:
        services: of this process.
        gauges: where maintenance, room and the end of keys are shown.
    """

    def __init__(self, services: Services, gauges: Gauges) -> None:
        self._services, self._gauges = services, gauges
        self._looks = 0
        self._telling: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Look, now and then tell, and wait a second."""
        await self.look()
        self.look_at_keys()
        if self._looks % _LOOKS_PER_TELLING == 0:
            await self._tell()
            await self.look_at_room()
        self._looks += 1
        await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self) -> None:
        """Tell what was used since; called once turns have ended and nothing counts.

        What the database does not take now is forgotten, as by a killed process.
        """
        if self._telling is not None:
            await asyncio.wait((self._telling,))
        with suppress(StorageUnavailableError):
            await self._tell()

    async def _tell(self) -> None:
        """Tell what was used; a turn that is cut off leaves it to its end.

        Else the same would be told a second time at the stop.
        """
        telling = self._services.usage.tell(self._services.storage.usage)
        self._telling = asyncio.create_task(telling, name="usage")
        await asyncio.shield(self._telling)

    async def look(self) -> None:
        """Read what is switched."""
        found = await self._services.storage.controls.maintenance()
        self._services.switches.maintenance = found
        self._gauges.maintenance(is_on=found is not None)

    def look_at_keys(self) -> None:
        """Take nothing in while a receipt of ours would be believed by nobody."""
        services = self._services
        for key, credential in keys_of(services.hub):
            end = credential.certificate.not_valid_after_utc
            self._gauges.hub_key_opened(key, end)
        found = key_faults(services.hub, services.trust, services.now())
        if found != services.switches.key_faults:
            for one in found:
                _log.error("hub_key.not_believed", key=one.key, code=one.code)
            services.switches.key_faults = found

    async def look_at_room(self) -> None:
        """Take nothing in while there is less room than must stay."""
        services = self._services
        free = await services.storage.free_bytes()
        if free is not None:
            services.switches.is_full = free < services.limits.free_bytes
            self._gauges.room(free)
