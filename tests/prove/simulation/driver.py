"""Carries a plan out against a running service, as forty systems would."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from math import ceil

from clients.answers import InboxItem
from clients.errors import RefusedError
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import StatusCode
from tests.prove.simulation.desk import Seen
from tests.prove.simulation.messages import letter_message
from tests.prove.simulation.plan import BEFORE, Asking, Letter
from tests.prove.simulation.recipients import Recipients
from tests.prove.simulation.run import Run

_STORIES = 48
_STORY_SECONDS = 600.0
_REMEMBERED_SECONDS = 5.5
_REPEATED = 250
"""At most so many messages are kept and sent again at the end."""


class Driver:
    """Carries out a run.

    Args:
        merge: merges the communes at the hub.
        share: of requests that meet with a mishap.
        told: is called with the number of finished documents after each.
    """

    def __init__(
        self,
        run: Run,
        *,
        merge: Callable[[], Awaitable[None]],
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._run, self._plan = run, run.plan
        self._merge, self._told = merge, told
        self._stories = asyncio.Semaphore(_STORIES)
        self._recipients = Recipients(run)
        self._pollers: dict[SystemId, asyncio.Task[None]] = {}
        self._cursors: dict[SystemId, int] = {}
        self._caught_up: dict[OrganId, int] = {}
        self._reacting: set[asyncio.Task[None]] = set()
        self._grown = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    async def carry_out(self) -> None:
        """Send everything, let recipients work, merge in the middle."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for one in self._plan.province.systems:
                self._poll(one)
            await self._phase(
                [one for one in self._plan.letters if one.phase == BEFORE]
            )
            await self._merge_now()
            rest = [one for one in self._plan.letters if one.phase != BEFORE]
            await self._phase(rest)
            await self._drain()
            for task in self._pollers.values():
                task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        if self._group is None:
            raise LookupError("nothing runs")
        return self._group.create_task(work)

    async def _phase(self, letters: list[Letter]) -> None:
        async with asyncio.TaskGroup() as group:
            for one in letters:
                await self._stories.acquire()
                group.create_task(self._story(one))

    async def _merge_now(self) -> None:
        await self._merge()
        # A hub remembers for five seconds what a system may do.
        await asyncio.sleep(_REMEMBERED_SECONDS)
        await self._hand_over()
        await self._recipients.go_on()

    async def _hand_over(self) -> None:
        """Let the systems of those that merged go on with what they took over."""
        run, mergers = self._run, self._plan.province.mergers
        before = {run.acting[one] for merger in mergers for one in merger.sources}
        for system in before:
            self._pollers[system].cancel()
        run.acting |= self._plan.province.acting
        for merger in mergers:
            heir = run.acting[merger.into]
            run.acting |= dict.fromkeys(merger.sources, heir)
            for one in (merger.into, *merger.sources):
                await self._catch_up(one)
        for system in before:
            self._poll(system)

    async def _catch_up(self, agency: OrganId) -> None:
        """Read the inbox of an agency alone, that another system read until now."""
        lines, client = self._run.seen[agency], self._run.desk(agency).client
        after = lines[-1].item.cursor if lines else -1
        while (page := await client.inbox(agency, after=after)).items:
            after = page.cursor
            self._arrived(page.items)
        self._caught_up[agency] = after

    async def _drain(self) -> None:
        """Wait until every inbox has at least what it must have."""
        due = {one: n.total() for one, n in self._run.model.inbox.items()}
        async with asyncio.timeout(_STORY_SECONDS):
            while any(len(self._run.seen[one]) < n for one, n in due.items()):
                self._grown.clear()
                await self._grown.wait()

    async def _story(self, letter: Letter) -> None:
        try:
            async with asyncio.timeout(_STORY_SECONDS):
                await self._tell(letter)
        except TimeoutError as error:
            raise TimeoutError(f"{letter}: {self._missing(letter)}") from error
        finally:
            self._stories.release()

    def _missing(self, letter: Letter) -> list[str]:
        keys = [letter.key, f"{letter.key}?"]
        if isinstance(letter.sequel, Letter):
            keys.append(letter.sequel.key)
        return [
            f"{key} {one}"
            for key in keys
            for one in self._run.model.reached.get(key, ())
            if not self._run.handled[key, one].is_set()
        ]

    async def _tell(self, letter: Letter) -> None:
        await self._send(letter)
        await self._all_handled(letter.key)
        if isinstance(letter.sequel, Asking):
            await self._ask(letter, letter.sequel)
        elif letter.sequel is not None:
            await self._send(letter.sequel)
            await self._all_handled(letter.sequel.key)
            if letter.sequel.added is not None:
                await self._run.handled[letter.key, letter.sequel.added].wait()
            self._finish()
        self._finish()

    def _finish(self) -> None:
        self._run.finished += 1
        self._told(self._run.finished)

    async def _all_handled(self, key: str) -> None:
        for one in self._run.model.reached.get(key, ()):
            await self._run.handled[key, one].wait()

    async def _send(self, letter: Letter) -> None:
        run = self._run
        earlier = self._plan.all_letters.get(letter.earlier or letter.answers)
        desk = run.desk(letter.sender)
        message = letter_message(letter, earlier, desk.connection.credential)
        run.digests[letter.key] = message.body_sha256
        try:
            sent = await desk.client.send(message)
        except RefusedError as refusal:
            run.refused[letter.key] = refusal.problem.code
            return
        run.accepted_at[letter.key] = time.perf_counter()
        run.known(letter.key, sent.envelope_id)
        if letter.number % ceil(self._plan.scale.documents / _REPEATED) == 0:
            run.kept[letter.key] = (message, sent.receipt)

    async def _ask(self, letter: Letter, asking: Asking) -> None:
        desk = self._run.desk(letter.sender)
        code = StatusCode.RECALL_REQUESTED
        message = desk.status(code, by=letter.sender, about=letter, to=asking.only)
        try:
            await desk.client.recall(self._run.envelopes[letter.key], message)
        except RefusedError as refusal:
            self._run.refused[f"{letter.key}?"] = refusal.problem.code
            return
        await self._all_handled(f"{letter.key}?")

    def _poll(self, system: SystemId) -> None:
        self._pollers[system] = self._start(self._follow(system))

    async def _follow(self, system: SystemId) -> None:
        client, acting = self._run.desks[system].client, self._run.acting
        while True:
            after = self._cursors.get(system, -1)
            page = await client.inbox(None, after=after, wait=50, limit=200)
            # All systems of those that merged act for the successor; one reads for it.
            self._arrived(
                item
                for item in page.items
                if acting.get(item.agency) == system
                and item.cursor > self._caught_up.get(item.agency, -1)
            )
            self._cursors[system] = page.cursor

    def _arrived(self, items: Iterable[InboxItem]) -> None:
        for item in items:
            self._run.seen[item.agency].append(Seen(item, time.perf_counter()))
            task = self._start(self._recipients.react(item.agency, item))
            self._reacting.add(task)
            task.add_done_callback(self._reacting.discard)
        self._grown.set()
