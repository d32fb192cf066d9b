"""Callers that take turns at storage, in an order that is drawn and can be drawn again.

In memory nothing waits, so two callers at once would run one after the other. Here each
call of storage waits until its caller's turn comes.
"""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import fields
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, cast

from exchange.storage.memory import MemoryStorage
from exchange.storage.ports import Storage


class Turns:
    """Lets one of several callers go on at a time.

    Args:
        chance: draws whose turn it is.

    Attributes:
        taken: whose turn it was, one after the other.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._waiting: dict[asyncio.Task[object], asyncio.Event] = {}
        self._callers: dict[asyncio.Task[object], int] = {}
        self.taken: list[int] = []

    async def wait(self) -> None:
        """Wait for the turn of the present caller; others go on at once."""
        task = asyncio.current_task()
        if task in self._callers:
            turn = self._waiting[task] = asyncio.Event()
            await turn.wait()

    async def run(self, *work: Coroutine[Any, Any, object]) -> None:
        """Run callers until all have ended.

        Raises:
            ExceptionGroup: what they raised.
        """
        async with asyncio.TaskGroup() as group:
            for number, one in enumerate(work):
                self._callers[group.create_task(one)] = number
            while running := [one for one in self._callers if not one.done()]:
                if len(self._waiting) < len(running):
                    await asyncio.sleep(0)
                    continue
                chosen = self._chance.choice(list(self._waiting))
                self.taken.append(self._callers[chosen])
                self._waiting.pop(chosen).set()


class _Store:
    """One port, each call of which waits for its turn."""

    def __init__(self, store: object, turns: Turns) -> None:
        self._store, self._turns = store, turns

    def __getattr__(self, name: str) -> object:
        call = getattr(self._store, name)
        if not iscoroutinefunction(call):
            return call

        @wraps(call)
        async def in_turn(*args: object, **named: object) -> object:
            await self._turns.wait()
            return await call(*args, **named)

        return in_turn


class _Storage:
    """All ports in turns."""

    def __init__(self, storage: Storage, turns: Turns) -> None:
        self._storage, self._turns = storage, turns

    def __getattr__(self, name: str) -> object:
        return _Store(getattr(self._storage, name), self._turns)


def in_turns(storage: Storage, turns: Turns) -> Storage:
    """Return storage whose callers take turns."""
    return cast("Storage", _Storage(storage, turns))


class Snapshot:
    """What memory holds, to return to as often as wanted."""

    def __init__(self, storage: MemoryStorage) -> None:
        # The tables are shared by all ports; any of them leads there.
        self._tables = storage.envelopes._tables
        self._held = {
            one.name: _copy(getattr(self._tables, one.name))
            for one in fields(self._tables)
        }

    def restore(self) -> None:
        """Put back what was there; ports keep the containers they know."""
        for name, held in self._held.items():
            table = getattr(self._tables, name)
            if isinstance(table, list):
                table[:] = held
            elif isinstance(table, dict | set):
                table.clear()
                table.update(held)
            else:
                setattr(self._tables, name, _copy(held))


def _copy(table: object) -> Any:
    return table.copy() if isinstance(table, dict | list | set) else table
