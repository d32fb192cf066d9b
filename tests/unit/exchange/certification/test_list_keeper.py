"""Lists never lapse while somebody keeps them, and are told of when nobody can."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from structlog.testing import capture_logs

from exchange.certification.list_keeper import ListKeeper
from exchange.http.metrics import Metrics
from pki.ca.founding import HierarchySettings, create_generation
from pki.ca.hierarchy import Hierarchy
from pki.kinds import CertificateKind
from tests.support.ca_office import SetClock, ca_thread, found_ca
from tests.support.pki import NOW

WEEK = timedelta(days=7)
SYSTEMS = CertificateKind.ISSUING_SYSTEMS
ISSUING = ("issuing-persons", "issuing-organisations", "issuing-systems")


@pytest.fixture
def clock() -> SetClock:
    """A clock that is set by hand."""
    return SetClock()


def ends(directory: Path) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for path in sorted(directory.glob("*.crl")):
        end = x509.load_der_x509_crl(path.read_bytes()).next_update_utc
        found[path.stem] = end or NOW
    return found


def gauge(metrics: Metrics, label: str) -> float:
    name = f'lienthong_ca_list_seconds_left{{ca="{label}"}} '
    lines = metrics.page().decode().splitlines()
    return float(next(one for one in lines if one.startswith(name)).split()[-1])


async def test_no_list_lapses_over_thirty_weeks_of_looks(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        for _ in range(210):
            clock.advance(timedelta(days=1))
            assert min(ends(directory).values()) > clock.now
            assert await keeper.look()
            assert await keeper.check() == ()


async def test_lists_come_in_time_after_half_their_life_without_a_process(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    for _ in range(4):
        clock.advance(WEEK / 2 - timedelta(minutes=1))
        async with ca_thread(directory, clock) as ca:
            assert await ListKeeper(ca, clock, Metrics(), seconds=60).look()
        clock.advance(WEEK / 2 - timedelta(minutes=1))
        assert min(ends(directory).values()) > clock.now
        async with ca_thread(directory, clock) as ca:
            assert await ListKeeper(ca, clock, Metrics(), seconds=60).look()


async def test_fresh_lists_are_left_alone(tmp_path: Path, clock: SetClock) -> None:
    directory = found_ca(tmp_path, clock)
    before = {one: one.read_bytes() for one in directory.glob("*.crl")}
    clock.advance(WEEK / 2 - timedelta(hours=1))
    async with ca_thread(directory, clock) as ca:
        await ListKeeper(ca, clock, Metrics(), seconds=60).look()
    assert {one: one.read_bytes() for one in directory.glob("*.crl")} == before


async def test_list_of_the_offline_root_is_watched_and_told_of(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    (directory / "private" / "root").rename(tmp_path / "safe")
    metrics = Metrics()
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, metrics, seconds=60)
        clock.advance(timedelta(days=136))
        with capture_logs() as low:
            assert await keeper.look()
        assert await keeper.check() == ("ca.list.root",)
        clock.advance(timedelta(days=45))
        with capture_logs() as lapsed:
            assert await keeper.look()
    told = [(one["event"], one["log_level"], one.get("ca")) for one in low + lapsed]
    assert ("ca.list_low", "warning", "root") in told
    assert ("ca.list_lapsed", "error", "root") in told
    assert gauge(metrics, "root") < 0
    assert all(gauge(metrics, one) > 0 for one in ISSUING)


async def test_failure_to_publish_is_told_and_tried_again(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        clock.advance(timedelta(days=6))
        name = "issuing-persons.crl"
        (directory / name).unlink()
        (directory / name).mkdir()
        with capture_logs() as logs:
            assert not await keeper.look()
        assert logs[0]["log_level"] == "error"
        assert await keeper.check() == ("ca.list.issuing-persons",)
        (directory / name).rmdir()
        assert await keeper.look()
        assert await keeper.check() == ()


async def test_list_made_by_a_clock_that_was_ahead_is_replaced(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, SetClock(NOW))
    with Hierarchy.open(directory, clock=SetClock(NOW + WEEK)) as hierarchy:
        hierarchy.write_crls()
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        assert await keeper.look()
        assert await keeper.check() == ()
    assert ends(directory)["issuing-systems"] == clock.now + WEEK


async def test_new_generation_is_kept_without_a_restart(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    async with ca_thread(directory, clock) as ca:
        metrics = Metrics()
        keeper = ListKeeper(ca, clock, metrics, seconds=60)
        await keeper.look()
        settings = HierarchySettings(name="Thử nghiệm", demo=True)
        create_generation(directory, SYSTEMS, settings, clock)
        clock.advance(timedelta(days=4))
        assert await keeper.look()
    assert ends(directory)["issuing-systems-2"] > clock.now + timedelta(days=6)
    assert gauge(metrics, "issuing-systems-2") > 0
