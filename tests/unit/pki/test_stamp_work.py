"""Stamps through outages: nothing lost, nothing twice, nobody hammered."""

import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.trust import TrustStore
from pki.tsa.client import TimeStamp
from pki.tsa.servers import TimeStampClient, TimeStampServer
from pki.tsa.stamp_queue import MemoryStampQueue, StampOrder, StampQueue, StampState
from pki.tsa.stamp_queue_file import SqliteStampQueue
from pki.tsa.stamp_work import RetryRules, StampWorker
from schemas.errors import ErrorCode
from tests.support.pki import NOW, TestPki
from tests.support.time_stamps import authority, tsa_credential

PKI = TestPki.create()
TRUST = TrustStore.from_material(PKI.material())
CREDENTIAL = tsa_credential(PKI)
HOUR = timedelta(hours=1)
RULES = RetryRules(
    first_pause=timedelta(seconds=10), longest_pause=timedelta(minutes=10), jitter=0
)


def digest(number: int) -> bytes:
    return bytes((number,)) * 32


def filled(queue: StampQueue, numbers: Iterable[int], now: datetime = NOW) -> None:
    for number in numbers:
        queue.put(StampOrder(reference=f"{number}", digest=digest(number)), now)


@dataclass(slots=True)
class Authority:
    """A real authority and client over a network that fails as told."""

    now: datetime = NOW
    is_down: bool = False
    poisoned: set[int] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)

    def stamp(self, digest: bytes, hash_name: str = "sha256") -> TimeStamp:
        self.asked.append(digest[0])
        if digest[0] in self.poisoned:
            raise PkiError(ErrorCode.TIME_STAMP_UNAVAILABLE, place="poisoned")
        server = TimeStampServer(address="tsa", trust=TRUST)
        client = TimeStampClient([server], self._send, lambda: self.now)
        return client.stamp(digest, hash_name)

    def _send(self, address: str, request: bytes) -> bytes:
        if self.is_down:
            raise TimeoutError(address)
        tsa = authority(CREDENTIAL, clock=lambda: self.now)
        return tsa.answer(request).response


def states(queue: StampQueue, numbers: Iterable[int]) -> list[StampState]:
    found = [queue.get(f"{number}") for number in numbers]
    return [one.state for one in found if one]


def test_what_waits_is_stamped_in_its_order_and_stored() -> None:
    queue, tsa = MemoryStampQueue(), Authority()
    filled(queue, range(5))
    done = StampWorker(queue, tsa, RULES).work(NOW)
    assert [one.order.reference for one in done.stamped] == list("01234")
    assert done.paused_until is None
    for number in range(5):
        found = queue.get(f"{number}")
        assert found is not None
        assert found.token is not None
        assert digest(number) in found.token


@pytest.mark.parametrize("form", ["memory", "sqlite"])
def test_outage_of_eighty_hours_loses_nothing_and_keeps_the_order(
    form: str, tmp_path: Path
) -> None:
    memory = form == "memory"
    queue = MemoryStampQueue() if memory else SqliteStampQueue(tmp_path / "queue")
    tsa = Authority(is_down=True)
    worker = StampWorker(queue, tsa, RULES)
    filled(queue, range(10))
    tick, end = timedelta(minutes=5), NOW + 80 * HOUR
    while tsa.now < end:
        assert worker.work(tsa.now).stamped == ()
        tsa.now += tick
        if tsa.now == NOW + 40 * HOUR:
            filled(queue, range(10, 20), tsa.now)
    assert queue.count()[StampState.WAITING] == 20
    assert len(tsa.asked) <= 2 * 80 * 6 + 20
    tsa.is_down = False
    tsa.asked.clear()
    tsa.now += RULES.longest_pause
    done = worker.work(tsa.now)
    assert tsa.asked == list(range(20))
    assert [one.number for one in done.stamped] == list(range(1, 21))
    assert worker.work(tsa.now + HOUR).stamped == ()
    assert tsa.asked == list(range(20))
    queue.close()


