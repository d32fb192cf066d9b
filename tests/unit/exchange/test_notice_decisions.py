"""When a notice is tried again, given up, and when an endpoint is left alone."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.notices import (
    FAILURES_TO_OPEN,
    OPEN_FOR,
    Admission,
    Attempt,
    Breaker,
    Notice,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Outcome,
    Subscription,
    admission,
    after_answer,
    after_attempt,
    new_notice,
    sent_anew,
)
from exchange.domain.retries import PERSISTENCE
from schemas.identifiers import EnvelopeId
from tests.support.pki import NOW
from tests.support.stored import MINISTRY, PROVINCE

SECOND = timedelta(seconds=1)
HOOK = Subscription(
    subscription_id="S1",
    channel=NoticeChannel.WEBHOOK,
    agency=PROVINCE,
    events=frozenset({NoticeEvent.ARRIVED}),
    created_at=NOW,
    cursor=-1,
)


FAILED = Attempt(NOW, Outcome.FAILED)


def notice() -> Notice:
    return new_notice(
        HOOK, NoticeEvent.ARRIVED, PROVINCE, now=NOW, envelope_id=EnvelopeId("E1")
    )


def tried(found: Notice, outcome: Outcome, *, hours: float = 0) -> Notice:
    now = NOW + timedelta(hours=hours)
    begun = replace(found, claim="a", attempts=(*found.attempts, Attempt(now)))
    return after_attempt(begun, Attempt(now, outcome), now=now, chance=0)


def test_same_event_is_the_same_notice_and_another_one_is_another() -> None:
    def named(subscription: Subscription = HOOK, **changes: str) -> str:
        parts = {"agency": PROVINCE, "envelope": "E1", "occurrence": "", **changes}
        return new_notice(
            subscription,
            NoticeEvent.ARRIVED,
            MINISTRY if parts["agency"] == MINISTRY else PROVINCE,
            now=NOW + timedelta(days=len(changes)),
            envelope_id=EnvelopeId(parts["envelope"]),
            occurrence=parts["occurrence"],
        ).notice_id

    others = {
        named(replace(HOOK, subscription_id="S2")),
        named(agency=MINISTRY),
        named(envelope="E2"),
        named(occurrence="2"),
    }
    assert named() == notice().notice_id
    assert len(others | {named()}) == 5


def test_success_ends_it_with_its_attempts() -> None:
    sent = tried(tried(notice(), Outcome.FAILED), Outcome.DONE, hours=1)

    assert sent.state is NoticeState.SENT
    assert [one.outcome for one in sent.attempts] == [Outcome.FAILED, Outcome.DONE]
    assert sent.claim == ""


def test_failure_is_tried_again_by_the_schedule() -> None:
    first = tried(notice(), Outcome.FAILED)
    second = tried(first, Outcome.FAILED)

    assert (first.state, first.next_at) == (NoticeState.WAITING, NOW + 20 * SECOND)
    assert second.next_at == NOW + 60 * SECOND


def test_refusal_is_not_tried_again() -> None:
    assert tried(notice(), Outcome.REFUSED).state is NoticeState.DEAD_LETTER


def test_last_failure_ends_it_as_a_dead_letter_with_every_attempt() -> None:
    found, hours = notice(), 0.0
    while found.state is NoticeState.WAITING:
        found = tried(found, Outcome.FAILED, hours=hours)
        hours = (found.next_at - NOW) / timedelta(hours=1)

    assert found.state is NoticeState.DEAD_LETTER
    assert found.attempts[-1].at - NOW >= PERSISTENCE
    assert len(found.attempts) > 100


def test_dead_letter_sent_again_keeps_its_attempts_and_begins_its_schedule() -> None:
    dead = tried(notice(), Outcome.REFUSED)
    later = NOW + timedelta(days=9)

    again = sent_anew(dead, now=later)
    failed = tried(again, Outcome.FAILED, hours=9 * 24)

    assert again.notice_id == dead.notice_id
    assert failed.state is NoticeState.WAITING
    assert failed.next_at == later + 20 * SECOND
    assert len(failed.attempts) == 2


def test_five_failures_in_a_minute_leave_the_endpoint_alone_for_a_minute() -> None:
    breaker, now = Breaker(), NOW
    for number in range(FAILURES_TO_OPEN):
        assert admission(breaker, now) is Admission.FREELY
        now = NOW + number * SECOND
        breaker = after_answer(breaker, FAILED, now)

    assert admission(breaker, now) is Admission.NOT_NOW
    assert admission(breaker, now + OPEN_FOR - SECOND) is Admission.NOT_NOW
    assert admission(breaker, now + OPEN_FOR) is Admission.ONCE


def test_endpoint_that_fails_its_one_try_is_left_alone_again() -> None:
    opened = Breaker((NOW,) * FAILURES_TO_OPEN, NOW)
    later = NOW + 10 * OPEN_FOR

    assert admission(opened, later) is Admission.ONCE
    again = after_answer(opened, FAILED, later)
    assert admission(again, later) is Admission.NOT_NOW


def test_any_answer_opens_the_endpoint_to_all() -> None:
    opened = Breaker((NOW,) * FAILURES_TO_OPEN, NOW + OPEN_FOR)

    for answer in (
        Attempt(NOW, Outcome.DONE),
        Attempt(NOW, Outcome.REFUSED),
        Attempt(NOW, Outcome.FAILED, "452", is_of_notice=True),
    ):
        assert after_answer(opened, answer, NOW) == Breaker()


@given(gaps=st.lists(st.integers(min_value=15, max_value=1000), max_size=40))
def test_failures_far_apart_never_close_an_endpoint(gaps: list[int]) -> None:
    breaker, now = Breaker(), NOW
    for gap in gaps:
        now += gap * SECOND
        breaker = after_answer(breaker, FAILED, now)
        assert len(breaker.failures) <= FAILURES_TO_OPEN
        assert admission(breaker, now) is Admission.FREELY
