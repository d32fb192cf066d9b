"""Intake of 100 KB over mutual TLS, against the sum of its parts in the same run.

The parts are what the service does for such an envelope, each done alone: receive, scan
and hash, verify, read, sign, commit, put into the log. It is delivered with its
acceptance (ADR 46), so the delivery's receipt, commit and entry are parts as well; the
ratio to the parts of the acceptance alone is told beside, as it was measured before.
"""

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest

from clients.messages import Message
from exchange.demo.province import COMMUNE, PROVINCE
from exchange.storage.mongo.store import open_mongo_storage
from schemas.canonical import Record
from schemas.edxml.body import BodyScanner
from schemas.edxml.reader import read
from schemas.edxml.validate import validate
from schemas.receipt import StepReceipt, acceptance_record, step_record
from schemas.vocabulary import Step
from schemas.xml import parse
from signing.xmldsig.sign import Signatory, sign_record
from signing.xmldsig.verify import verify_envelope
from tests.support import receipts
from tests.support.counters import lag_of, percentile_ms
from tests.support.holdings import settled
from tests.support.page_cache import Filling, filled_page_cache
from tests.support.peers import connect, letter, post
from tests.support.pki import TestPki
from tests.support.processes import cpu_seconds
from tests.support.station import Station, make_station, run_station
from tests.support.stored import acceptance, step
from tests.support.world import note

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]

_ENVELOPES, _WARM = 1200, 200
_CONNECTIONS = 64
_BODY_BYTES = 100_000
_PIECE_BYTES = 64 * 1024
_SEQUENCED = 64  # entries of a full group: acceptance and delivery of 32 envelopes
_BAR_RATIO, _BAR_RATE = 2.0, 300
_OF_ACCEPTANCE = ("receive", "scan_and_hash", "verify", "sign_acceptance", "commit")


@dataclass(frozen=True, slots=True)
class Rate:
    """What posting many messages cost."""

    seconds: float
    server_cpu: float
    client_cpu: float

    def per(self, count: int) -> float:
        """Milliseconds of the server's processor for one."""
        return 1000 * self.server_cpu / count

    def client_per(self, count: int) -> float:
        """Milliseconds of the poster's processor for one.

        It does the same in each run: how fast the machine is at that moment.
        """
        return 1000 * self.client_cpu / count


async def _messages(station: Station) -> list[Message]:
    chance = random.Random(1)
    async with connect(station, COMMUNE) as commune:
        return [
            letter(
                commune.credential,
                f"đo-{number}",
                (note(chance.randbytes(_BODY_BYTES)),),
                number=str(number),
                recipients=(PROVINCE.code,),
            )
            for number in range(1, _ENVELOPES + _WARM + 1)
        ]


async def _post_all(
    session: aiohttp.ClientSession,
    messages: Sequence[Message],
    processes: Sequence[int],
) -> Rate:
    """Post over 64 connections that are kept alive."""
    waiting = iter(messages)

    async def lane() -> None:
        for message in waiting:
            answer = await post(session, message)
            assert answer.status == 201

    cpu, own, began = _cpu(processes), time.process_time(), time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(_CONNECTIONS)))
    seconds, own = time.perf_counter() - began, time.process_time() - own
    return Rate(seconds, _cpu(processes) - cpu, own)


def _cpu(processes: Sequence[int]) -> float:
    return sum(map(cpu_seconds, processes))


@pytest.fixture(scope="module")
def filling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filling]:
    with filled_page_cache(tmp_path_factory.mktemp("cache")) as done:
        yield done


