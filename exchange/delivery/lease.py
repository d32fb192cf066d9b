"""A lease that is renewed only now and then, not before every piece of work."""

from datetime import datetime, timedelta

from exchange.services import Services

_RENEWED_AFTER = 2 / 3
"""Of its time: a renewal is a write that waits for the disk.

Every loop looks again, in the time that is left, before it could be somebody else's.
"""


class Lease:
    """Whether a job is this process's to do.

    Storage is atomic whatever leases say; they only spare two processes the same work.

    Args:
        services: storage and clock.
        name: of the job.
        owner: name of this process.
        seconds: how long it lasts when it is not renewed.
    """

    def __init__(
        self, services: Services, name: str, *, owner: str, seconds: float
    ) -> None:
        self._services, self._name, self._owner = services, name, owner
        self._seconds = seconds
        self._renewed: datetime | None = None

    async def held(self) -> bool:
        """Tell whether the job is ours; take or renew the lease where that is due.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        now = self._services.now()
        fresh = timedelta(seconds=self._seconds * _RENEWED_AFTER)
        if self._renewed is not None and self._renewed <= now < self._renewed + fresh:
            return True
        self._renewed = None
        leases = self._services.storage.leases
        if await leases.acquire(
            self._name, owner=self._owner, now=now, seconds=self._seconds
        ):
            self._renewed = now
        return self._renewed is not None

    async def release(self) -> None:
        """Let another process take over at once."""
        self._renewed = None
        await self._services.storage.leases.release(self._name, owner=self._owner)
