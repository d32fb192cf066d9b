"""Judging a chain, and looking up a serial number in a large list."""

import json
import sys
import timeit
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.path.cache import ChainCache
from pki.path.judging import KeyPurpose, judge_chain
from pki.revocation.lists import read_revocation_list
from pki.trust import TrustStore
from tests.support.pki import NOW, TestCa, TestPki

ENTRIES = 100_000
LOOKUP_BAR_MS = 0.1


def _milliseconds(work: Callable[[], object], rounds: int = 200) -> float:
    return min(timeit.repeat(work, number=rounds, repeat=5)) / rounds * 1000


def _report(what: str, milliseconds: float) -> None:
    line = {"what": what, "ms": round(milliseconds, 5)}
    sys.stdout.write(json.dumps(line) + "\n")


def _large_list(ca: TestCa) -> bytes:
    entries = [
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(NOW)
        .build()
        for serial in range(1, ENTRIES + 1)
    ]
    builder = x509.CertificateRevocationListBuilder(
        ca.credential.certificate.subject,
        NOW,
        NOW + timedelta(days=1),
        revoked_certificates=entries,
    ).add_extension(x509.CRLNumber(1), critical=False)
    return builder.sign(ca.private, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.bench
def test_warm_lookup_in_a_large_list_meets_its_bar() -> None:
    read = read_revocation_list(_large_list(TestPki.create().issuing))
    read.distrusted_since(1)
    found = _milliseconds(lambda: read.distrusted_since(ENTRIES // 2))
    absent = _milliseconds(lambda: read.distrusted_since(0))
    _report("revocation look-up, 100,000 entries, listed", found)
    _report("revocation look-up, 100,000 entries, not listed", absent)
    assert max(found, absent) <= LOOKUP_BAR_MS


@pytest.mark.bench
def test_kept_judgement_costs_little_of_a_full_one() -> None:
    pki = TestPki.create()
    trust, leaf = TrustStore.from_material(pki.material()), pki.system().certificate
    cache, usage = ChainCache(trust), KeyPurpose.ENVELOPE
    full = _milliseconds(lambda: judge_chain(leaf, trust=trust, at=NOW, usage=usage))
    kept = _milliseconds(lambda: cache.judge(leaf, at=NOW, usage=usage))
    _report("judge a chain of three, P-256", full)
    _report("the same, kept", kept)
    assert kept <= full / 10
