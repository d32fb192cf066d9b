"""Whoever is not known cannot fill the audit trail; what is left out is counted."""

from exchange.http.refused_callers import LINES_PER_HOUR, RefusedCallers


class Seconds:
    """A clock of seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_first_refusals_of_an_hour_are_written_and_the_next_says_what_was_not() -> None:
    seconds = Seconds()
    refused = RefusedCallers(seconds)
    flood = [refused.before("192.0.2.1 unknown") for _ in range(LINES_PER_HOUR + 40)]

    seconds.now += 3600 / LINES_PER_HOUR

    assert flood == [0] * LINES_PER_HOUR + [None] * 40
    assert refused.before("192.0.2.1 unknown") == 40
    assert refused.before("192.0.2.1 unknown") is None


def test_flood_of_one_leaves_the_lines_of_others() -> None:
    refused = RefusedCallers(Seconds())
    for _ in range(LINES_PER_HOUR + 1):
        refused.before("192.0.2.1 unknown")

    assert refused.before("192.0.2.2 unknown") == 0
