"""Invariants of the tables of states, steps and statuses."""

import pytest

from schemas.vocabulary import (
    DELIVERY_TRANSITIONS,
    FINAL_DELIVERY_STATES,
    PROCESSING_ORDER,
    READABLE_DELIVERY_STATES,
    STATUS_STEPS,
    Actor,
    DeliveryState,
    StatusCode,
    Step,
    next_processing_statuses,
)

PROCESSING = {*PROCESSING_ORDER, StatusCode.REFUSED}


def _after(state: DeliveryState) -> set[DeliveryState]:
    return {one.after for one in DELIVERY_TRANSITIONS if one.before is state}


def _actors(before: DeliveryState, after: DeliveryState) -> set[Actor]:
    return {
        one.actor
        for one in DELIVERY_TRANSITIONS
        if (one.before, one.after) == (before, after)
    }


@pytest.mark.parametrize("state", DeliveryState)
def test_a_state_is_final_exactly_if_nothing_follows(state: DeliveryState) -> None:
    assert (not _after(state)) is (state in FINAL_DELIVERY_STATES)


def test_every_state_is_reached_from_acceptance() -> None:
    reached = {DeliveryState.ACCEPTED}
    while more := {after for one in reached for after in _after(one)} - reached:
        reached |= more
    assert reached == set(DeliveryState)


def test_nothing_returns_to_acceptance_or_checking() -> None:
    targets = {one.after for one in DELIVERY_TRANSITIONS if one.before is not one.after}
    before_checking = {
        one.before
        for one in DELIVERY_TRANSITIONS
        if one.after is DeliveryState.CHECKING
    }
    assert DeliveryState.ACCEPTED not in targets
    assert before_checking == {DeliveryState.ACCEPTED}
    assert all(one.before is not one.after for one in DELIVERY_TRANSITIONS)


def test_what_is_held_is_released_by_anybody_but_its_sender() -> None:
    # By the hub once it could be checked; unchecked by operator or recipient alone.
    released = _actors(DeliveryState.HELD, DeliveryState.AVAILABLE)
    assert released == {Actor.HUB, Actor.OPERATOR, Actor.RECIPIENT}


def test_only_the_recipient_takes_and_only_the_sender_recalls() -> None:
    taken = {
        one.actor
        for one in DELIVERY_TRANSITIONS
        if one.after in {DeliveryState.ACKNOWLEDGED, DeliveryState.LEASED}
    }
    recalled = {
        one.actor for one in DELIVERY_TRANSITIONS if one.after is DeliveryState.RECALLED
    }
    assert taken == {Actor.RECIPIENT}
    assert recalled == {Actor.SENDER}


def test_what_is_not_checked_or_refused_or_recalled_cannot_be_read() -> None:
    assert DeliveryState.AVAILABLE in READABLE_DELIVERY_STATES
    assert not READABLE_DELIVERY_STATES & FINAL_DELIVERY_STATES
    unchecked = {DeliveryState.ACCEPTED, DeliveryState.CHECKING, DeliveryState.HELD}
    assert not READABLE_DELIVERY_STATES & unchecked


def test_a_dead_letter_does_not_vanish() -> None:
    assert _after(DeliveryState.DEAD_LETTER) == {
        DeliveryState.AVAILABLE,
        DeliveryState.ACKNOWLEDGED,
        DeliveryState.RECALLED,
    }


def test_the_nine_statuses_each_are_a_step_of_their_own() -> None:
    assert [code.value for code in StatusCode] == [
        *("01", "02", "03", "04", "05", "06"),
        *("13", "15", "16"),
    ]
    assert set(STATUS_STEPS) == set(StatusCode)
    assert len(set(STATUS_STEPS.values())) == len(StatusCode)
    assert all(Step[code.name] is step for code, step in STATUS_STEPS.items())


def test_processing_may_begin_anywhere() -> None:
    assert next_processing_statuses(None) == PROCESSING


@pytest.mark.parametrize("code", PROCESSING_ORDER)
def test_processing_moves_forward_with_jumps_and_never_back(code: StatusCode) -> None:
    position = PROCESSING_ORDER.index(code)
    following = next_processing_statuses(code) - {StatusCode.REFUSED}
    assert following == set(PROCESSING_ORDER[position + 1 :])


@pytest.mark.parametrize("code", sorted(PROCESSING))
def test_a_refusal_is_possible_only_before_registration(code: StatusCode) -> None:
    possible = StatusCode.REFUSED in next_processing_statuses(code)
    assert possible is (code is StatusCode.ARRIVED)


@pytest.mark.parametrize("code", [StatusCode.REFUSED, StatusCode.FINISHED])
def test_refused_and_finished_end_the_processing(code: StatusCode) -> None:
    assert not next_processing_statuses(code)
