"""What the database holds after a run, read once and by the names of the plan."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from schemas.identifiers import EnvelopeId
from tests.prove.simulation.model import EVERYBODY
from tests.prove.simulation.run import Run
from tests.support.station import Station

Document = dict[str, Any]
Collection = AsyncCollection[Document]
Keys = Mapping[EnvelopeId, str]

_FAR = datetime(2100, 1, 1, tzinfo=UTC)
_BY_THE_CLOCK = {"offered_again"}
"""Steps whose number depends on how long something took."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says."""

    state: dict[tuple[str, str], str]
    steps: Counter[tuple[str, str, str]]
    accepted: Counter[str]
    stray: list[str]


async def read_stored(run: Run, station: Station) -> Stored:
    """Read what the running service has stored."""
    keys = {EnvelopeId(one): key for one, key in run.keys.items()}
    async with station.storage() as storage:
        # What requests that were cut off left behind is cleared away.
        await storage.envelopes.drop_orphans(before=_FAR)
    async with AsyncMongoClient[Document](station.uri()) as client:
        database = client["lienthong"]
        subjects = database["envelopes"].find({"kind": "document"}, {"subject": 1})
        return Stored(
            await _states(database["deliveries"], keys),
            await _steps(database["receipts"], keys),
            Counter([one["subject"].partition(" ")[0] async for one in subjects]),
            await _strays(database),
        )


async def _states(deliveries: Collection, keys: Keys) -> dict[tuple[str, str], str]:
    wanted = {"_id": 0, "envelope": 1, "recipient": 1, "state": 1}
    return {
        (keys[one["envelope"]], one["recipient"]): one["state"]
        async for one in deliveries.find({}, wanted)
        if one["envelope"] in keys
    }


async def _steps(receipts: Collection, keys: Keys) -> Counter[tuple[str, str, str]]:
    wanted = {"recipient": 1, "step": 1}
    steps = [
        (keys[_owner(one)], one.get("recipient") or EVERYBODY, one["step"])
        async for one in receipts.find({}, wanted)
        if _owner(one) in keys and one["step"] not in _BY_THE_CLOCK
    ]
    return Counter(steps)


async def _strays(database: AsyncDatabase[Document]) -> list[str]:
    chunks = database["body_chunks"].find({}, {"_id": 1})
    owners = {_owner(one) async for one in chunks}
    claimed = database["envelopes"].find({"_id": {"$in": list(owners)}}, {"_id": 1})
    known = {one["_id"] async for one in claimed}
    return [f"{one}: chunks of nothing" for one in sorted(owners - known)]


def _owner(part: Document) -> EnvelopeId:
    """Return the envelope a part of one belongs to."""
    return EnvelopeId(str(part["_id"]).partition("/")[0])
