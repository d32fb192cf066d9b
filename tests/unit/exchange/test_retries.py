from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.retries import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PERSISTENCE,
    next_try,
    pause_after,
)
from tests.support.pki import NOW

CHANCES = st.floats(min_value=0, max_value=1, exclude_max=True)


def test_pauses_grow_threefold_up_to_an_hour() -> None:
    pauses = [pause_after(failures, chance=0).seconds for failures in range(1, 9)]

    assert pauses == [20, 60, 180, 540, 1620, 3600, 3600, 3600]


@given(failures=st.integers(min_value=1, max_value=10**9), chance=CHANCES)
def test_pause_is_bounded_and_shortened_by_a_fifth_at_most(
    failures: int, chance: float
) -> None:
    longest = pause_after(failures, chance=0)

    pause = pause_after(failures, chance=chance)

    assert FIRST_PAUSE * 0.8 <= pause <= LONGEST_PAUSE
    assert longest * 0.8 <= pause <= longest


def test_chance_spreads_what_failed_together() -> None:
    assert len({pause_after(3, chance=tenth / 10) for tenth in range(10)}) == 10


@given(chances=st.lists(CHANCES, min_size=200, max_size=200))
def test_trying_goes_on_for_a_hundred_hours_and_then_ends(
    chances: list[float],
) -> None:
    now: datetime | None = NOW
    tries: list[datetime] = []
    while now is not None:
        tries.append(now)
        chance = chances[len(tries)]
        now = next_try(len(tries), first=NOW, now=now, chance=chance)

    assert timedelta(hours=100) <= tries[-1] - NOW <= PERSISTENCE + LONGEST_PAUSE
    assert 100 < len(tries) < 140
