"""What is learned about the clock, and what a watch makes of it."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from exchange.clock_check import (
    ClockReading,
    ClockWatch,
    ask_kernel,
    read_clocks,
    read_tracking,
)
from pki.tsa.clock import ClockPolicy, ClockReport, ClockSource, ClockTrouble

SECOND = 1_000_000_000
GOOD = ClockReport(is_synchronised=True, error=timedelta(milliseconds=3))
# As chronyd 4.5 writes it.
TRACKING = (
    "C0A80101,192.168.1.1,3,1732176000.123,0.000120,-0.000050,0.000070,"
    "-12.3,0.001,0.02,0.004000,0.001000,64.2,{}\n"
)


@dataclass(slots=True)
class Machine:
    """Two clocks, and a source that vouches for one of them."""

    wall: int = 1_700_000_000 * SECOND
    counted: int = 5 * SECOND
    report: ClockReport | None = GOOD
    asked: list[int] = field(default_factory=list)

    def read(self) -> ClockReading:
        return ClockReading(self.wall, self.counted)

    def ask(self) -> ClockReport | None:
        self.asked.append(self.counted)
        return self.report

    def passes(self, seconds: float) -> None:
        self.wall += int(seconds * SECOND)
        self.counted += int(seconds * SECOND)

    def watch(self, source: ClockSource) -> ClockWatch:
        policy = ClockPolicy(source=source, accuracy=timedelta(seconds=1))
        return ClockWatch(policy, read=self.read, ask=self.ask)


def test_kernel_answers() -> None:
    report = ask_kernel()
    assert report is not None
    assert timedelta() <= report.error <= timedelta(seconds=60)


def test_clocks_of_this_machine_go_together() -> None:
    first = read_clocks()
    second = read_clocks()
    assert second.counted > first.counted
    assert abs(second.drift_since(first)) < timedelta(seconds=0.5)


def test_kernel_is_asked_every_time() -> None:
    machine = Machine()
    watch = machine.watch(ClockSource.KERNEL)
    assert watch.is_sound()
    machine.report = None
    assert watch.trouble() is ClockTrouble.SOURCE_SILENT
    machine.report = GOOD
    assert watch.is_sound()


def test_step_that_the_kernel_vouches_for_is_no_trouble() -> None:
    machine = Machine()
    watch = machine.watch(ClockSource.KERNEL)
    machine.wall += 10 * SECOND
    assert watch.is_sound()


def test_chrony_is_asked_now_and_then_and_jumps_in_between_are_seen() -> None:
    machine = Machine()
    watch = machine.watch(ClockSource.CHRONY)
    for _ in range(15):
        machine.passes(1)
        assert watch.is_sound()
    assert len(machine.asked) == 1
    machine.wall += 10 * SECOND
    assert watch.trouble() is ClockTrouble.JUMPED
    machine.passes(2)
    assert watch.is_sound()
    assert len(machine.asked) == 2


def test_trusted_clock_that_jumped_is_unsound_for_good() -> None:
    machine = Machine(report=None)
    watch = machine.watch(ClockSource.TRUSTED)
    machine.passes(40_000_000)
    assert watch.is_sound()
    machine.wall -= 2 * SECOND
    assert watch.trouble() is ClockTrouble.JUMPED
    machine.wall += 2 * SECOND
    assert watch.trouble() is ClockTrouble.JUMPED
    assert machine.watch(ClockSource.TRUSTED).is_sound()


def test_small_steps_of_a_trusted_clock_add_up() -> None:
    machine = Machine(report=None)
    watch = machine.watch(ClockSource.TRUSTED)
    for _ in range(5):
        machine.passes(60)
        machine.wall += SECOND // 5
        assert watch.is_sound()
    machine.wall += SECOND // 5
    assert watch.trouble() is ClockTrouble.JUMPED


def test_tracking_of_chrony_gives_the_greatest_error() -> None:
    report = read_tracking(TRACKING.format("Normal"))
    assert report == ClockReport(
        is_synchronised=True, error=timedelta(microseconds=120 + 1000 + 2000)
    )
    unsynchronised = read_tracking(TRACKING.format("Not synchronised"))
    assert unsynchronised is not None
    assert not unsynchronised.is_synchronised


@pytest.mark.parametrize(
    "text",
    ["", "506 Cannot talk to daemon\n", TRACKING.replace("0.004000", "x"), "," * 13],
)
def test_other_words_of_chrony_are_no_report(text: str) -> None:
    assert read_tracking(text.format("Normal")) is None