def test_authority_that_is_down_is_asked_more_and_more_rarely() -> None:
    queue, tsa = MemoryStampQueue(), Authority(is_down=True)
    worker = StampWorker(queue, tsa, RULES)
    filled(queue, range(5))
    pauses: list[float] = []
    now = NOW
    for _ in range(9):
        until = worker.work(now).paused_until
        assert until is not None
        assert worker.work(until - timedelta(seconds=1)).paused_until == until
        pauses.append((until - now).total_seconds())
        now = until
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert len(tsa.asked) == 2 * len(pauses)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 40), (0.5, 35), (1.0, 30)])
def test_pauses_are_spread_by_chance(chance: float, seconds: float) -> None:
    rules = RetryRules(first_pause=timedelta(seconds=10), jitter=0.25)
    assert rules.pause(3, chance) == timedelta(seconds=seconds)
    assert rules.pause(10**9, 0) == rules.longest_pause


def test_order_that_nobody_stamps_holds_up_no_other() -> None:
    queue, tsa = MemoryStampQueue(), Authority(poisoned={0, 1, 2})
    worker = StampWorker(queue, tsa, RULES)
    filled(queue, range(8))
    now = NOW
    for _ in range(4):
        until = worker.work(now).paused_until
        now = until or now
    assert states(queue, range(3)) == [StampState.WAITING] * 3
    assert states(queue, range(3, 8)) == [StampState.DONE] * 5


def test_outage_in_the_middle_stops_the_round() -> None:
    queue, tsa = MemoryStampQueue(), Authority(poisoned=set(range(3, 100)))
    filled(queue, range(50))
    done = StampWorker(queue, tsa, RULES).work(NOW)
    assert len(done.stamped) == 3
    assert done.paused_until is not None
    assert tsa.asked == [0, 1, 2, 3, 4]


def test_order_is_given_up_when_patience_ends_and_not_before() -> None:
    queue, tsa = MemoryStampQueue(), Authority(is_down=True)
    worker = StampWorker(queue, tsa, RULES)
    filled(queue, [0])
    assert worker.work(NOW + RULES.patience).failed == ()
    failed = worker.work(NOW + RULES.patience + HOUR).failed
    assert [one.order.reference for one in failed] == ["0"]
    assert states(queue, [0]) == [StampState.FAILED]
    assert RULES.patience > 72 * HOUR


class CrashError(Exception):
    """The process ends here."""


class CrashingQueue(SqliteStampQueue):
    """Ends between asking and storing."""

    def finish(self, number: int, token: bytes) -> bool:
        raise CrashError


def test_crash_between_asking_and_storing_asks_again(tmp_path: Path) -> None:
    path, tsa = tmp_path / "queue", Authority()
    with closing(CrashingQueue(path)) as queue:
        filled(queue, range(2))
        with pytest.raises(CrashError):
            StampWorker(queue, tsa, RULES).work(NOW)
    with closing(SqliteStampQueue(path)) as again:
        StampWorker(again, tsa, RULES).work(NOW)
        assert states(again, range(2)) == [StampState.DONE] * 2
    assert tsa.asked == [0, 0, 1]


_PUTS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pki.tsa.stamp_queue import StampOrder
from pki.tsa.stamp_queue_file import SqliteStampQueue
queue = SqliteStampQueue(Path(sys.argv[1]))
for number in range(10**6):
    order = StampOrder(reference=str(number), digest=bytes(32))
    one = queue.put(order, datetime.now(UTC))
    queue.finish(one.number, b"token")
    print(number, flush=True)
"""


def test_killed_process_loses_nothing_it_told_of(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    command = (sys.executable, "-c", _PUTS, str(path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(30)]
        process.kill()
        told += process.stdout.readlines()
    numbers = [int(line) for line in told if line.endswith("\n")]
    with closing(SqliteStampQueue(path)) as queue:
        assert states(queue, numbers) == [StampState.DONE] * len(numbers)
        assert queue.count()[StampState.DONE] - len(numbers) in {0, 1}
