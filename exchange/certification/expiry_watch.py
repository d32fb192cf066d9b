"""Tells of certificates that end soon: each stage of each certificate once."""

import asyncio
import sqlite3

import structlog

from exchange.certification.office import CaOffice, CaThread
from exchange.http.metrics import Metrics
from pki.registration.expiry import Expiry, ExpiryLook, look
from schemas.errors import CodedError
from schemas.timestamps import format_utc

_log = structlog.get_logger()


class ExpiryWatch:
    """Looks for certificates near their end.

    Args:
        ca: the CA's thread.
        metrics: is told how many there are.
        seconds: between two looks.
    """

    def __init__(self, ca: CaThread, metrics: Metrics, *, seconds: float) -> None:
        self._ca, self._metrics, self._seconds = ca, metrics, seconds

    async def turn(self) -> None:
        """Look, and wait for the next look."""
        await self.look()
        await asyncio.sleep(self._seconds)

    async def look(self) -> None:
        """Tell what has not been told, and count what is near its end."""
        try:
            found = await self._ca.run(_look)
        except (CodedError, sqlite3.Error) as error:
            _log.error("ca.expiry_failed", error=str(error))
            return
        for one in found.due:
            _tell(one)
        for stage, number in found.counts.items():
            self._metrics.expiring(stage, number)


def _look(office: CaOffice) -> ExpiryLook:
    return look(office.desk.office)


def _tell(expiry: Expiry) -> None:
    """Log an event; a serial number and an agency name nobody."""
    _log.warning(
        "ca.certificate_expiring",
        serial=f"{expiry.serial:x}",
        kind=expiry.kind.value,
        agency=expiry.agency or "",
        not_after=format_utc(expiry.not_after),
        stage=expiry.stage,
    )
