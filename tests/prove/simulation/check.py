"""Compares what happened, and what is stored, with the model. Empty lists are right."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pymongo import AsyncMongoClient

from clients.agency import AgencyClient
from clients.answers import InboxItem
from exchange.usecases.audit_log import audit_log
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from schemas.verdict import Indication
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from tests.prove.simulation.held import Document, read_stored
from tests.prove.simulation.model import Line
from tests.prove.simulation.run import Run
from tests.support.station import Station

_BUNDLES, _TRACES, _ALONE = 10, 40, 20
_AT_ONCE = 16
_PAGE = 200

_One = TypeVar("_One")
_Found = TypeVar("_Found")
Place = tuple[int, EnvelopeId]
"""Cursor and envelope of a line of an inbox."""


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
        """Say which inboxes read otherwise from the beginning than as they came.

        Every system reads those of all its agencies; some are also read alone.
        """
        systems = await _at_once(self._inboxes_of, self._run.desks)
        together = {agency: lines for one in systems for agency, lines in one.items()}
        some = random.Random(self._run.plan.scale.seed).sample(self._agencies, _ALONE)
        read = await _at_once(self._inbox_of, some)
        alone = dict(zip(some, read, strict=True))
        return [
            f"{agency}: {len(found)} for {len(self._as_it_came(agency))}"
            for agency, found in (
                *((one, together.get(one, [])) for one in self._agencies),
                *alone.items(),
            )
            if found != self._as_it_came(agency)
        ]

    def _as_it_came(self, agency: OrganId) -> list[Place]:
        return [_place(one.item) for one in self._run.seen[agency]]

    async def _inboxes_of(self, system: SystemId) -> dict[OrganId, list[Place]]:
        """Read the inboxes of the agencies that a system speaks for."""
        found: dict[OrganId, list[Place]] = defaultdict(list)
        for item in await _inbox(self._run.desks[system].client, None):
            if self._run.acting.get(item.agency) == system:
                found[item.agency].append(_place(item))
        return found

    async def _inbox_of(self, agency: OrganId) -> list[Place]:
        lines = await _inbox(self._run.desk(agency).client, agency)
        return list(map(_place, lines))

    def refusals(self) -> list[str]:
        """Say what was refused and should not be, or the other way round."""
        differing = self._model.refused.symmetric_difference(self._run.refused)
        return [f"{one}: {self._run.refused.get(one)}" for one in sorted(differing)]

    async def repeats(self) -> list[str]:
        """Send kept messages again; say whose receipt differs."""
        said = await _at_once(self._repeat, self._run.kept)
        return [*self._run.measured.unequal, *filter(None, said)]

    async def _repeat(self, key: str) -> str:
        message, receipt = self._run.kept[key]
        sender = self._run.plan.all_letters[key].sender
        # Ids are the system's own, whoever succeeds its agency.
        system = self._run.plan.province.acting[sender]
        again = await self._run.desks[system].client.send(message)
        return "" if again.receipt == receipt else f"{key}: another receipt"

    async def stored(self) -> list[str]:
        """Say what the database holds otherwise than the model."""
        held = await read_stored(self._run, self._station)
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
        said = await _at_once(self._bundle, self._sample(_BUNDLES))
        return [one for one in said if one]

    async def _bundle(self, key: str) -> str:
        letter = self._run.plan.all_letters[key]
        client = self._run.desk(letter.sender).client
        bundle = await client.evidence(letter.sender, self._run.envelopes[key])
        trust = self._station.site.trust()
        verdict = await asyncio.to_thread(
            judge_bundle, bundle, material=trust, at=None, judge_pdf=judge_pdf
        )
        is_good = verdict.indication is Indication.TOTAL_PASSED
        return "" if is_good else f"{key}: {verdict.indication} {verdict.reasons}"

    async def traces(self) -> list[str]:
        """Compare what some senders are told with the model."""
        keys = self._sample(_TRACES)
        told = dict(zip(keys, await _at_once(self._trace, keys), strict=True))
        due: dict[str, dict[tuple[str, str], str]] = {key: {} for key in keys}
        for pair, state in self._model.state.items():
            if pair[0] in due:
                due[pair[0]][pair] = state
        return [line for key in keys for line in _differing(due[key], told[key])]

    async def _trace(self, key: str) -> dict[tuple[str, str], str]:
        letter = self._run.plan.all_letters[key]
        client = self._run.desk(letter.sender).client
        trace = await client.trace(letter.sender, self._run.envelopes[key])
        return {(key, one.agency): one.state for one in trace.deliveries}

    def _sample(self, count: int) -> list[str]:
        chance = random.Random(self._run.plan.scale.seed)
        keys = sorted(self._run.accepted_at)
        return chance.sample(keys, min(count, len(keys)))


async def _at_once(
    work: Callable[[_One], Awaitable[_Found]], many: Iterable[_One]
) -> list[_Found]:
    """Do the same with many, some at a time; results in their order."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(each: _One) -> _Found:
        async with limit:
            return await work(each)

    return await asyncio.gather(*map(one, many))


async def _inbox(client: AgencyClient, agency: OrganId | None) -> list[InboxItem]:
    """Read from the beginning; a page that is not full is the last."""
    items, after = list[InboxItem](), -1
    while True:
        page = await client.inbox(agency, after=after, limit=_PAGE)
        items.extend(page.items)
        after = page.cursor
        if len(page.items) < _PAGE:
            return items


def _place(item: InboxItem) -> Place:
    return item.cursor, item.envelope_id


def _differing(due: Mapping[Any, object], found: Mapping[Any, object]) -> list[str]:
    return [
        f"{key}: {found.get(key)} for {due.get(key)}"
        for key in {*due, *found}
        if due.get(key) != found.get(key)
    ]
