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
from pki.ca.labels import CaLabel
from pki.journal.store import CaAction
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.identifiers import OrganId
from tests.support.ca_office import SetClock, ca_thread, found_ca
from tests.support.pki import NOW

WEEK = timedelta(days=7)
SYSTEMS = CertificateKind.ISSUING_SYSTEMS
ORGANISATIONS = "issuing-organisations"
SEAL = SubjectFields(common_name="UBND", organ_id=OrganId("H99.151"))
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


def recorded(directory: Path, clock: SetClock) -> int:
    """Record a revocation without publishing it, as a command that is killed does."""
    with Hierarchy.open(directory, clock=clock) as hierarchy:
        key = generate().public_key
        serial = hierarchy.issue(CertificateKind.AGENCY_SEAL, SEAL, key).serial_number
        label = CaLabel(CertificateKind.ISSUING_ORGANISATIONS)
        hierarchy._authorities[label].revoke(serial)
    return serial


def reasons(directory: Path, clock: SetClock) -> list[tuple[str, str]]:
    """Return who made each list, and why."""
    with Hierarchy.open(directory, clock=clock) as hierarchy:
        entries = hierarchy.journal_of(ORGANISATIONS)
    listed = (one for one in entries if one.action is CaAction.LIST_PUBLISHED)
    return [(one.act.actor, one.act.reason) for one in listed]


def is_listed(directory: Path, serial: int) -> bool:
    data = (directory / f"{ORGANISATIONS}.crl").read_bytes()
    listed = x509.load_der_x509_crl(data)
    return listed.get_revoked_certificate_by_serial_number(serial) is not None


async def test_revocation_that_another_process_recorded_is_published_at_the_next_look(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        assert await keeper.look()
        serial = recorded(directory, clock)
        assert not is_listed(directory, serial)
        with capture_logs() as logs:
            assert await keeper.look()
        assert is_listed(directory, serial)
        assert await keeper.check() == ()
        before = (directory / f"{ORGANISATIONS}.crl").read_bytes()
        assert await keeper.look()
    assert (directory / f"{ORGANISATIONS}.crl").read_bytes() == before
    assert [(one["event"], one["lists"]) for one in logs] == [
        ("ca.lists_repaired", [ORGANISATIONS])
    ]
    assert reasons(directory, clock)[-1] == ("ca process", "found unpublished")


async def test_what_cannot_be_published_is_told_of_and_holds_up_no_other_ca(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    record = directory / "issuing-persons.journal"
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        serial = recorded(directory, clock)
        own = record.read_bytes()
        record.write_bytes(own[::-1].strip() + b"\n")
        with capture_logs() as logs:
            assert not await keeper.look()
        assert is_listed(directory, serial)
        assert await keeper.check() == ("ca.list.issuing-persons",)
        record.write_bytes(own)
        assert await keeper.look()
        assert await keeper.check() == ()
    told = [one for one in logs if one["event"] == "ca.unpublished"]
    assert [(one["ca"], one["log_level"]) for one in told] == [
        ("issuing-persons", "error")
    ]
    assert told[0]["error"].startswith("published_differs")


async def look_with_exposed_key_of(
    label: str, directory: Path, clock: SetClock, exposed: str
) -> tuple[str, ...]:
    """Return who waits after a folder came back with a file others may read."""
    own, away = directory / "private" / label, directory.parent / "away"
    own.rename(away)
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        assert await keeper.look()
        (away / "key.toml").write_text("uri = 'file:key.pem'\n")
        for name in ("key.toml", "key.pem"):
            (away / name).chmod(0o644 if name == exposed else 0o600)
        away.rename(own)
        clock.advance(timedelta(days=4))
        with capture_logs() as logs:
            assert not await keeper.look()
        told = [one for one in logs if one["event"] == "ca.unpublished"]
        assert [(one["ca"], one["log_level"]) for one in told] == [(label, "error")]
        assert told[0]["error"].startswith("key_file_exposed")
        waiting = await keeper.check()
        lasting = {
            name for name, end in ends(directory).items() if end - clock.now > WEEK / 2
        }
        assert lasting == {"root", *ISSUING} - ({label} - {"root"})
        (own / exposed).chmod(0o600)
        assert await keeper.look()
        assert await keeper.check() == ()
    return waiting


@pytest.mark.parametrize("exposed", ["key.toml", "key.pem"])
@pytest.mark.parametrize("label", ["root", "issuing-persons"])
async def test_folder_whose_key_is_exposed_keeps_no_other_list_from_being_published(
    tmp_path: Path, clock: SetClock, label: str, exposed: str
) -> None:
    directory = found_ca(tmp_path, clock)
    waiting = await look_with_exposed_key_of(label, directory, clock, exposed)
    assert waiting == (f"ca.list.{label}",)


async def test_lists_are_published_while_the_place_of_an_open_key_is_unreadable(
    tmp_path: Path, clock: SetClock
) -> None:
    directory = found_ca(tmp_path, clock)
    async with ca_thread(directory, clock) as ca:
        keeper = ListKeeper(ca, clock, Metrics(), seconds=60)
        place = directory / "private" / "issuing-persons" / "key.toml"
        place.write_text("uri = ")
        clock.advance(timedelta(days=4))
        assert await keeper.look()
    assert ends(directory)["issuing-persons"] == clock.now + WEEK
