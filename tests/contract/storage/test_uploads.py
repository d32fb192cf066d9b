"""Bodies that come in pieces: what the offset says is what is stored."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exchange.domain.records import Accepted
from exchange.domain.uploads import KEPT, Upload
from exchange.errors import BodyMissingError, ExchangeError, StateConflictError
from exchange.storage.ports import Storage
from schemas.identifiers import SystemId
from tests.support.stored import acceptance, envelope_id

SYSTEM = SystemId("qlvb")
BODY = b"".join(hashlib.sha256(bytes([one])).digest() for one in range(200)) * 400
"""Two and a half chunks."""


def upload(upload_id: str = "u", length: int = len(BODY)) -> Upload:
    expires_at = (datetime.now(UTC) + KEPT).replace(microsecond=0)
    return Upload(
        upload_id=upload_id, system_id=SYSTEM, length=length, expires_at=expires_at
    )


async def uploaded(storage: Storage, *sizes: int, upload_id: str = "u") -> Upload:
    """Upload in pieces of these sizes, and the rest in one."""
    at, now = upload(upload_id), datetime.now(UTC).replace(microsecond=0)
    await storage.uploads.begin(at)
    for size in (*sizes, len(BODY) - sum(sizes)):
        piece = BODY[at.offset : at.offset + size]
        at = await storage.uploads.append(at, piece, now=now)
    return at


async def read(storage: Storage, at: Upload) -> bytes:
    return b"".join([one async for one in storage.uploads.read(at)])


async def test_pieces_of_any_size_are_one_body(storage: Storage) -> None:
    chunk = 1 << 20
    ways = ((), (1,), (chunk,), (700_000, 700_000), (chunk, 5, chunk - 5))
    for number, sizes in enumerate(ways):
        at = await uploaded(storage, *sizes, upload_id=f"u{number}")

        assert at.is_whole
        assert await storage.uploads.upload(at.upload_id) == at
        assert await read(storage, at) == BODY, sizes


async def test_piece_is_stored_by_one_of_two_that_bring_it(storage: Storage) -> None:
    begun, now = upload(), datetime.now(UTC)
    await storage.uploads.begin(begun)
    await storage.uploads.append(begun, BODY[:10], now=now)

    with pytest.raises(StateConflictError):
        await storage.uploads.append(begun, b"other", now=now)

    stored = await storage.uploads.upload("u")
    assert stored is not None
    assert stored.offset == 10


async def test_envelope_takes_an_upload_once_and_it_stays_readable(
    storage: Storage,
) -> None:
    at = await uploaded(storage, 1_500_000)
    await storage.envelopes.accept(acceptance(1, body=BODY, body_chunks="u"))

    body = [one async for one in storage.envelopes.read_body(envelope_id(1))]
    stored = await storage.uploads.upload("u")

    assert b"".join(body) == BODY
    assert stored is not None
    assert stored.is_used
    assert await read(storage, at) == BODY
    with pytest.raises(BodyMissingError):
        await storage.envelopes.accept(acceptance(2, body=BODY, body_chunks="u"))


async def test_of_two_envelopes_that_take_an_upload_at_once_one_has_it(
    storage: Storage,
) -> None:
    await uploaded(storage)
    both = [acceptance(one, body=BODY, body_chunks="u") for one in (1, 2)]

    outcomes = await asyncio.gather(
        *(storage.envelopes.accept(one) for one in both), return_exceptions=True
    )

    assert {type(one) for one in outcomes} == {Accepted, BodyMissingError}
    stored = [await storage.envelopes.envelope(envelope_id(one)) for one in (1, 2)]
    assert stored.count(None) == 1


async def test_unfinished_upload_is_nobodys_body(storage: Storage) -> None:
    begun = upload()
    await storage.uploads.begin(begun)
    part = await storage.uploads.append(begun, BODY[:10], now=datetime.now(UTC))

    with pytest.raises(BodyMissingError):
        await storage.envelopes.accept(acceptance(1, body=BODY[:9], body_chunks="u"))
    with pytest.raises(ExchangeError):
        await read(storage, part)


async def test_only_what_no_envelope_has_is_counted_and_discarded(
    storage: Storage,
) -> None:
    await uploaded(storage)
    await storage.uploads.begin(upload("other"))
    await storage.envelopes.accept(acceptance(1, body=BODY, body_chunks="u"))
    assert await storage.uploads.unused(SYSTEM) == 1
    assert await storage.uploads.unused(SystemId("another")) == 0

    await storage.uploads.discard("u")
    await storage.uploads.discard("other")

    assert await storage.uploads.unused(SYSTEM) == 0
    assert await storage.uploads.upload("u") is not None
    assert await storage.uploads.upload("other") is None


async def test_spent_upload_is_read_for_a_while_and_nobodys_body_or_count(
    storage: Storage,
) -> None:
    at, now = await uploaded(storage), datetime.now(UTC).replace(microsecond=0)
    until = now + timedelta(minutes=15)
    await storage.uploads.spend("u", until=until)
    await storage.uploads.spend("u", until=until + timedelta(hours=1))
    await storage.uploads.discard("u")

    stored = await storage.uploads.upload("u")
    assert stored == replace(at, is_spent=True, expires_at=until)
    assert await read(storage, at) == BODY
    assert await storage.uploads.unused(SYSTEM) == 0
    with pytest.raises(BodyMissingError):
        await storage.envelopes.accept(acceptance(1, body=BODY, body_chunks="u"))

    assert await storage.envelopes.drop_orphans(before=until - KEPT) == 0
    later = until - KEPT + timedelta(seconds=1)
    assert await storage.envelopes.drop_orphans(before=later) == 1
    assert await storage.uploads.upload("u") is None


async def test_upload_that_is_not_whole_or_taken_is_not_spent(
    storage: Storage,
) -> None:
    until = datetime.now(UTC) + timedelta(minutes=15)
    await storage.uploads.begin(upload("part"))
    await uploaded(storage)
    await storage.envelopes.accept(acceptance(1, body=BODY, body_chunks="u"))
    for one in ("part", "u", "none"):
        await storage.uploads.spend(one, until=until)

    assert await storage.uploads.unused(SYSTEM) == 1
    taken = await storage.uploads.upload("u")
    assert taken is not None
    assert (taken.is_used, taken.is_spent) == (True, False)


async def test_forgotten_upload_goes_the_way_of_orphans(storage: Storage) -> None:
    await storage.uploads.begin(upload())
    now = datetime.now(UTC)

    assert await storage.envelopes.drop_orphans(before=now - timedelta(hours=1)) == 0
    assert await storage.uploads.upload("u") is not None
    later = now + timedelta(minutes=1)
    assert await storage.envelopes.drop_orphans(before=later) == 1
    assert await storage.uploads.upload("u") is None


async def test_oldest_upload_without_bytes_makes_room(storage: Storage) -> None:
    await uploaded(storage, upload_id="whole")
    for number, name in enumerate(("first", "second")):
        at = upload(name)
        at = replace(at, expires_at=at.expires_at + timedelta(minutes=number))
        await storage.uploads.begin(at)
        await asyncio.sleep(0.01)

    found = [await storage.uploads.discard_empty(SYSTEM) for _ in range(3)]
    others = await storage.uploads.discard_empty(SystemId("other"))

    assert (found, others) == ([True, True, False], False)
    assert await storage.uploads.upload("second") is None
    assert await storage.uploads.upload("whole") is not None
    assert await storage.uploads.unused(SYSTEM) == 1


async def test_of_two_without_bytes_the_older_goes(storage: Storage) -> None:
    for number, name in enumerate(("first", "second")):
        at = upload(name)
        later = at.expires_at + timedelta(minutes=number)
        await storage.uploads.begin(replace(at, expires_at=later, metadata="name eA=="))
        await asyncio.sleep(0.01)

    await storage.uploads.discard_empty(SYSTEM)

    assert await storage.uploads.upload("first") is None
    kept = await storage.uploads.upload("second")
    assert kept is not None
    assert kept.metadata == "name eA=="
