"""Cost of a remote signature at the server against hashing and one private operation.

Preparing and completing 50 KB, with the value checked and both digests, without the
key: `design` allows four times the floor of a B-B signature.
"""

import json

import pytest

from signing.pades.kept import KeptState
from signing.pades.remote import complete_signature, prepare_signature
from tests.bench.test_bench_pades import (
    NOISE,
    SOURCE,
    best_seconds,
    credential_of,
    floor_of,
)
from tests.support.signed_pdf import PERSON

pytestmark = pytest.mark.bench

BAR = 4.0


def test_server_side_of_a_remote_signature_against_the_floor() -> None:
    signer = credential_of("RSA-3072")

    def prepare() -> tuple[bytes, bytes]:
        prepared = prepare_signature(
            SOURCE,
            certificate=signer.certificate,
            chain=signer.chain,
            request=PERSON,
        )
        return prepared.data, prepared.state.to_json()

    data, kept = prepare()
    state = KeptState.from_json(kept)
    value = signer.key.sign(state.attributes, state.scheme)

    def complete() -> None:
        complete_signature(data, KeptState.from_json(kept), value)

    floor, preparing, completing = best_seconds(floor_of(signer), prepare, complete)
    ratio = (preparing + completing) / floor
    figures = {
        "bench": "remote-signing",
        "key": "RSA-3072",
        "floor_ms": round(floor * 1e3, 3),
        "prepare_ms": round(preparing * 1e3, 3),
        "complete_ms": round(completing * 1e3, 3),
        "ratio": round(ratio, 2),
        "bar": BAR,
    }
    print(json.dumps(figures))  # noqa: T201  # the result of a measurement
    assert ratio <= BAR * NOISE
