"""Leases in MongoDB."""

from datetime import datetime, timedelta

from exchange.domain.leases import latest_end
from exchange.storage.mongo.driver import Database, DuplicateError, available


class MongoLeases:
    """Who may do a job that only one process may do."""

    def __init__(self, database: Database) -> None:
        self._leases = database["leases"]

    async def acquire(
        self, name: str, *, owner: str, now: datetime, seconds: float
    ) -> bool:
        """Take or renew a lease; False while somebody else holds it."""
        latest = latest_end(now, seconds=seconds)
        over = ({"until": {"$lte": now}}, {"until": {"$gt": latest}})
        free = {"$or": [{"owner": owner}, *over]}
        held = {"owner": owner, "until": now + timedelta(seconds=seconds)}
        try:
            async with available():
                await self._leases.update_one(
                    {"_id": name, **free}, {"$set": held}, upsert=True
                )
        except DuplicateError:
            # Somebody else's is there, so the upsert tried to insert a second one.
            return False
        return True

    async def release(self, name: str, *, owner: str) -> None:
        """Give a lease back; somebody else's stays."""
        async with available():
            await self._leases.delete_one({"_id": name, "owner": owner})
