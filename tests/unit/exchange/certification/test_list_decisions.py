"""When a revocation list is made anew, and when somebody is told."""

from datetime import timedelta

import pytest

from exchange.certification.list_decisions import (
    ListAlarm,
    ListFacts,
    ListPeriod,
    decide,
)
from tests.support.pki import NOW

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


def facts(*, is_ours: bool = True, begun: timedelta = timedelta()) -> ListFacts:
    begin = NOW - begun
    period = ListPeriod(this_update=begin, next_update=begin + WEEK)
    return ListFacts(label="issuing-persons", is_ours=is_ours, period=period)


@pytest.mark.parametrize(
    ("begun", "publish", "alarm"),
    [
        (timedelta(), False, ListAlarm.NONE),
        (WEEK / 2 - HOUR, False, ListAlarm.NONE),
        (WEEK / 2, True, ListAlarm.NONE),
        (WEEK * 3 / 4, True, ListAlarm.NONE),
        (WEEK * 3 / 4 + HOUR, True, ListAlarm.LOW),
        (WEEK - HOUR, True, ListAlarm.LOW),
        (WEEK, True, ListAlarm.LAPSED),
        (WEEK * 3, True, ListAlarm.LAPSED),
        (-HOUR, True, ListAlarm.LAPSED),
    ],
)
def test_list_is_due_at_half_its_life_and_told_of_in_its_last_quarter(
    begun: timedelta, alarm: ListAlarm, *, publish: bool
) -> None:
    decision = decide(facts(begun=begun), NOW)
    assert (decision.publish, decision.alarm) == (publish, alarm)


@pytest.mark.parametrize("begun", [WEEK / 2, WEEK * 2, -HOUR])
def test_list_of_a_ca_whose_key_is_elsewhere_is_watched_and_never_made(
    begun: timedelta,
) -> None:
    decision = decide(facts(is_ours=False, begun=begun), NOW)
    assert not decision.publish
    assert decision.alarm is decide(facts(begun=begun), NOW).alarm


@pytest.mark.parametrize("is_ours", [True, False])
def test_missing_list_counts_as_lapsed(*, is_ours: bool) -> None:
    decision = decide(ListFacts(label="root", is_ours=is_ours, period=None), NOW)
    assert decision.publish is is_ours
    assert (decision.alarm, decision.seconds_left) == (ListAlarm.LAPSED, 0)


def test_time_left_is_told_in_seconds_and_negative_afterwards() -> None:
    assert decide(facts(), NOW).seconds_left == WEEK.total_seconds()
    late = decide(facts(begun=WEEK + HOUR), NOW)
    assert late.seconds_left == -HOUR.total_seconds()
