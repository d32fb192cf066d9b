"""A connection that drops: requests are cut off, answers lost, messages sent twice.

Every mishap ends as systems end it: the same bytes are sent again.
"""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import aiohttp

from clients.resuming import Arrived
from clients.transport import HubAddress, Request, Response, RetryPolicy, Transport

_PATIENT = RetryPolicy(attempts=600, first_pause=0.05, longest_pause=0.5, timeout=90)
_CUT = (aiohttp.ClientError, ConnectionError, TimeoutError, ValueError)


class Mishap(StrEnum):
    """What goes wrong with one request."""

    BODY_CUT = "body_cut"
    ANSWER_LOST = "answer_lost"
    SENT_TWICE = "sent_twice"


@dataclass(slots=True)
class Measured:
    """What all lines of a run saw.

    Args:
        seconds: of each answered call, by what it does; mishaps not among them.
        mishaps: how often which happened.
        unequal: repeats that were answered with another receipt.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    mishaps: Counter[Mishap] = field(default_factory=Counter)
    unequal: list[str] = field(default_factory=list)


class DroppingLine(Transport):
    """A transport some of whose requests meet with a mishap.

    Args:
        share: of the requests that hand something in.
    """

    def __init__(
        self,
        address: HubAddress,
        *,
        measured: Measured,
        chance: random.Random,
        share: float,
    ) -> None:
        super().__init__(address, retry=_PATIENT)
        self._measured = measured
        self._chance = chance
        self._share = share

    async def send(self, request: Request) -> Response:
        if request.method != "POST" or self._chance.random() >= self._share:
            return await self._timed(request)
        mishap = self._chance.choice(list(Mishap))
        self._measured.mishaps[mishap] += 1
        if mishap is Mishap.SENT_TWICE:
            return await self._twice(request)
        if mishap is Mishap.BODY_CUT:
            await self._cut_body(request)
        else:
            await self._lose_answer(request)
        return await super().send(request)

    async def _timed(self, request: Request) -> Response:
        began = time.perf_counter()
        answer = await super().send(request)
        verb = request.path.rpartition("/")[2]
        name = verb if request.method == "POST" else f"GET {verb[:5]}"
        if verb != "inbox":
            self._measured.seconds[name].append(time.perf_counter() - began)
        return answer

    async def _twice(self, request: Request) -> Response:
        first, second = await asyncio.gather(
            super().send(request), super().send(request)
        )
        if first.body != second.body:
            self._measured.unequal.append(request.path)
        return first

    async def _lose_answer(self, request: Request) -> None:
        attempt = asyncio.create_task(self._attempt(request, Arrived()))
        with suppress(TimeoutError):
            await asyncio.wait_for(attempt, self._chance.uniform(0.001, 0.06))

    async def _cut_body(self, request: Request) -> None:
        body = request.body or b""
        if self._session is None:
            raise LookupError(request.path)
        with suppress(*_CUT):
            async with self._session.post(
                request.path,
                data=_half(body),
                headers={**request.headers, "Content-Length": str(len(body))},
                params=dict(request.parameters),
            ):
                pass


async def _half(body: bytes) -> AsyncIterator[bytes]:
    """Half of a body, then the connection breaks."""
    yield body[: len(body) // 2]
    raise ConnectionResetError
