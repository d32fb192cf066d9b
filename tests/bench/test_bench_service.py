"""A running service: many recipients, a large attachment; and `verify` from cold."""

import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from clients.messages import Message
from exchange.demo import province
from exchange.demo.province import COMMUNE, PROVINCE
from exchange.domain.directory_file import read_directory
from exchange.services import DirectoryOffice
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from pki.ca.hierarchy import system_clock
from schemas.identifiers import OrganId
from schemas.receipt import AcceptanceReceipt, read_receipt
from schemas.vocabulary import Level
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.counters import cpu_of, lag_of, percentile_ms
from tests.support.peers import connect, letter, post
from tests.support.processes import forget_peak, peak_bytes, resident_bytes
from tests.support.signed_pdf import LETTER
from tests.support.station import Station, run_station
from tests.support.world import agency, attachment, note

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

_COMMUNES, _MANY = 108, 3300
_LARGE_BYTES = 1 << 30
_WORKERS = int(os.environ.get("LIENTHONG_BENCH_WORKERS", "1"))
_BAR_LAG_MS, _MIXED_SECONDS = 20, 45.0
_BAR_MEMORY_MIB, _BAR_COLD_SECONDS, _BAR_MANY_SECONDS = 64, 0.8, 5.0


def report(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def station(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Station]:
    folder = tmp_path_factory.mktemp("bench")
    async with run_station(folder, workers=_WORKERS) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Shown:
    """How long until it was accepted, and until every inbox showed it.

    And the processor time of service and database until then, in seconds.
    """

    accepted: float
    shown: float
    service_cpu: float
    mongod_cpu: float


async def send_to(station: Station, recipients: Sequence[OrganId]) -> Shown:
    """Send one letter and watch until every inbox shows it."""
    async with connect(station, COMMUNE) as commune:
        message = letter(
            commune.credential,
            f"gửi-{len(recipients)}",
            (note(b"noi dung" * 6000),),
            recipients=tuple(recipients),
        )
    async with station.session(COMMUNE) as session, station.storage() as storage:
        cpu, began = cpu_of(station), time.perf_counter()
        answer = await post(session, message)
        accepted = time.perf_counter() - began
        assert answer.status == 201, answer.body
        receipt = read_receipt(verify_receipt(parse(answer.body)).content)
        assert isinstance(receipt, AcceptanceReceipt)
        shown = 0
        while shown < len(recipients):
            await asyncio.sleep(0.05)
            # Whether the last of them shows it costs little to ask.
            last = await storage.envelopes.delivery(receipt.envelope_id, recipients[-1])
            if last is not None and last.log_index is not None:
                found = await storage.envelopes.deliveries(receipt.envelope_id)
                shown = sum(one.log_index is not None for one in found)
        seconds, after = time.perf_counter() - began, cpu_of(station)
        service, mongod = (end - begin for begin, end in zip(cpu, after, strict=True))
        return Shown(accepted, seconds, service, mongod)


async def test_one_envelope_to_all_communes(station: Station) -> None:
    agencies = read_directory(province.data("agencies.csv"))
    communes = [one.code for one in agencies if one.level is Level.COMMUNE]
    recipients = [one for one in communes if one != COMMUNE.code][:_COMMUNES]
    shown = await send_to(station, recipients)
    report(
        bench="one envelope to the communes of a province",
        recipients=len(recipients),
        accepted_ms=round(1000 * shown.accepted, 1),
        all_inboxes_ms=round(1000 * shown.shown, 1),
    )


async def test_one_envelope_to_the_communes_of_the_country(station: Station) -> None:
    codes = [OrganId(f"H{number}") for number in range(10_001, 10_001 + _MANY)]
    made = [agency(one, f"UBND xã {one}", Level.COMMUNE) for one in codes]
    async with station.storage() as storage:
        office = DirectoryOffice(storage=storage, clock=system_clock)
        await import_agencies(office, ImportAgencies(agencies=made, operator="bench"))
    await asyncio.sleep(2)
    shown = await send_to(station, codes)
    report(
        bench="one envelope to 3,300 communes",
        recipients=len(codes),
        accepted_ms=round(1000 * shown.accepted, 1),
        all_inboxes_seconds=round(shown.shown, 2),
        service_cpu_seconds=round(shown.service_cpu, 2),
        mongod_cpu_seconds=round(shown.mongod_cpu, 2),
        bar_seconds=_BAR_MANY_SECONDS,
    )


async def test_event_loop_lag_under_mixed_load(station: Station) -> None:
    before, end = await lag_of(station), time.perf_counter() + _MIXED_SECONDS
    sending = (_send_until(station, end, lane) for lane in range(8))
    reading = (_read_until(station, end) for _ in range(4))
    done = await asyncio.gather(*sending, *reading)
    lag = await lag_of(station) - before
    report(
        bench="event loop lag, mixed load: XML, 100 KB and PDF in; inbox, bodies out",
        http_workers=_WORKERS,
        requests=sum(done),
        p50_ms=percentile_ms(lag, 0.5),
        p99_ms=percentile_ms(lag, 0.99),
        bar_ms=_BAR_LAG_MS,
    )


async def _send_until(station: Station, end: float, lane: int) -> int:
    sent, large = 0, note(os.urandom(100_000))
    kinds = ((), (large,), (), (attachment(LETTER.read_bytes()),))
    async with (
        connect(station, COMMUNE) as commune,
        station.session(COMMUNE) as session,
    ):
        while time.perf_counter() < end:
            message = letter(
                commune.credential,
                f"hỗn-hợp-{lane}-{sent}",
                kinds[sent % len(kinds)],
                recipients=(PROVINCE.code,),
            )
            assert (await post(session, message)).status == 201
            sent += 1
    return sent


async def _read_until(station: Station, end: float) -> int:
    read, after = 0, -1
    async with connect(station, PROVINCE) as province:
        while time.perf_counter() < end:
            page = await province.client.inbox(
                PROVINCE.code, after=after, wait=1, limit=5
            )
            for item in page.items:
                await province.client.fetch(item.envelope_id)
            read, after = read + 1 + len(page.items), page.cursor
    return read


@pytest.mark.timeout(900)
async def test_memory_while_a_large_attachment_passes(station: Station) -> None:
    content = os.urandom(1 << 20) * (_LARGE_BYTES >> 20)
    async with connect(station, COMMUNE) as commune:
        message = letter(
            commune.credential,
            "lớn",
            (note(content),),
            recipients=(PROVINCE.code,),
        )
    async with (
        station.session(COMMUNE) as commune_session,
        station.session(PROVINCE) as province_session,
    ):
        into, location = await _growth_in(station, commune_session, message)
        path = f"{location}/attachments/1"
        out = await _growth_out(station, province_session, path, content)
    report(
        bench="memory growth, 1 GB attachment",
        in_mib=round(into.mib, 1),
        in_seconds=round(into.seconds, 2),
        out_mib=round(out.mib, 1),
        out_seconds=round(out.seconds, 2),
        bar_mib=_BAR_MEMORY_MIB,
    )


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more memory a transfer needed at its highest, and how long it took."""

    mib: float
    seconds: float


def _resident(station: Station) -> dict[int, int]:
    """Memory of each process now; their peaks count from here."""
    for process in station.processes:
        forget_peak(process)
    return {process: resident_bytes(process) for process in station.processes}


def _growth(before: Mapping[int, int]) -> float:
    """MiB by which the process that grew most did."""
    return max(peak_bytes(one) - was for one, was in before.items()) / 2**20


async def _growth_in(
    station: Station, session: aiohttp.ClientSession, message: Message
) -> tuple[Growth, str]:
    before, began = _resident(station), time.perf_counter()
    headers = {"Content-Type": message.content_type, "Message-Id": message.message_id}
    async with session.post(
        "/v1/envelopes", data=BytesIO(message.body), headers=headers
    ) as answer:
        assert answer.status == 201, await answer.read()
        location = answer.headers["Location"]
    growth = _growth(before)
    return Growth(growth, time.perf_counter() - began), location


async def _growth_out(
    station: Station, session: aiohttp.ClientSession, path: str, content: bytes
) -> Growth:
    await _until_visible(session, path)
    before, began = _resident(station), time.perf_counter()
    digest = hashlib.sha256()
    async with session.get(path) as answer:
        assert answer.status == 200
        async for piece in answer.content.iter_any():
            digest.update(piece)
    growth = _growth(before)
    assert digest.digest() == hashlib.sha256(content).digest()
    return Growth(growth, time.perf_counter() - began)


async def _until_visible(session: aiohttp.ClientSession, path: str) -> None:
    async with asyncio.timeout(60):
        while True:
            async with session.head(path) as answer:
                if answer.status != 404:
                    return
            await asyncio.sleep(0.1)


async def test_verify_starts_from_cold(station: Station, tmp_path: Path) -> None:
    from clients.official import Official  # noqa: PLC0415 - loads the PDF libraries

    files = station.site.key("official")
    official = Official.from_files(files.path, files.passphrase)
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(official.sign(province.data("cong-van.pdf")))
    command = [
        *(sys.executable, "-m", "exchange", "verify", "--json", str(signed)),
        *("--trust", str(station.site.root), "--revocation", str(station.site.pki)),
    ]
    seconds = []
    for _ in range(11):
        began = time.perf_counter()
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, check=False
        )
        seconds.append(time.perf_counter() - began)
        assert b"TOTAL-PASSED" in done.stdout, done.stdout + done.stderr
    report(
        bench="lienthong verify, one PDF, cold start",
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        best_seconds=round(min(seconds), 3),
        median_seconds=round(statistics.median(seconds), 3),
        bar_seconds=_BAR_COLD_SECONDS,
    )
