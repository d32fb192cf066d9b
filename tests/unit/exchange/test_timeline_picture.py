from datetime import UTC, datetime, timedelta

import pytest

from exchange.console.timeline import TimelineEntry
from exchange.console.timeline_picture import (
    MOST_COLUMNS,
    MOST_ROWS,
    timeline_picture,
)
from exchange.domain.deadlines import Clock, ClockName, ClockState
from exchange.usecases.delivery_clocks import DeliveryClock
from schemas.identifiers import OrganId

START = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)  # 03:30 of the 21st in Vietnam
PROVINCE, COMMUNE = OrganId("H99"), OrganId("H99.151")


def step(minutes: float, recipient: OrganId | None = None) -> TimelineEntry:
    return TimelineEntry(
        at=START + timedelta(minutes=minutes),
        words="mail.accepted",
        mood="good",
        recipient=recipient,
    )


def due(minutes: float) -> DeliveryClock:
    clock = Clock(ClockName.REGISTER, START + timedelta(minutes=minutes))
    return DeliveryClock(recipient=PROVINCE, clock=clock, state=ClockState.OVERDUE)


def test_what_happened_stands_in_the_order_of_time_beside_its_recipient() -> None:
    steps = [step(0), step(5, COMMUNE), step(90, PROVINCE)]
    drawn = timeline_picture(
        steps, [due(60)], [PROVINCE, COMMUNE], START + timedelta(hours=2)
    )
    assert [one.time for one in drawn.columns] == [
        "03:30",
        "03:35",
        "04:30",
        "05:00",
        "05:30",
    ]
    assert [one.day for one in drawn.columns] == ["21/11/2026", "", "", "", ""]
    beside = {one.recipient: one.y for one in drawn.rows}
    first, second, third, deadline = drawn.markers
    assert [first.y, second.y, third.y] == [
        beside[None],
        beside[COMMUNE],
        beside[PROVINCE],
    ]
    assert first.x < second.x < deadline.x < third.x
    assert (deadline.is_due, deadline.mood, deadline.y) == (True, "bad", third.y)
    assert [one.is_now for one in drawn.columns] == [False] * 4 + [True]


def test_steps_of_one_moment_do_not_hide_each_other() -> None:
    drawn = timeline_picture([step(0)] * 3, [], [], START)
    assert len({one.x for one in drawn.markers}) == 3
    assert [one.number for one in drawn.markers] == [1, 2, 3]


@pytest.mark.parametrize(
    ("apart", "last"),
    [(1, "21/11/2026"), (60, "22/11/2026"), (1440 * 31, "07/2029")],
    ids=["minutes", "hours", "months"],
)
def test_columns_always_fit_and_show_the_newest(apart: int, last: str) -> None:
    steps = [step(number * apart, PROVINCE) for number in range(32)]
    drawn = timeline_picture(steps, [], [PROVINCE], steps[-1].at)
    assert len(drawn.columns) <= MOST_COLUMNS
    assert [one.day for one in drawn.columns if one.day][-1] == last
    assert 32 in {one.number for one in drawn.markers}
    assert all(0 < one.x < drawn.width for one in drawn.markers)


def test_many_recipients_make_no_endless_picture() -> None:
    many = [OrganId(f"H99.{number}") for number in range(1000)]
    drawn = timeline_picture([step(0, many[-1]), step(1, many[0])], [], many, START)
    assert len(drawn.rows) == MOST_ROWS + 1
    assert [one.number for one in drawn.markers] == [2]
