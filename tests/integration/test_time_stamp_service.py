"""Time stamps as strangers get them: over HTTP, judged by OpenSSL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from exchange.demo.service import RunningService, start_service
from exchange.demo.site import Site, build_site, refresh_lists
from exchange.errors import ExchangeError
from exchange.settings.certification import TimeStampingSettings
from exchange.stamp_client import FollowedStampClient
from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.kinds import TIME_STAMP_POLICY
from pki.trust import TrustMaterial, TrustStore
from pki.tsa.servers import BreakerRules, TimeStampClient, TimeStampServer
from pki.tsa.transport import HttpTimeStampTransport
from tests.support.copies import launch_copy
from tests.support.judges import require
from tests.support.stamp_services import (
    Burst,
    Stranger,
    serials_of,
    tsa_address,
    unrecorded,
)
from tests.support.time_stamps import DIGEST

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

KIND = "application/timestamp-reply"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A demonstration site; its CA serves all tests here."""
    made = Site(tmp_path_factory.mktemp("site"))
    build_site(made)
    return made


@pytest.fixture(scope="module")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose service is stopped and killed."""
    made = Site(tmp_path_factory.mktemp("other"))
    build_site(made)
    return made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def started(site: Site) -> AsyncIterator[RunningService]:
    """A running service of the first site."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        async with service(site, monkeypatch) as running:
            yield running


@asynccontextmanager
async def service(
    site: Site, monkeypatch: pytest.MonkeyPatch, **environment: str
) -> AsyncIterator[RunningService]:
    """Run the CA's process alone: it needs no database."""
    settings = {
        "ROLES": "ca",
        "TRUST__RELOAD_SECONDS": "0.2",
        "TIME_STAMPING__STAMPS_PER_SECOND": "10000",
        **environment,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"LIENTHONG__{name}", value)
    started = await start_service(site.folder, launch=launch_copy)
    try:
        yield started
    finally:
        await started.stop()


async def test_strangers_get_stamps_that_openssl_verifies(
    site: Site, started: RunningService, tmp_path: Path
) -> None:
    stranger = Stranger(site, started, tmp_path)
    for options, digest in (
        (("-sha256", "-cert"), False),
        (("-sha256", "-no_nonce"), False),
        (("-sha256", "-cert"), True),
        (("-sha512", "-cert", "-no_nonce"), False),
        (("-sha256", "-tspolicy", TIME_STAMP_POLICY.dotted_string), True),
    ):
        query = stranger.query(*options, digest=digest)
        assert stranger.post(query) == ("200", KIND)
        assert "Status: Granted." in stranger.reply()
        told = stranger.verify("-queryfile", query)
        assert "Verification: OK" in told, (options, told)
        told = stranger.verify("-data", tmp_path / "data")
        assert "Verification: OK" in told, (options, told)
    page = stranger.metrics()
    assert 'lienthong_time_stamp_seconds_count{outcome="granted"}' in page
    assert "lienthong_clock_sound 1.0" in page


async def test_what_cannot_be_stamped_is_refused_with_its_reason(
    site: Site, started: RunningService, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(5000))
    stranger = Stranger(site, started, tmp_path)
    query = stranger.query("-sha256", "-tspolicy", "1.2.3.4")
    assert stranger.post(query) == ("200", KIND)
    assert "policy is not supported" in stranger.reply()
    assert stranger.post(tmp_path / "data") == ("200", KIND)
    assert "data submitted has the wrong format" in stranger.reply()
    assert stranger.post(large)[0] == "413"
    assert stranger.post(query, kind="text/plain")[0] == "415"
    assert stranger.post(query, "--request", "GET")[0] == "405"
    page = stranger.metrics()
    assert 'seconds_count{outcome="unaccepted_policy"} 1.0' in page
    assert 'seconds_count{outcome="bad_data_format"} 1.0' in page


