"""The service as a process: stopped, killed, started again, its files replaced."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import aiohttp
import pytest

from clients.agency import AgencyClient
from clients.errors import RefusedError
from clients.messages import Message, prepare_document
from clients.profile import load_profile
from clients.transport import RetryPolicy, Transport
from exchange.config_file import load_settings
from exchange.database import open_database
from exchange.demo.directory import fill_directory
from exchange.demo.province import COMMUNE, PROVINCE, Office
from exchange.demo.service import (
    Launch,
    RunningService,
    launch_program,
    start_service,
)
from exchange.demo.site import Site, build_site, write_profiles
from exchange.serve import running
from exchange.settings.database import MongoSettings
from exchange.settings.server import ServerSettings
from exchange.storage.mongod import Layout, find_running
from pki.ca.hierarchy import Hierarchy
from pki.keys.api import Credential
from pki.keys.loader import load_credential
from schemas.errors import CodedError, ErrorCode
from tests.support.copies import launch_copy
from tests.support.signed_pdf import LETTER
from tests.support.world import attachment, edxml_document

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A demonstration site; each test runs a service of its own on it."""
    made = Site(tmp_path_factory.mktemp("site"))
    build_site(made)
    asyncio.run(fill_directory(made))
    return made


@asynccontextmanager
async def service(
    site: Site, launch: Launch = launch_copy
) -> AsyncIterator[RunningService]:
    started = await start_service(site.folder, launch=launch)
    write_profiles(site, started.agency_port)
    try:
        yield started
    finally:
        await started.stop()


@asynccontextmanager
async def client_of(site: Site, office: Office) -> AsyncIterator[AgencyClient]:
    profile = load_profile(site.profile(office))
    once = RetryPolicy(attempts=1)
    async with Transport(profile.address, retry=once) as transport:
        yield AgencyClient(transport, trust=profile.material())


def signer(site: Site, office: Office) -> Credential:
    files = site.key(office.system_id)
    return load_credential(f"pkcs12:{files.path}", passphrase_file=files.passphrase)


def letter(site: Site, subject: str) -> Message:
    pdf = attachment(LETTER.read_bytes())
    document = edxml_document(
        pdf, subject=subject, recipients=(PROVINCE.organisation(),)
    )
    return prepare_document(
        document, (pdf,), credential=signer(site, COMMUNE), at=datetime.now(UTC)
    )


async def test_killed_service_goes_on_with_the_same_database_and_receipts(
    site: Site,
) -> None:
    message = letter(site, "Trước khi mất điện")
    async with (
        service(site, launch_program) as first,
        client_of(site, COMMUNE) as commune,
    ):
        sent = await commune.send(message)
        mongod = find_running(Layout(site.folder.absolute()))
        await first.kill()
    async with service(site, launch_program), client_of(site, COMMUNE) as commune:
        again = await commune.send(message)
        async with client_of(site, PROVINCE) as province:
            page = await province.inbox(PROVINCE.code, wait=20)
            adopted = find_running(Layout(site.folder.absolute()))
    assert again.receipt == sent.receipt
    subjects = [one.subject for one in page.items]
    assert subjects.count("Trước khi mất điện") == 1
    assert mongod is not None
    assert adopted is not None
    assert adopted.pid == mongod.pid


async def test_document_leaves_no_word_of_itself_in_logs_or_audit(
    site: Site,
) -> None:
    told = "Lương bổng của Nguyễn Thị Kín"
    async with service(site), client_of(site, COMMUNE) as commune:
        sent = await commune.send(letter(site, told))
        await commune.attachment(sent.envelope_id, 1)
        with pytest.raises(RefusedError):
            await commune.send(letter(site, f"[MẬT] {told}"))
        async with open_database(MongoSettings(), site.folder) as storage:
            lines = repr(await storage.audit.lines(limit=100))
    logged = (site.folder / "log" / "service.log").read_text("utf-8")
    assert '"operation": "acceptEnvelope"' in logged
    assert "secrecy_mark" in lines
    for secret in ("Lương", "Kín", "Công văn 214", "%PDF", "BEGIN"):
        assert secret not in logged
        assert secret not in lines


async def test_stopped_service_sends_waiting_pollers_home_and_ends(
    site: Site,
) -> None:
    async with service(site) as started, client_of(site, COMMUNE) as commune:
        waiting = asyncio.create_task(commune.inbox(COMMUNE.code, after=999, wait=60))
        await asyncio.sleep(0.5)
        began = perf_counter()
        await started.stop()
        page = await waiting
    assert page.items == ()
    assert perf_counter() - began < 30
    assert started.process.returncode == 0
    assert not (site.folder / "run" / "service.json").exists()


async def test_new_revocation_list_counts_without_a_restart(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG__TRUST__RELOAD_SECONDS", "0.2")
    async with service(site), client_of(site, PROVINCE) as province:
        await province.inbox(PROVINCE.code)
        certificate = signer(site, PROVINCE).certificate
        with Hierarchy.open(site.pki) as hierarchy:
            hierarchy.revoke(certificate.serial_number)
        refused = await until_refused(province)
    assert refused.problem.code == "client_certificate_refused"


async def until_refused(client: AgencyClient) -> RefusedError:
    async with asyncio.timeout(20):
        while True:
            try:
                await client.inbox(PROVINCE.code)
            except RefusedError as refused:
                return refused
            await asyncio.sleep(0.2)


async def test_health_and_counters_answer_on_loopback_without_tls(site: Site) -> None:
    async with service(site) as started:
        base = f"http://127.0.0.1:{started.admin_port}"
        async with aiohttp.ClientSession(base) as session:
            async with session.get("/health/ready") as ready:
                assert json.loads(await ready.read()) == {"status": "ready"}
            async with session.get("/metrics") as metrics:
                page = await metrics.text()
            async with session.get("/v1/agencies") as hidden:
                assert hidden.status == 404
    assert 'lienthong_requests_total{operation="isReady",status="200"} 1.0' in page


@pytest.mark.parametrize(
    ("place", "server"),
    [
        ("host", ServerSettings(host="0.0.0.0", port=0)),
        ("public_host", ServerSettings(public_host="0.0.0.0", port=0)),
    ],
)
async def test_demo_root_is_refused_beyond_loopback(
    site: Site, tmp_path: Path, place: str, server: ServerSettings
) -> None:
    settings = load_settings(site.config, {})
    public = replace(settings, server=server)
    with pytest.raises(CodedError) as caught:
        async with running(public, tmp_path):
            pass
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.CONFIGURATION_INVALID,
        f"server.{place}",
    )


async def test_tls_key_that_others_may_read_is_refused(
    site: Site, tmp_path: Path
) -> None:
    exposed = tmp_path / "server.key"
    exposed.write_bytes((site.folder / "keys" / "server.key").read_bytes())
    exposed.chmod(0o644)
    settings = load_settings(site.config, {})
    changed = replace(settings, tls=replace(settings.tls, key=exposed))
    with pytest.raises(CodedError) as caught:
        async with running(changed, tmp_path):
            pass
    assert caught.value.code is ErrorCode.KEY_FILE_EXPOSED
