"""Digests that still need a time stamp, kept until there is one.

A signature is worth most when it is stamped at once; when no authority answers, its
digest waits here, through outages of days and restarts. The interface is `StampQueue`:

- `put` names a digest by a reference of the caller's and returns when it is durable;
  the same reference again changes nothing. A full queue refuses.
- `pki.tsa.stamp_work.StampWorker.work` asks for what is due and stores each token
  before it goes on. Killed in between, it asks again: a stamp is lost, not a digest.
- `get` tells the state of a reference; in state `done` the token is there.
- `remove` forgets a reference once its token was put where it belongs.

One worker at a time; any number of callers may `put`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol

from pki.errors import PkiError
from pki.tsa.request import DIGEST_OCTETS
from schemas.errors import ErrorCode

MOST_WAITING = 100_000
"""How many digests wait at most, unless told otherwise."""

_REFERENCE_CHARACTERS = 200


class StampState(StrEnum):
    """How far a digest has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StampOrder:
    """A digest that needs a time stamp.

    Args:
        reference: the caller's name for it; up to 200 characters.
        digest: what is to be stamped.
        hash_name: digest algorithm, by its `hashlib` name.

    Raises:
        PkiError: no reference, another algorithm or a digest of a wrong length.
    """

    reference: str
    digest: bytes
    hash_name: str = "sha256"

    def __post_init__(self) -> None:
        if not 0 < len(self.reference) <= _REFERENCE_CHARACTERS:
            raise PkiError(ErrorCode.TIME_STAMP_ORDER_INVALID, place="reference")
        if DIGEST_OCTETS.get(self.hash_name) != len(self.digest):
            raise PkiError(ErrorCode.TIME_STAMP_ORDER_INVALID, place="digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedStamp:
    """An order and what came of it.

    Args:
        number: place in the queue.
        order: what was asked for.
        queued_at: when.
        state: how far it has come.
        attempts: how often an authority was asked in vain.
        next_at: not asked for before.
        reason: why the last attempt failed.
        token: the TimeStampToken, once done.
    """

    number: int
    order: StampOrder
    queued_at: datetime
    state: StampState = StampState.WAITING
    attempts: int = 0
    next_at: datetime
    reason: str = ""
    token: bytes | None = None


class StampQueue(Protocol):
    """The queue; tests/contract holds every form to one behaviour."""

    def put(self, order: StampOrder, now: datetime) -> QueuedStamp:
        """Queue an order, durable at return; one that is there is returned as it is.

        Raises:
            PkiError: too many wait (TIME_STAMP_QUEUE_FULL), the reference names another
                digest (TIME_STAMP_MISMATCH), or it cannot be written.
        """

    def get(self, reference: str) -> QueuedStamp | None:
        """Return what has become of an order; None if there is none."""

    def due(self, now: datetime, limit: int) -> Sequence[QueuedStamp]:
        """Return orders that wait and may be asked for now, the oldest first."""

    def finish(self, number: int, token: bytes) -> bool:
        """Store a token, durable at return; False if the order does not wait."""

    def postpone(self, number: int, next_at: datetime, reason: str) -> None:
        """Count an attempt in vain; the order goes on waiting."""

    def give_up(self, number: int, reason: str) -> None:
        """Count an attempt in vain, the last one."""

    def retry(self, reference: str, now: datetime) -> bool:
        """Let an order that failed wait again; False if it has not failed."""

    def remove(self, reference: str) -> bool:
        """Forget an order that is done or failed; False if there is none."""

    def count(self) -> Mapping[StampState, int]:
        """Count the orders in every state."""

    def close(self) -> None:
        """Let go of files."""


class MemoryStampQueue:
    """A queue that lives as long as the process.

    Args:
        most_waiting: how many orders wait at most.
    """

    def __init__(self, *, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._orders: dict[int, QueuedStamp] = {}
        self._numbers: dict[str, int] = {}
        self._last = 0
        self._lock = Lock()

    def put(self, order: StampOrder, now: datetime) -> QueuedStamp:
        """Queue an order; one that is there is returned as it is."""
        with self._lock:
            found = self._orders.get(self._numbers.get(order.reference, 0))
            if found is not None:
                return require_same(found, order)
            if self._count()[StampState.WAITING] >= self._most_waiting:
                raise PkiError(ErrorCode.TIME_STAMP_QUEUE_FULL)
            self._last += 1
            queued = QueuedStamp(
                number=self._last, order=order, queued_at=now, next_at=now
            )
            self._orders[queued.number] = queued
            self._numbers[order.reference] = queued.number
            return queued

    def get(self, reference: str) -> QueuedStamp | None:
        """Return what has become of an order; None if there is none."""
        return self._orders.get(self._numbers.get(reference, 0))

    def due(self, now: datetime, limit: int) -> Sequence[QueuedStamp]:
        """Return orders that wait and may be asked for now, the oldest first."""
        with self._lock:
            waiting = [
                one
                for one in self._orders.values()
                if one.state is StampState.WAITING and one.next_at <= now
            ]
        return waiting[:limit]

    def finish(self, number: int, token: bytes) -> bool:
        """Store a token; False if the order does not wait."""
        with self._lock:
            one = self._orders.get(number)
            if one is None or one.state is not StampState.WAITING:
                return False
            self._orders[number] = replace(one, state=StampState.DONE, token=token)
            return True

    def postpone(self, number: int, next_at: datetime, reason: str) -> None:
        """Count an attempt in vain; the order goes on waiting."""
        self._missed(number, reason, next_at=next_at)

    def give_up(self, number: int, reason: str) -> None:
        """Count an attempt in vain, the last one."""
        self._missed(number, reason, state=StampState.FAILED)

    def retry(self, reference: str, now: datetime) -> bool:
        """Let an order that failed wait again; False if it has not failed."""
        with self._lock:
            one = self._orders.get(self._numbers.get(reference, 0))
            if one is None or one.state is not StampState.FAILED:
                return False
            self._orders[one.number] = replace(
                one,
                state=StampState.WAITING,
                queued_at=now,
                next_at=now,
                attempts=0,
            )
            return True

    def remove(self, reference: str) -> bool:
        """Forget an order that is done or failed; False if there is none."""
        with self._lock:
            one = self._orders.get(self._numbers.get(reference, 0))
            if one is None or one.state is StampState.WAITING:
                return False
            del self._orders[one.number], self._numbers[reference]
            return True

    def count(self) -> Mapping[StampState, int]:
        """Count the orders in every state."""
        with self._lock:
            return self._count()

    def close(self) -> None:
        """Let go of files: there are none."""

    def _count(self) -> dict[StampState, int]:
        counted = dict.fromkeys(StampState, 0)
        for one in self._orders.values():
            counted[one.state] += 1
        return counted

    def _missed(
        self,
        number: int,
        reason: str,
        *,
        state: StampState = StampState.WAITING,
        next_at: datetime | None = None,
    ) -> None:
        with self._lock:
            one = self._orders.get(number)
            if one is not None and one.state is StampState.WAITING:
                self._orders[number] = replace(
                    one,
                    state=state,
                    attempts=one.attempts + 1,
                    next_at=next_at or one.next_at,
                    reason=reason,
                )


def require_same(queued: QueuedStamp, order: StampOrder) -> QueuedStamp:
    """Return `queued` if it is the same order.

    Raises:
        PkiError: its reference names another digest.
    """
    if queued.order != order:
        raise PkiError(ErrorCode.TIME_STAMP_MISMATCH, place="reference")
    return queued