async def test_without_a_sound_clock_no_stamp_is_made(
    other_site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    chronyc = programs / "chronyc"
    chronyc.write_text(
        "#!/bin/sh\necho 00000000,,0,0,0,0,0,0,0,0,1,1,0,Not synchronised\n"
    )
    chronyc.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{Path(require('openssl')).parent}:/bin")
    async with service(
        other_site, monkeypatch, TIME_STAMPING__CLOCK="chrony"
    ) as started:
        stranger = Stranger(other_site, started, tmp_path)
        assert stranger.post(stranger.query("-sha256", "-cert")) == ("200", KIND)
        assert "the TSA's time source is not available" in stranger.reply()
        assert "lienthong_clock_sound 0.0" in stranger.metrics()
    log = (other_site.folder / "log" / "service.log").read_text()
    assert '"reason": "unsynchronised"' in log


async def test_renewed_key_stamps_without_a_restart(
    site: Site, started: RunningService, tmp_path: Path
) -> None:
    stranger = Stranger(site, started, tmp_path)
    query = stranger.query("-sha256", "-cert")
    stranger.post(query)
    assert "Verification: OK" in stranger.verify("-queryfile", query)
    old, reply = stranger.stamper_der(), tmp_path / "reply"
    assert old in reply.read_bytes()
    refresh_lists(site)
    new = stranger.stamper_der()
    assert new != old
    async with asyncio.timeout(30):
        while new not in reply.read_bytes():
            await asyncio.sleep(0.1)
            assert stranger.post(query) == ("200", KIND)
    assert "Verification: OK" in stranger.verify("-queryfile", query)


async def test_kill_in_a_burst_repeats_no_serial_and_loses_no_record(
    other_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    responses: list[bytes] = []
    for _ in range(2):
        async with service(other_site, monkeypatch) as started:
            with Burst.against(started) as burst:
                async with asyncio.timeout(20):
                    while len(burst.responses) < 60:  # noqa: ASYNC110 threads ask
                        await asyncio.sleep(0.01)
                await started.kill()
        responses += burst.responses
    serials = serials_of(responses)
    assert len(serials) >= 120
    assert len(set(serials)) == len(serials)
    assert unrecorded(other_site.pki / "private" / "stamps.sqlite", responses) == []


async def test_client_of_the_settings_follows_what_is_believed(
    site: Site, started: RunningService
) -> None:
    with Hierarchy.open(site.pki) as hierarchy:
        whole = hierarchy.material()
    believed = [replace(whole, crls=())]
    settings = TimeStampingSettings(servers=(tsa_address(started),))
    client = FollowedStampClient(
        settings, lambda: believed[0], lambda: datetime.now(UTC)
    )
    with pytest.raises(PkiError) as refusal:
        await asyncio.to_thread(client.stamp, DIGEST)
    assert "revocation" in refusal.value.place
    believed[0] = whole
    stamp = await asyncio.to_thread(client.stamp, DIGEST)
    assert DIGEST in stamp.token


async def test_client_without_servers_is_refused_at_once() -> None:
    with pytest.raises(ExchangeError) as refusal:
        FollowedStampClient(
            TimeStampingSettings(), TrustMaterial, lambda: datetime.now(UTC)
        )
    assert refusal.value.place == "time_stamping.servers"


async def test_second_address_serves_when_the_first_is_down(
    site: Site, started: RunningService
) -> None:
    dead, live = "http://127.0.0.1:1/tsa", tsa_address(started)
    with Hierarchy.open(site.pki) as hierarchy:
        trust = TrustStore.from_material(hierarchy.material())
    client = TimeStampClient(
        [TimeStampServer(address=one, trust=trust) for one in (dead, live)],
        HttpTimeStampTransport([dead, live]),
        lambda: datetime.now(UTC),
        BreakerRules(failures=2),
    )
    stamps = [await asyncio.to_thread(client.stamp, DIGEST, "sha256") for _ in range(4)]
    assert len({one.serial for one in stamps}) == 4
    assert client.state_of(dead).failures == 2
    assert client.state_of(dead).open_until is not None
    assert client.state_of(live).failures == 0
