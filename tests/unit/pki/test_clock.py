"""Whether a clock may be stamped by, from facts alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pki.tsa.clock import (
    ClockFacts,
    ClockPolicy,
    ClockReport,
    ClockSource,
    ClockTrouble,
    clock_trouble,
)

ACCURACY = timedelta(milliseconds=500)
GOOD = ClockReport(is_synchronised=True, error=timedelta(milliseconds=20))
STILL = timedelta()
TOLD = (ClockSource.KERNEL, ClockSource.CHRONY)


def trouble(
    source: ClockSource, report: ClockReport | None, drift: timedelta = STILL
) -> ClockTrouble | None:
    policy = ClockPolicy(source=source, accuracy=ACCURACY)
    return clock_trouble(ClockFacts(report=report, drift=drift), policy)


@pytest.mark.parametrize("source", TOLD)
def test_clock_that_is_vouched_for_is_sound(source: ClockSource) -> None:
    assert trouble(source, GOOD) is None
    assert trouble(source, replace(GOOD, error=ACCURACY)) is None


@pytest.mark.parametrize("source", TOLD)
@pytest.mark.parametrize(
    ("report", "why"),
    [
        (None, ClockTrouble.SOURCE_SILENT),
        (replace(GOOD, is_synchronised=False), ClockTrouble.UNSYNCHRONISED),
        (
            replace(GOOD, error=ACCURACY + timedelta(microseconds=1)),
            ClockTrouble.ERROR_TOO_LARGE,
        ),
        (replace(GOOD, in_leap_second=True), ClockTrouble.LEAP_SECOND),
    ],
)
def test_clock_that_is_not_vouched_for_is_unsound(
    source: ClockSource, report: ClockReport | None, why: ClockTrouble
) -> None:
    assert trouble(source, report) is why


def test_clock_of_an_operator_needs_no_report() -> None:
    assert trouble(ClockSource.TRUSTED, None) is None


@pytest.mark.parametrize("source", ClockSource)
@pytest.mark.parametrize("sign", [1, -1])
def test_clock_that_jumped_beyond_the_accuracy_is_unsound(
    source: ClockSource, sign: int
) -> None:
    beyond = ACCURACY + timedelta(microseconds=1)
    assert trouble(source, GOOD, sign * ACCURACY) is None
    assert trouble(source, GOOD, sign * beyond) is ClockTrouble.JUMPED
