"""What recipients do with what comes: take, report, answer."""

import asyncio
import time

from clients.answers import InboxItem
from schemas.identifiers import OrganId
from schemas.vocabulary import BusinessType, StatusCode
from tests.prove.simulation.plan import Asking, Letter
from tests.prove.simulation.run import Run

_HANDLERS = 64


class Recipients:
    """All recipients of a run.

    Args:
        run: tells who acts for whom, and what the plan says.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._plan = run, run.plan
        self._handlers = asyncio.Semaphore(_HANDLERS)
        self._waiting: list[tuple[Letter, OrganId]] = []

    async def go_on(self) -> None:
        """Do, after the mergers, what was left until then."""
        heirs = self._plan.province.heirs
        await asyncio.gather(
            *(
                self._handle(letter, one, speaking=heirs.get(one, one))
                for letter, one in self._waiting
            )
        )

    async def react(self, agency: OrganId, item: InboxItem) -> None:
        """Do what a recipient does with a line of its inbox."""
        if item.status_of is None:
            await self._react_to_letter(agency, item)
            return
        key = self._run.keys.get(item.status_of)
        letter = self._plan.all_letters.get(key or "")
        is_request = letter is not None and item.sender == letter.sender
        if letter is not None and is_request and isinstance(letter.sequel, Asking):
            await self._answer_asking(letter, agency, item)
            self._run.handled[f"{letter.key}?", agency].set()

    async def _react_to_letter(self, agency: OrganId, item: InboxItem) -> None:
        letter = self._plan.all_letters[self._run.line_of(item).key]
        self._run.known(letter.key, item.envelope_id)
        self._timed(letter)
        if self._plan.handling(letter, agency).waits:
            self._waiting.append((letter, agency))
        else:
            await self._handle(letter, agency, speaking=agency)
        self._run.handled[letter.key, agency].set()

    def _timed(self, letter: Letter) -> None:
        accepted = self._run.accepted_at.get(letter.key)
        if accepted is not None:
            self._run.arrivals.append(max(0.0, time.perf_counter() - accepted))

    async def _handle(
        self, letter: Letter, recipient: OrganId, *, speaking: OrganId
    ) -> None:
        run, doing = self._run, self._plan.handling(letter, recipient)
        if not doing.takes:
            return
        async with self._handlers:
            desk, envelope = run.desk(speaking), run.envelopes[letter.key]
            await desk.take(envelope, recipient, doing, run.digests[letter.key])
            # Of a letter to several that merged, the successor tells which is meant.
            closed = None if speaking == recipient else recipient
            for code in doing.statuses:
                await desk.report(
                    envelope, code, by=speaking, about=letter, closed=closed
                )
            if letter.business is not BusinessType.NEW:
                await self._answer(letter, recipient)

    async def _answer(self, letter: Letter, recipient: OrganId) -> None:
        """Answer a request that came as a document, where one is asked."""
        is_recalled = letter.business is BusinessType.RECALL
        asked_back = is_recalled or recipient == letter.removed
        if asked_back:
            earlier = self._plan.all_letters[letter.earlier]
            if self._was_had(earlier, recipient):
                to = letter if is_recalled and letter.number % 2 else earlier
                await self._agree(to, recipient, self._decides(earlier, recipient))
                return
        if not is_recalled:
            await self._agree(letter, recipient, self._decides(letter, recipient))

    def _was_had(self, letter: Letter, recipient: OrganId) -> bool:
        doing = self._plan.handling(letter, recipient)
        return doing.takes and StatusCode.REFUSED not in doing.statuses

    def _decides(self, letter: Letter, recipient: OrganId) -> StatusCode:
        agrees = self._plan.handling(letter, recipient).agrees
        return StatusCode.AGREED if agrees else StatusCode.DECLINED

    async def _agree(self, about: Letter, by: OrganId, code: StatusCode) -> None:
        envelope = self._run.envelopes[about.key]
        await self._run.desk(by).report(envelope, code, by=by, about=about)

    async def _answer_asking(
        self, letter: Letter, recipient: OrganId, item: InboxItem
    ) -> None:
        if not self._was_had(letter, recipient):
            return
        desk, code = self._run.desk(recipient), self._decides(letter, recipient)
        to = item.envelope_id if letter.number % 2 else self._run.envelopes[letter.key]
        self._run.requests[item.envelope_id] = letter.key
        async with self._handlers:
            await desk.report(to, code, by=recipient, about=letter)
