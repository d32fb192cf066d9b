"""A CA in a folder, a clock that is set by hand, and its thread."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from exchange.certification.office import CaThread, opened_ca
from exchange.settings.certification import CaSettings
from pki.ca.founding import HierarchySettings, create_hierarchy
from tests.support.pki import NOW


@dataclass(slots=True)
class SetClock:
    """A clock that stands until it is set."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Set it later."""
        self.now += by


def found_ca(folder: Path, clock: SetClock) -> Path:
    """Make a CA; return its folder."""
    directory = folder / "pki"
    settings = HierarchySettings(name="Thử nghiệm", demo=True)
    create_hierarchy(directory, settings, clock).close()
    return directory


@asynccontextmanager
async def ca_thread(directory: Path, clock: SetClock) -> AsyncIterator[CaThread]:
    """Open a CA in its thread."""
    async with opened_ca(CaSettings(folder=directory), clock) as ca:
        yield ca
