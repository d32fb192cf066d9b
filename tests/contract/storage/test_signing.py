"""A signing goes on once, whoever asks and how often."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from exchange.domain.signing import StoredFile
from exchange.errors import ExchangeError
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode
from schemas.vocabulary import LogEntryType, SigningState
from tests.support.pki import NOW
from tests.support.signings import SIGNING_ID, WAITING, done, step, taking


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def begun(storage: Storage) -> None:
    await storage.signing.advance(step(None, WAITING))


async def test_signing_is_found_as_it_was_stored(storage: Storage) -> None:
    assert await storage.signing.signing(SIGNING_ID) is None
    await begun(storage)
    assert await storage.signing.signing(SIGNING_ID) == WAITING
    assert len(await storage.audit.lines(limit=10)) == 1


async def test_beginning_again_stores_nothing(storage: Storage) -> None:
    await begun(storage)
    await storage.signing.advance(step(WAITING, taking(b"1")))
    assert await storage.signing.advance(step(None, WAITING)) == taking(b"1")
    assert len(await storage.audit.lines(limit=10)) == 2


async def test_one_of_two_values_wins(storage: Storage) -> None:
    await begun(storage)
    found = await asyncio.gather(
        *(
            storage.signing.advance(step(WAITING, taking(value)))
            for value in (b"1", b"2", b"1", b"2")
        )
    )
    assert len({one.value for one in found}) == 1
    assert len(await storage.audit.lines(limit=10)) == 2


async def test_one_of_two_signed_files_stays(storage: Storage) -> None:
    await begun(storage)
    await storage.signing.advance(step(WAITING, taking(b"1")))
    first = await storage.signing.advance(step(taking(b"1"), done(b"1", "b")))
    second = await storage.signing.advance(step(taking(b"1"), done(b"1", "c")))
    assert first == second == done(b"1", "b")
    assert first.state is SigningState.SIGNED
    sequenced = await storage.log.sequence(limit=10)
    assert [one.entry.entry_type for one in sequenced] == [LogEntryType.DOCUMENT_SIGNED]


async def test_files_come_back_whole(storage: Storage) -> None:
    whole = bytes(range(256)) * 8192
    await storage.signing.store_file("x", pieces(whole[:1000], whole[1000:]))
    file = StoredFile(body_id="x", size=len(whole), sha256="")
    assert b"".join([one async for one in storage.signing.read_file(file)]) == whole


async def test_file_that_is_gone_is_said_to_be(storage: Storage) -> None:
    file = StoredFile(body_id="y", size=3, sha256="")
    with pytest.raises(ExchangeError) as refused:
        _ = [one async for one in storage.signing.read_file(file)]
    assert refused.value.code is ErrorCode.STORED_BYTES_DAMAGED


async def test_old_signings_are_dropped(storage: Storage) -> None:
    await begun(storage)
    assert await storage.signing.drop(before=NOW) == 0
    assert await storage.signing.drop(before=NOW + timedelta(seconds=1)) == 1
    assert await storage.signing.signing(SIGNING_ID) is None
