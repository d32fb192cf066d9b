"""Who may do a job that only one process may do."""

from datetime import datetime
from typing import Protocol


class LeaseStore(Protocol):
    """Who may do a job that only one process may do."""

    async def acquire(
        self, name: str, *, owner: str, now: datetime, seconds: float
    ) -> bool:
        """Take or renew a lease; False while somebody else holds it.

        Nobody holds one that ends later than `exchange.domain.leases.latest_end`.
        """

    async def release(self, name: str, *, owner: str) -> None:
        """Give a lease back."""
