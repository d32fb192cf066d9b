"""What the process of the console has besides the exchange itself."""

from dataclasses import dataclass, field

from aiohttp import web

from exchange.certification.office import CaThread
from exchange.readiness import Readiness


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Parts that are only in some processes.

    Args:
        readiness: checks of the process.
        ca: the CA, where its process has that role; None elsewhere.
    """

    readiness: Readiness = field(default_factory=Readiness)
    ca: CaThread | None = None


STATION = web.AppKey("station", Station)


def station_of(request: web.Request) -> Station:
    """Return what the process has."""
    return request.app.get(STATION, Station())
