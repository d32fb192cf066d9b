"""Verifying a signed envelope costs little more than what cannot be left out."""

import json
import sys
import timeit
from collections.abc import Callable
from hashlib import sha256
from time import process_time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from schemas.edxml.validate import validate
from schemas.edxml.writer import write_document
from schemas.xml import canonicalize, parse, serialize
from signing.xmldsig.shape import read_signature
from signing.xmldsig.sign import sign_envelope
from signing.xmldsig.template import signed_info
from signing.xmldsig.verify import verify_envelope
from tests.support import edxml
from tests.support.pki import NOW, TestPki
from tests.support.signed_xml import digests

BAR = 1.8
SYSTEM = TestPki.create().system()
DOCUMENT = edxml.full_document()
CARRIED = digests({one.content_id: b"content" for one in DOCUMENT.manifest})
XML = sign_envelope(
    serialize(write_document(DOCUMENT)),
    credential=SYSTEM,
    attachments=list(CARRIED.items()),
    at=NOW,
)


def _microseconds(*works: Callable[[], object]) -> list[float]:
    """Return the best time of each, measured in turns so that noise meets all."""
    timers = [timeit.Timer(work, timer=process_time) for work in works]
    rounds = [[one.timeit(20) for one in timers] for _ in range(80)]
    return [min(times) / 20 * 1e6 for times in zip(*rounds, strict=True)]


def _floor() -> Callable[[], None]:
    """Parse, validate, make canonical, hash, check the value: and nothing else."""
    parts = read_signature(parse(XML)[0][0][-1])
    key = ec.generate_private_key(ec.SECP256R1())
    value = key.sign(signed_info(parts.info), ec.ECDSA(SHA256()))
    public_key = key.public_key()

    def work() -> None:
        root = parse(XML)
        validate(root)
        envelope = root[0]
        signature = envelope[0][-1]
        info = canonicalize(signature[0])
        properties = canonicalize(signature[3][0][0])
        envelope[0].remove(signature)
        sha256(canonicalize(envelope)).digest()
        sha256(properties).digest()
        public_key.verify(value, info, ec.ECDSA(SHA256()))

    return work


def _verify() -> None:
    root = parse(XML)
    validate(root)
    verify_envelope(root, attachments=CARRIED)


@pytest.mark.bench
def test_verifying_an_envelope_stays_near_its_floor() -> None:
    _verify()
    floor, whole = _microseconds(_floor(), _verify)
    line = {
        "bench": "verify signed envelope, P-256",
        "bytes": len(XML),
        "floor_us": round(floor, 1),
        "whole_us": round(whole, 1),
        "ratio": round(whole / floor, 2),
        "bar": BAR,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert whole <= BAR * floor
