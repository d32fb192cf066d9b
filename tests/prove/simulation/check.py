"""Compares what happened, and what is stored, with the model. Empty lists are right."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from clients.answers import InboxItem
from exchange.usecases.audit_log import audit_log
from schemas.identifiers import OrganId
from schemas.verdict import Indication
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.prove.simulation.model import EVERYBODY, Line
from tests.prove.simulation.run import Run
from tests.support.station import Station

Document = dict[str, Any]
Collection = AsyncCollection[Document]

_FAR = datetime(2100, 1, 1, tzinfo=UTC)
_BUNDLES, _TRACES = 10, 100
_AT_ONCE = 16
_BY_THE_CLOCK = {"offered_again"}
"""Steps whose number depends on how long something took."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says, by the names of the plan."""

    state: dict[tuple[str, str], str]
    steps: Counter[tuple[str, str, str]]
    accepted: Counter[str]
    stray: list[str]


class Check:
    """Everything that differs from the model."""

    def __init__(self, run: Run, station: Station) -> None:
        self._run, self._model = run, run.model
        self._station = station

    @property
    def _agencies(self) -> list[OrganId]:
        mergers = self._run.plan.province.mergers
        own = [one.code for one in self._run.plan.province.agencies]
        return [*own, *(one.into for one in mergers)]

    def inboxes(self) -> tuple[Counter[Line], Counter[Line]]:
        """Return the lines that are lost, and those that came without being due."""
        lost: Counter[Line] = Counter()
        doubled: Counter[Line] = Counter()
        for agency in self._agencies:
            seen = Counter(
                self._run.line_of(one.item) for one in self._run.seen[agency]
            )
            due = self._model.inbox[agency]
            lost += due - seen
            doubled += seen - due
        return lost, doubled

    def order(self) -> Iterator[str]:
        """Say where a poller saw something twice, or out of order."""
        for agency in self._agencies:
            items = [one.item for one in self._run.seen[agency]]
            cursors = [one.cursor for one in items]
            if cursors != sorted(cursors):
                yield f"{agency}: out of order"
            if len({one.envelope_id for one in items}) != len(items):
                yield f"{agency}: the same twice"

    async def inboxes_again(self) -> list[str]:
        """Say which inboxes read otherwise from the beginning than as they came."""
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one_inbox(agency: OrganId) -> str:
            async with limit:
                again = await self._inbox(agency)
            seen = [
                (one.item.cursor, one.item.envelope_id)
                for one in self._run.seen[agency]
            ]
            found = [(one.cursor, one.envelope_id) for one in again]
            return "" if found == seen else f"{agency}: {len(found)} for {len(seen)}"

        said = await asyncio.gather(*map(one_inbox, self._agencies))
        return [one for one in said if one]

    async def _inbox(self, agency: OrganId) -> list[InboxItem]:
        client, items, after = self._run.desk(agency).client, list[InboxItem](), -1
        while True:
            page = await client.inbox(agency, after=after, limit=200)
            if not page.items:
                return items
            items.extend(page.items)
            after = page.cursor

    def refusals(self) -> list[str]:
        """Say what was refused and should not be, or the other way round."""
        differing = self._model.refused.symmetric_difference(self._run.refused)
        return [f"{one}: {self._run.refused.get(one)}" for one in sorted(differing)]

    async def repeats(self) -> list[str]:
        """Send kept messages again; say whose receipt differs."""
        said: list[str] = list(self._run.measured.unequal)
        for key, (message, receipt) in self._run.kept.items():
            sender = self._run.plan.all_letters[key].sender
            # Ids are the system's own, whoever succeeds its agency.
            system = self._run.plan.province.acting[sender]
            again = await self._run.desks[system].client.send(message)
            if again.receipt != receipt:
                said.append(f"{key}: another receipt")
        return said

    async def stored(self) -> list[str]:
        """Say what the database holds otherwise than the model."""
        held = await self._held()
        said = [
            f"{key}: accepted {n} times" for key, n in held.accepted.items() if n > 1
        ]
        said += held.stray
        said += _differing(self._model.state, held.state)
        steps = Counter({one: n for one, n in self._model.steps.items() if n})
        return said + _differing(steps, held.steps)

    async def log(self) -> list[str]:
        """Compute the tree anew; say what still waits to enter it."""
        async with self._station.storage() as storage:
            audited = await audit_log(storage)
        async with AsyncMongoClient[Document](self._station.uri()) as client:
            waiting = await client["lienthong"]["log_pending"].count_documents({})
        return [f"{waiting} entries wait"] if waiting or not audited.size else []

    async def bundles(self) -> list[str]:
        """Judge the evidence of some letters with the root alone."""
        said: list[str] = []
        trust = self._station.site.trust()
        for key in self._sample(_BUNDLES):
            letter = self._run.plan.all_letters[key]
            client = self._run.desk(letter.sender).client
            bundle = await client.evidence(letter.sender, self._run.envelopes[key])
            verdict = await asyncio.to_thread(
                judge_bundle, bundle, material=trust, at=None, judge_pdf=judge_pdf
            )
            if verdict.indication is not Indication.TOTAL_PASSED:
                said.append(f"{key}: {verdict.indication} {verdict.reasons}")
        return said

    async def traces(self) -> list[str]:
        """Compare what some senders are told with the model."""
        said: list[str] = []
        for key in self._sample(_TRACES):
            letter = self._run.plan.all_letters[key]
            client = self._run.desk(letter.sender).client
            trace = await client.trace(letter.sender, self._run.envelopes[key])
            told = {(key, one.agency): one.state for one in trace.deliveries}
            due = {pair: s for pair, s in self._model.state.items() if pair[0] == key}
            said += _differing(due, told)
        return said

    def _sample(self, count: int) -> list[str]:
        chance = random.Random(self._run.plan.scale.seed)
        keys = sorted(self._run.accepted_at)
        return chance.sample(keys, min(count, len(keys)))

    async def _held(self) -> Stored:
        async with self._station.storage() as storage:
            # What requests that were cut off left behind is cleared away.
            await storage.envelopes.drop_orphans(before=_FAR)
        async with AsyncMongoClient[Document](self._station.uri()) as client:
            database = client["lienthong"]
            subjects = database["envelopes"].find({"kind": "document"}, {"subject": 1})
            return Stored(
                await self._states(database["deliveries"]),
                await self._steps(database["receipts"]),
                Counter([one["subject"].partition(" ")[0] async for one in subjects]),
                await _strays(database),
            )

    async def _states(self, deliveries: Collection) -> dict[tuple[str, str], str]:
        keys, wanted = self._run.keys, {"envelope": 1, "recipient": 1, "state": 1}
        return {
            (keys[one["envelope"]], one["recipient"]): one["state"]
            async for one in deliveries.find({}, wanted)
            if one["envelope"] in keys
        }

    async def _steps(self, receipts: Collection) -> Counter[tuple[str, str, str]]:
        keys, wanted = self._run.keys, {"recipient": 1, "step": 1}
        steps = [
            (
                keys[_owner(one)],
                one.get("recipient") or EVERYBODY,
                one["step"],
            )
            async for one in receipts.find({}, wanted)
            if _owner(one) in keys and one["step"] not in _BY_THE_CLOCK
        ]
        return Counter(steps)


def _owner(part: Document) -> str:
    """Return the envelope a part of one belongs to."""
    return str(part["_id"]).partition("/")[0]


async def _strays(database: AsyncDatabase[Document]) -> list[str]:
    chunks = database["body_chunks"].find({}, {"_id": 1})
    owners = {_owner(one) async for one in chunks}
    claimed = database["envelopes"].find({"_id": {"$in": list(owners)}}, {"_id": 1})
    known = {one["_id"] async for one in claimed}
    return [f"{one}: chunks of nothing" for one in sorted(owners - known)]


def _differing(due: Mapping[Any, object], found: Mapping[Any, object]) -> list[str]:
    return [
        f"{key}: {found.get(key)} for {due.get(key)}"
        for key in {*due, *found}
        if due.get(key) != found.get(key)
    ]
