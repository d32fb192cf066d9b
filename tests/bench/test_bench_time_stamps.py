"""What a time stamp costs beyond the private operation it needs."""

import asyncio
import json
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from exchange.demo.service import start_service
from exchange.demo.site import Site, build_site
from pki.algorithms import default_scheme
from pki.tsa.register import SqliteTimeStampRegister
from tests.support.certificates import PrivateKey, p256
from tests.support.pki import NOW, TestPki
from tests.support.stamp_services import Burst, serials_of
from tests.support.time_stamps import DIGEST, authority, request, tsa_credential

BARS = {"P-256": 10.0, "RSA-3072": 1.3}
"""Greatest ratio of a whole answer to the bare private operation."""
OVER_HTTP = 100
"""Fewest stamps a second over HTTP, each recorded on disk; client and service share
the processors."""


def _milliseconds(work: Callable[[], object], rounds: int = 100) -> float:
    return min(timeit.repeat(work, number=rounds, repeat=5)) / rounds * 1000


def _keys() -> dict[str, PrivateKey]:
    return {"P-256": p256(), "RSA-3072": rsa.generate_private_key(65537, 3072)}


@pytest.mark.bench
@pytest.mark.parametrize("name", sorted(BARS))
def test_answer_costs_little_beyond_the_signature(name: str, tmp_path: Path) -> None:
    credential = tsa_credential(TestPki.create(), key=_keys()[name])
    key, query = credential.key, request()
    scheme = default_scheme(key.public_key)
    durable = SqliteTimeStampRegister(tmp_path / "stamps.sqlite", NOW)
    tsa, recorded = (
        authority(credential),
        authority(credential, register=durable),
    )
    raw = _milliseconds(lambda: key.sign(DIGEST, scheme))
    answered = _milliseconds(lambda: tsa.answer(query))
    line = {
        "what": f"time stamp, {name}",
        "private operation ms": round(raw, 4),
        "answer ms": round(answered, 4),
        "answer, recorded on disk ms": round(
            _milliseconds(lambda: recorded.answer(query), 20), 4
        ),
        "ratio": round(answered / raw, 2),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert answered <= BARS[name] * raw


@pytest.mark.bench
async def test_stamps_over_http_come_fast_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path)
    build_site(site)
    monkeypatch.setenv("LIENTHONG__ROLES", "ca")
    monkeypatch.setenv("LIENTHONG__TIME_STAMPING__STAMPS_PER_SECOND", "100000")
    started = await start_service(site.folder)
    try:
        with Burst.against(started) as burst:
            began = time.perf_counter()
            await asyncio.sleep(3)
            stamped, seconds = len(burst.responses), time.perf_counter() - began
    finally:
        await started.stop()
    assert len(serials_of(burst.responses)) >= stamped
    line = {
        "what": "time stamps over HTTP, P-256, recorded on disk, 4 clients",
        "stamps/s": round(stamped / seconds),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert stamped / seconds >= OVER_HTTP
