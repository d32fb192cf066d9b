"""Every form of the queue of digests that need a time stamp behaves the same."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.tsa.stamp_queue import (
    MemoryStampQueue,
    QueuedStamp,
    StampOrder,
    StampQueue,
    StampState,
)
from pki.tsa.stamp_queue_file import SqliteStampQueue
from schemas.errors import ErrorCode
from tests.support.pki import NOW

SECOND = timedelta(seconds=1)


def order(number: int = 0) -> StampOrder:
    return StampOrder(reference=f"signature {number}", digest=bytes((number,)) * 32)


@pytest.fixture(params=["memory", "sqlite"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StampQueue]:
    forms: dict[str, Callable[[], StampQueue]] = {
        "memory": lambda: MemoryStampQueue(most_waiting=4),
        "sqlite": lambda: SqliteStampQueue(tmp_path / "queue", most_waiting=4),
    }
    with closing(forms[request.param]()) as made:
        yield made


def found(queue: StampQueue, number: int = 0) -> QueuedStamp:
    one = queue.get(order(number).reference)
    assert one is not None
    return one


def test_order_waits_until_it_has_its_token(queue: StampQueue) -> None:
    queued = queue.put(order(), NOW)
    assert found(queue) == queued
    assert queued == QueuedStamp(number=1, order=order(), queued_at=NOW, next_at=NOW)
    assert list(queue.due(NOW, 10)) == [queued]
    assert queue.finish(queued.number, b"token")
    assert found(queue).state is StampState.DONE
    assert found(queue).token == b"token"
    assert list(queue.due(NOW, 10)) == []


def test_token_is_stored_once(queue: StampQueue) -> None:
    number = queue.put(order(), NOW).number
    assert queue.finish(number, b"first")
    assert not queue.finish(number, b"second")
    queue.postpone(number, NOW, "late")
    queue.give_up(number, "late")
    assert found(queue).token == b"first"
    assert found(queue).state is StampState.DONE
    assert not queue.finish(number + 1, b"token")


def test_same_order_again_changes_nothing(queue: StampQueue) -> None:
    queued = queue.put(order(), NOW)
    assert queue.put(order(), NOW + SECOND) == queued
    queue.finish(queued.number, b"token")
    assert queue.put(order(), NOW).token == b"token"
    assert queue.count()[StampState.WAITING] == 0


def test_reference_of_another_digest_is_a_coded_refusal(queue: StampQueue) -> None:
    queue.put(order(), NOW)
    other = StampOrder(reference=order().reference, digest=bytes(32 * (7,)))
    with pytest.raises(PkiError) as refusal:
        queue.put(other, NOW)
    assert refusal.value.code is ErrorCode.TIME_STAMP_MISMATCH
    assert found(queue).order == order()


def test_full_queue_refuses_and_takes_again_what_it_has(queue: StampQueue) -> None:
    for number in range(4):
        queue.put(order(number), NOW)
    with pytest.raises(PkiError) as refusal:
        queue.put(order(4), NOW)
    assert refusal.value.code is ErrorCode.TIME_STAMP_QUEUE_FULL
    assert queue.get(order(4).reference) is None
    assert queue.put(order(0), NOW).number == 1
    queue.finish(1, b"token")
    assert queue.put(order(4), NOW).order == order(4)


def test_due_orders_come_oldest_first_and_not_before_their_time(
    queue: StampQueue,
) -> None:
    first, second, third = (queue.put(order(number), NOW) for number in range(3))
    queue.postpone(first.number, NOW + SECOND, "busy")
    assert list(queue.due(NOW, 10)) == [second, third]
    due = queue.due((NOW + SECOND).astimezone(timezone(timedelta(hours=7))), 10)
    assert [one.number for one in due] == [1, 2, 3]
    assert [one.number for one in queue.due(NOW + SECOND, 2)] == [1, 2]
    postponed = found(queue, 0)
    assert (postponed.attempts, postponed.reason) == (1, "busy")
    assert postponed.next_at == NOW + SECOND


def test_order_given_up_waits_again_only_when_told_to(queue: StampQueue) -> None:
    number = queue.put(order(), NOW).number
    assert not queue.retry(order().reference, NOW)
    queue.give_up(number, "refused")
    assert found(queue).state is StampState.FAILED
    assert found(queue).reason == "refused"
    assert list(queue.due(NOW, 10)) == []
    assert queue.retry(order().reference, NOW + SECOND)
    again = found(queue)
    assert (again.state, again.attempts) == (StampState.WAITING, 0)
    assert again.queued_at == again.next_at == NOW + SECOND


def test_order_is_forgotten_only_when_nothing_is_to_be_done(queue: StampQueue) -> None:
    number = queue.put(order(), NOW).number
    assert not queue.remove(order().reference)
    queue.finish(number, b"token")
    assert queue.remove(order().reference)
    assert queue.get(order().reference) is None
    assert not queue.remove(order().reference)
    assert queue.put(order(), NOW).number == number + 1


def test_orders_are_counted_in_every_state(queue: StampQueue) -> None:
    for number in range(3):
        queue.put(order(number), NOW)
    queue.finish(1, b"token")
    queue.give_up(2, "refused")
    assert queue.count() == dict.fromkeys(StampState, 1)


def test_threads_put_an_order_once(queue: StampQueue) -> None:
    with ThreadPoolExecutor(8) as callers:
        queued = list(callers.map(lambda _: queue.put(order(), NOW), range(40)))
    assert {one.number for one in queued} == {1}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 201}, "reference"),
        ({"digest": bytes(31)}, "digest"),
        ({"hash_name": "sha1", "digest": bytes(20)}, "digest"),
    ],
)
def test_order_that_no_authority_would_stamp_is_refused(
    fields: dict[str, str | bytes], place: str
) -> None:
    whole: dict[str, str | bytes] = {"reference": "x", "digest": bytes(32)}
    with pytest.raises(PkiError) as refusal:
        StampOrder(**{**whole, **fields})  # type: ignore[arg-type]  # hostile words
    assert refusal.value.code is ErrorCode.TIME_STAMP_ORDER_INVALID
    assert refusal.value.place == place


def test_file_keeps_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    with closing(SqliteStampQueue(path)) as queue:
        queue.put(order(0), NOW)
        queue.put(order(1), NOW)
        queue.postpone(1, NOW + SECOND, "busy")
        queue.finish(2, b"token")
        before = [found(queue, number) for number in range(2)]
        mode = queue._file.connection.execute("PRAGMA synchronous").fetchone()
    with closing(SqliteStampQueue(path)) as queue:
        assert [found(queue, number) for number in range(2)] == before
    assert mode == (2,)


def test_file_of_another_kind_is_a_coded_refusal(tmp_path: Path) -> None:
    path = tmp_path / "queue"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PkiError) as refusal:
        SqliteStampQueue(path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_order_that_cannot_be_written_is_a_coded_refusal(tmp_path: Path) -> None:
    queue = SqliteStampQueue(tmp_path / "queue")
    queue.close()
    with pytest.raises(PkiError) as refusal:
        queue.put(order(), NOW)
    assert refusal.value.code is ErrorCode.FILE_NOT_WRITTEN
