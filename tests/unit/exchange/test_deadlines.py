from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.deadlines import (
    LEGAL_BASIS,
    Clock,
    ClockName,
    ClockState,
    DeadlinePolicy,
    DeliveryFacts,
    recipient_clocks,
    send_clock,
)
from exchange.domain.records import Envelope
from schemas.vocabulary import Step
from tests.support.deadlines import (
    CALENDAR,
    FRIDAY,
    MONDAY,
    at,
    envelope_of,
    last_moment_of,
)
from tests.support.stored import acceptance, envelope_id

POLICY = DeadlinePolicy()
TUESDAY = MONDAY + timedelta(days=1)
TET_EVE_FRIDAY = date(2026, 2, 13)
AFTER_TET = date(2026, 2, 23)
NOON = at(FRIDAY, "12:00")


def clocks(
    envelope: Envelope, arrived: datetime, steps: dict[Step, datetime] | None = None
) -> dict[ClockName, Clock]:
    facts = DeliveryFacts(envelope=envelope, arrived_at=arrived, steps=steps or {})
    found = recipient_clocks(facts, CALENDAR, POLICY)
    return {one.name: one for one in found}


@pytest.mark.parametrize(
    ("signed", "urgency", "due"),
    [
        (FRIDAY, 0, at(MONDAY, "12:00")),
        (TET_EVE_FRIDAY, 0, at(AFTER_TET, "12:00")),
        (FRIDAY, 1, last_moment_of(FRIDAY)),
    ],
    ids=["over a weekend", "over Tết", "urgent"],
)
def test_what_is_signed_is_sent_by_the_next_working_morning_urgent_the_same_day(
    signed: date, urgency: int, due: datetime
) -> None:
    clock = send_clock(envelope_of(signed=signed, urgency=urgency), CALENDAR, POLICY)

    assert clock is not None
    assert clock.due_at == due


@pytest.mark.parametrize(
    ("arrived", "confirm", "register"),
    [
        (at(FRIDAY, "08:00"), FRIDAY, MONDAY),
        (at(FRIDAY, "17:00"), MONDAY, TUESDAY),
        (at(FRIDAY + timedelta(days=1), "09:00"), MONDAY, TUESDAY),
    ],
    ids=["in hours", "after hours", "on Saturday"],
)
def test_arrival_is_confirmed_the_same_day_and_registered_the_next_working_day(
    arrived: datetime, confirm: date, register: date
) -> None:
    found = clocks(envelope_of(), arrived)

    assert found[ClockName.CONFIRM].due_at == last_moment_of(confirm)
    assert found[ClockName.REGISTER].due_at == last_moment_of(register)
    assert ClockName.ANSWER not in found


def test_flash_documents_are_registered_at_once_by_night_too() -> None:
    found = clocks(envelope_of(urgency=3), at(FRIDAY, "23:00"))

    an_hour_later = at(FRIDAY + timedelta(days=1), "00:00")
    assert {one.due_at for one in found.values()} == {an_hour_later}


def test_urgent_documents_are_registered_the_day_they_arrive() -> None:
    found = clocks(envelope_of(urgency=2), NOON)

    assert found[ClockName.REGISTER].due_at == last_moment_of(FRIDAY)


def test_steering_documents_are_answered_by_their_own_day() -> None:
    found = clocks(
        envelope_of(due=TUESDAY), NOON, {Step.REGISTERED: at(FRIDAY, "13:00")}
    )

    assert found[ClockName.ANSWER].due_at == last_moment_of(TUESDAY)
    assert found[ClockName.ANSWER].met_at is None
    assert found[ClockName.REGISTER].met_at == at(FRIDAY, "13:00")
    assert found[ClockName.CONFIRM].met_at == at(FRIDAY, "13:00")


def test_a_state_follows_the_moment_and_what_was_done() -> None:
    due, soon = at(FRIDAY, "16:00"), POLICY.soon
    clock = Clock(ClockName.CONFIRM, due)
    late = timedelta(milliseconds=1)

    assert clock.state(due - soon - late, soon) is ClockState.ON_TIME
    assert clock.state(due - soon, soon) is ClockState.DUE_SOON
    assert clock.state(due, soon) is ClockState.DUE_SOON
    assert clock.state(due + late, soon) is ClockState.OVERDUE
    done = Clock(ClockName.CONFIRM, due, due + late)
    assert done.state(due + 9 * late, soon) is ClockState.MET_LATE
    in_time = Clock(ClockName.CONFIRM, due, due)
    assert in_time.state(due + 9 * late, soon) is ClockState.ON_TIME


def test_a_document_that_is_taken_back_in_time_is_not_late() -> None:
    taken_back = {Step.RECALLED: at(FRIDAY, "13:00")}

    found = clocks(envelope_of(), NOON, taken_back)

    for one in found.values():
        assert one.met_at is None
        assert one.state(at(TUESDAY, "09:00"), POLICY.soon) is ClockState.ON_TIME


def test_clocks_that_are_switched_off_and_statuses_have_none() -> None:
    silent = DeadlinePolicy(clocks=frozenset())
    facts = DeliveryFacts(envelope=envelope_of(), arrived_at=NOON)
    status = acceptance(2, status_of=envelope_id(1)).envelope

    assert send_clock(envelope_of(), CALENDAR, silent) is None
    assert recipient_clocks(facts, CALENDAR, silent) == ()
    assert not clocks(status, NOON)
    assert send_clock(envelope_of(signed=None), CALENDAR, POLICY) is None


@given(
    minutes=st.integers(min_value=0, max_value=6 * 365 * 24 * 60),
    urgency=st.integers(min_value=0, max_value=4),
)
def test_no_moment_is_before_arrival_and_registering_ends_after_confirming(
    minutes: int, urgency: int
) -> None:
    arrived = at(date(2024, 6, 1), "00:00") + timedelta(minutes=minutes)

    found = clocks(envelope_of(urgency=urgency), arrived)

    assert arrived < found[ClockName.CONFIRM].due_at
    assert found[ClockName.CONFIRM].due_at <= found[ClockName.REGISTER].due_at


def test_every_clock_names_its_law() -> None:
    assert set(LEGAL_BASIS) == set(ClockName)
