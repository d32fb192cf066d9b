import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from exchange.errors import ExchangeError
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode
from tests.support.pki import NOW
from tests.support.purges import purge_of
from tests.support.stored import acceptance, envelope_id, in_pieces

MEBIBYTE = 1 << 20
LARGE = b"".join(
    hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(80_000)
)
"""Not quite two and a half chunks, no two parts alike."""


async def read(storage: Storage, number: int, **where: int) -> bytes:
    pieces = [
        one async for one in storage.envelopes.read_body(envelope_id(number), **where)
    ]
    assert all(0 < len(piece) <= len(LARGE) for piece in pieces)
    return b"".join(pieces)


async def test_small_body_is_read_whole_and_in_slices(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1, body=b"0123456789"))

    assert await read(storage, 1) == b"0123456789"
    assert await read(storage, 1, offset=3, length=4) == b"3456"
    assert await read(storage, 1, offset=8, length=9) == b"89"
    assert await read(storage, 1, offset=10) == b""


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        (0, None),
        (0, 1),
        (MEBIBYTE - 1, 2),
        (MEBIBYTE, MEBIBYTE),
        (5, 2 * MEBIBYTE),
        (len(LARGE) - 1, 100),
        (len(LARGE), 1),
        (7, 0),
    ],
)
async def test_large_body_is_read_in_slices(
    storage: Storage, offset: int, length: int | None
) -> None:
    await storage.envelopes.store_chunks("b", in_pieces(LARGE, 300_007))
    await storage.envelopes.accept(acceptance(1, body=LARGE, body_chunks="b"))
    end = len(LARGE) if length is None else offset + length

    pieces = storage.envelopes.read_body(envelope_id(1), offset=offset, length=length)

    assert b"".join([one async for one in pieces]) == LARGE[offset:end]


@pytest.mark.parametrize("chunks", [None, "b"], ids=["inline", "in chunks"])
async def test_envelope_is_opened_with_its_body(
    storage: Storage, chunks: str | None
) -> None:
    wanted = acceptance(1, body=LARGE, body_chunks=chunks)
    if chunks is not None:
        await storage.envelopes.store_chunks(chunks, in_pieces(LARGE, 300_007))
    await storage.envelopes.accept(wanted)

    opened = await storage.envelopes.open_envelope(envelope_id(1))

    assert opened is not None
    envelope, body = opened
    assert envelope == wanted.envelope
    assert b"".join([one async for one in body]) == LARGE
    assert await storage.envelopes.open_envelope(envelope_id(2)) is None


async def test_envelope_whose_body_went_is_opened_without(storage: Storage) -> None:
    await storage.envelopes.accept(acceptance(1))
    await storage.retention.purge(await purge_of(storage, 1))

    opened = await storage.envelopes.open_envelope(envelope_id(1))

    assert opened is not None
    envelope, body = opened
    assert envelope.purged_at == NOW
    with pytest.raises(ExchangeError) as caught:
        _ = [one async for one in body]
    assert caught.value.code is ErrorCode.PAYLOAD_PURGED


async def test_body_of_an_unknown_envelope_is_refused(storage: Storage) -> None:
    with pytest.raises(ExchangeError) as caught:
        await read(storage, 1)

    assert caught.value.code is ErrorCode.ENVELOPE_NOT_FOUND


@pytest.mark.parametrize("stored", [b"", b"short", b"longer than expected"])
async def test_body_that_is_not_stored_whole_is_not_accepted(
    storage: Storage, stored: bytes
) -> None:
    await storage.envelopes.store_chunks("b", in_pieces(stored, 4))

    with pytest.raises(ExchangeError) as caught:
        await storage.envelopes.accept(
            acceptance(1, body=b"as expected", body_chunks="b")
        )

    assert caught.value.code is ErrorCode.INTERNAL
    assert await storage.envelopes.envelope(envelope_id(1)) is None


async def test_body_is_claimed_once(storage: Storage) -> None:
    await storage.envelopes.store_chunks("b", in_pieces(b"body", 4))
    await storage.envelopes.accept(acceptance(1, body=b"body", body_chunks="b"))

    with pytest.raises(ExchangeError):
        await storage.envelopes.accept(acceptance(2, body=b"body", body_chunks="b"))


async def test_orphans_are_dropped_and_accepted_bodies_stay(storage: Storage) -> None:
    for body_id in ("accepted", "orphan"):
        await storage.envelopes.store_chunks(body_id, in_pieces(b"body", 4))
    await storage.envelopes.accept(acceptance(1, body=b"body", body_chunks="accepted"))
    later = datetime.now(UTC) + timedelta(minutes=1)

    assert await storage.envelopes.drop_orphans(before=later) == 1

    assert await read(storage, 1) == b"body"
    with pytest.raises(ExchangeError):
        await storage.envelopes.accept(
            acceptance(2, body=b"body", body_chunks="orphan")
        )


async def test_fresh_orphan_is_left_alone(storage: Storage) -> None:
    await storage.envelopes.store_chunks("b", in_pieces(b"body", 4))
    earlier = datetime.now(UTC) - timedelta(hours=1)

    assert await storage.envelopes.drop_orphans(before=earlier) == 0

    await storage.envelopes.accept(acceptance(1, body=b"body", body_chunks="b"))
