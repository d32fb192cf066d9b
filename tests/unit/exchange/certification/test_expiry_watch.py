"""Certificates near their end are told of once per stage, and counted."""

from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from exchange.certification.expiry_watch import ExpiryWatch
from exchange.http.metrics import Metrics
from pki.ca.hierarchy import Hierarchy
from pki.keys.software import generate
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.identifiers import parse_organ_id, parse_system_id
from tests.support.ca_office import SetClock, ca_thread, found_ca

DAY = timedelta(days=1)


def issue_system(directory: Path, clock: SetClock) -> str:
    names = SubjectFields(
        common_name="qlvb-suoimay",
        organ_id=parse_organ_id("H99.151"),
        system_id=parse_system_id("qlvb-suoimay"),
    )
    key = generate().public_key
    with Hierarchy.open(directory, clock=clock) as hierarchy:
        issued = hierarchy.issue(CertificateKind.SYSTEM, names, key, days=365)
    return f"{issued.serial_number:x}"


async def test_each_stage_is_told_once_also_after_a_restart(tmp_path: Path) -> None:
    clock = SetClock()
    directory = found_ca(tmp_path, clock)
    serial = issue_system(directory, clock)
    told: list[tuple[int, str, str]] = []
    clock.advance(300 * DAY)
    for _ in range(66):
        async with ca_thread(directory, clock) as ca:
            watch = ExpiryWatch(ca, Metrics(), seconds=60)
            with capture_logs() as logs:
                await watch.look()
                await watch.look()
        told += [
            (one["stage"], one["serial"], one["agency"])
            for one in logs
            if one["event"] == "ca.certificate_expiring"
        ]
        clock.advance(DAY)
    assert told == [(stage, serial, "H99.151") for stage in (60, 30, 14, 7, 1)]


async def test_certificates_near_their_end_are_counted_by_stage(
    tmp_path: Path,
) -> None:
    clock, metrics = SetClock(), Metrics()
    directory = found_ca(tmp_path, clock)
    issue_system(directory, clock)
    clock.advance(350 * DAY)
    async with ca_thread(directory, clock) as ca:
        await ExpiryWatch(ca, metrics, seconds=60).look()
    page = metrics.page().decode()
    assert 'lienthong_certificates_expiring{stage="30"} 1.0' in page
    assert 'lienthong_certificates_expiring{stage="60"} 1.0' in page
    assert 'lienthong_certificates_expiring{stage="14"} 0.0' in page