@pytest.mark.parametrize("workers", [1, 2])
async def test_intake_against_the_sum_of_its_parts(
    tmp_path: Path, filling: Filling, workers: int
) -> None:
    async with run_station(tmp_path, workers=workers) as station:
        messages = await _messages(station)
        processes = station.processes
        async with station.session(COMMUNE) as session:
            await _post_all(session, messages[:_WARM], processes)
            await settled(station)
            before, lag = _cpu(processes), await lag_of(station)
            intake = await _post_all(session, messages[_WARM:], processes)
            lag = await lag_of(station) - lag
        await settled(station, seconds=60)
        delivered = _cpu(processes) - before
        stored = await _stored_ms(station, messages)
    parts = {
        "receive": await _receive_ms(tmp_path / "receiver", messages),
        "scan_and_hash": _scan_ms(messages),
        **_verified_ms(messages),
        **_signed_ms(),
        **stored,
    }
    whole, total = intake.per(_ENVELOPES), sum(parts.values())
    of_acceptance = sum(parts[name] for name in _OF_ACCEPTANCE)
    line = {
        "bench": "intake, 100 KB multipart, mutual TLS, durable, with receipt",
        "connections": _CONNECTIONS,
        "http_workers": workers,
        "event_loop_lag_p99_ms": percentile_ms(lag, 0.99),
        "per_second": round(_ENVELOPES / intake.seconds, 1),
        "bar_per_second": _BAR_RATE,
        "service_cpu_ms_per_envelope": round(whole, 2),
        "service_cpu_ms_delivered_too": round(1000 * delivered / _ENVELOPES, 2),
        "client_cpu_ms_per_envelope": round(intake.client_per(_ENVELOPES), 2),
        "parts_cpu_ms": {name: round(one, 3) for name, one in parts.items()},
        "parts_sum_ms": round(total, 2),
        "ratio": round(whole / total, 2),
        "bar_ratio": _BAR_RATIO,
        "ratio_to_acceptance_alone": round(whole / of_acceptance, 2),
        "page_cache_mb": filling.size >> 20,
        "first_touch_us_per_page": filling.microseconds_per_page,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert intake.server_cpu > 0


async def _receive_ms(folder: Path, messages: Sequence[Message]) -> float:
    station = make_station(folder)
    async with _receiver(station) as process, station.session(COMMUNE) as session:
        await _until_it_answers(session, messages[0])
        await _post_all(session, messages[:_WARM], (process,))
        rate = await _post_all(session, messages[_WARM:], (process,))
    return rate.per(_ENVELOPES)


@asynccontextmanager
async def _receiver(station: Station) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.receiver"),
        *(str(station.site.folder), str(station.port)),
        stdin=DEVNULL,
    )
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _until_it_answers(session: aiohttp.ClientSession, message: Message) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await post(session, message)
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
            else:
                return


def _each_ms(work: Callable[[Message], object], messages: Sequence[Message]) -> float:
    began = time.process_time()
    for message in messages:
        work(message)
    return 1000 * (time.process_time() - began) / len(messages)


def _scan(message: Message) -> tuple[bytes, dict[str, bytes]]:
    scanner = BodyScanner(message.content_type)
    for start in range(0, len(message.body), _PIECE_BYTES):
        scanner.feed(message.body[start : start + _PIECE_BYTES])
    scanned = scanner.finish()
    return scanned.xml, {
        one.content_id: bytes.fromhex(one.carried_sha256) for one in scanned.attachments
    }


def _scan_ms(messages: Sequence[Message]) -> float:
    return _each_ms(_scan, messages[:_WARM])


def _verified_ms(messages: Sequence[Message]) -> dict[str, float]:
    scanned = {one.message_id: _scan(one) for one in messages[:_WARM]}
    roots = {name: parse(xml) for name, (xml, _) in scanned.items()}

    def verified(message: Message) -> None:
        xml, carried = scanned[message.message_id]
        root = parse(xml)
        validate(root)
        verify_envelope(root, attachments=carried)

    return {
        "verify": _each_ms(verified, messages[:_WARM]),
        "read": _each_ms(lambda one: read(roots[one.message_id]), messages[:_WARM]),
    }


def _signed_ms() -> dict[str, float]:
    accepted, step = receipts.acceptance(), receipts.step()
    delivered = StepReceipt(
        envelope_id=step.envelope_id,
        body_sha256=step.body_sha256,
        step=Step.DELIVERED,
        recipient=None,
        issuer=accepted.hub_id,
        at=step.at,
    )
    return {
        "sign_acceptance": _record_ms(lambda: acceptance_record(accepted)),
        "sign_delivery": _record_ms(lambda: step_record(delivered)),
    }


def _record_ms(record: Callable[[], Record]) -> float:
    hub = Signatory.of(TestPki.create().receipt())
    rounds, began = 300, time.process_time()
    for _ in range(rounds):
        sign_record(record(), signatory=hub, at=datetime.now(UTC))
    return 1000 * (time.process_time() - began) / rounds


async def _stored_ms(station: Station, messages: Sequence[Message]) -> dict[str, float]:
    """Store as many envelopes, as large and as many at once, without a service."""
    storage = await open_mongo_storage(station.uri(), database="bench")
    numbers = iter(range(1, _ENVELOPES))

    async def lane() -> None:
        for number in numbers:
            body = messages[number].body
            one = acceptance(number, body=body)
            digest = sha256(body).hexdigest()
            envelope = replace(one.envelope, body_sha256=digest)
            await storage.envelopes.accept(
                replace(one, envelope=envelope, delivered=step(number))
            )

    began = time.process_time()
    await asyncio.gather(*(lane() for _ in range(_CONNECTIONS)))
    committed = time.process_time()
    while await storage.log.sequence(limit=_SEQUENCED):
        pass
    sequenced = time.process_time()
    await storage.close()
    return {
        "commit": 1000 * (committed - began) / _ENVELOPES,
        "sequence": 1000 * (sequenced - committed) / _ENVELOPES,
    }
