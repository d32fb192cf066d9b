"""Moments of an exchange, seen from outside in its database, and kills at them."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.support.station import Station

_PATIENCE_SECONDS = 30.0
_LONGEST_DELAY_SECONDS = 0.006


class Moment(StrEnum):
    """When to kill: at a random time of the intake, within a commit, after a step."""

    INTAKE = "intake"
    COMMIT = "commit"
    CHUNKS = "chunks"
    ACCEPTED = "accepted"
    CHECKED = "checked"
    SEQUENCED = "sequenced"
    TAKEN = "taken"
    STATUS = "status"


class Victim(StrEnum):
    """Whom to kill."""

    SERVICE = "service"
    DATABASE = "database"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Point:
    """One kill: when, whom, after how many such steps, how much later."""

    moment: Moment
    victim: Victim
    count: int
    delay: float


_STEPS: Mapping[Moment, tuple[str, Mapping[str, str]]] = {
    Moment.CHUNKS: ("body_chunks", {}),
    Moment.ACCEPTED: ("envelopes", {"fullDocument.kind": "document"}),
    Moment.CHECKED: ("receipts", {"fullDocument.key": "delivered"}),
    Moment.SEQUENCED: ("log", {}),
    Moment.TAKEN: ("receipts", {"fullDocument.step": "taken"}),
    Moment.STATUS: ("envelopes", {"fullDocument.kind": "status"}),
}
_COMMITS = {"currentOp": 1, "active": True, "command.commitTransaction": 1}
_VICTIMS = (Victim.SERVICE, Victim.SERVICE, Victim.DATABASE, Victim.BOTH)


def points(count: int, chance: random.Random) -> list[Point]:
    """Spread kills over all moments and victims."""
    moments = list(Moment)
    return [
        Point(
            moment=moments[number % len(moments)],
            victim=_VICTIMS[number // len(moments) % len(_VICTIMS)],
            count=chance.randint(1, 3),
            delay=chance.uniform(0, _LONGEST_DELAY_SECONDS),
        )
        for number in range(count)
    ]


class Killer:
    """Waits for the moment of a point in a thread of its own, and kills at it."""

    def __init__(self, station: Station, point: Point) -> None:
        self._point = point
        self._uri = station.uri()
        self._service = station.service.process.pid
        self._mongod = station.mongod
        self._ready = Event()

    async def begin(self) -> "asyncio.Future[bool]":
        """Begin to watch; the future tells whether the moment came."""
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(None, self._watch_and_kill)
        await loop.run_in_executor(None, self._ready.wait, _PATIENCE_SECONDS)
        return done

    def _watch_and_kill(self) -> bool:
        if self._point.moment is Moment.INTAKE:
            self._ready.set()
            time.sleep(self._point.delay * 20)
            self._kill()
            return True
        return self._catch() if self._point.moment is Moment.COMMIT else self._watch()

    def _catch(self) -> bool:
        """Kill while the database commits: whoever waits does not get the answer."""
        end, seen, last = time.monotonic() + _PATIENCE_SECONDS, 0, None
        with MongoClient[dict[str, Any]](self._uri) as client, suppress(PyMongoError):
            self._ready.set()
            while time.monotonic() < end:
                running = client.admin.command(_COMMITS)["inprog"]
                found = running[0]["opid"] if running else last
                seen, last = seen + (found != last), found
                if seen == self._point.count:
                    self._kill()
                    return True
        return False

    def _watch(self) -> bool:
        name, fields = _STEPS[self._point.moment]
        stages = [{"$match": {"operationType": "insert", **fields}}]
        end, seen = time.monotonic() + _PATIENCE_SECONDS, 0
        with (
            MongoClient[dict[str, Any]](self._uri) as client,
            client["lienthong"][name].watch(stages, max_await_time_ms=200) as stream,
        ):
            self._ready.set()
            with suppress(PyMongoError):
                while time.monotonic() < end:
                    seen += stream.try_next() is not None
                    if seen == self._point.count:
                        time.sleep(self._point.delay)
                        self._kill()
                        return True
        return False

    def _kill(self) -> None:
        if self._point.victim is not Victim.DATABASE:
            os.kill(self._service, signal.SIGKILL)
        if self._point.victim is not Victim.SERVICE and self._mongod is not None:
            os.kill(self._mongod.pid, signal.SIGKILL)
