"""Downloads of inline attachments: decoded while they are read, kept nowhere."""

from collections.abc import AsyncIterator
from random import Random
from typing import NoReturn

import pytest

from exchange.settings.limits import LimitSettings
from exchange.usecases import spool
from exchange.usecases.handing_out import ByteRange
from exchange.usecases.read_attachment import (
    FoundAttachment,
    ReadAttachment,
    find_attachment,
    read_attachment,
)
from schemas.edxml.document import Organisation
from schemas.errors import CodedError, ErrorCode
from tests.support.world import FAR_COMMUNE, World, attachment, make_world
from tests.unit.exchange.test_delivery import inlined

CONTENT = Random(1).randbytes(300_000)
PIECE = 7_777
LIMITS = LimitSettings(inline_body_bytes=10_000)

Stored = list[int]


@pytest.fixture
async def world() -> World:
    return await make_world(limits=LIMITS)


async def found_in(world: World, form: str) -> FoundAttachment:
    """Send a film inline, and find it as its recipient."""
    film = attachment(CONTENT, name="phim.bin", content_type="video/mp4")
    sender = Organisation(organ_id=FAR_COMMUNE)
    letter = world.document(film, signed=False, sender=sender)
    message = inlined(letter, film, zipped=form == "zip")
    accepted = await world.send(message, system_id="qlvb-h99-153")
    await world.deliver()
    command = ReadAttachment(
        caller=await world.caller("qlvb-h99"),
        envelope_id=accepted.envelope.envelope_id,
        number=1,
    )
    return await find_attachment(world.services, command)


def piecewise(world: World, monkeypatch: pytest.MonkeyPatch) -> Stored:
    """Let bodies be stored in pieces; give the lengths of those that are read."""
    store, read = world.services.storage.envelopes, Stored()
    inner = store.read_body

    async def body(*where: object, **part: object) -> AsyncIterator[bytes]:
        async for whole in inner(*where, **part):  # type: ignore[arg-type]  # passed on
            for start in range(0, len(whole), PIECE):
                read.append(len(whole[start : start + PIECE]))
                yield whole[start : start + PIECE]

    monkeypatch.setattr(store, "read_body", body)
    return read


async def gathered(chunks: AsyncIterator[bytes], into: bytearray) -> None:
    async for one in chunks:
        into += one


def no_file() -> NoReturn:
    """Stand in for `TemporaryFile`."""
    raise AssertionError


@pytest.mark.parametrize("form", ["base64", "zip"])
@pytest.mark.parametrize("wanted", [None, ByteRange(0, 0)], ids=["whole", "one byte"])
async def test_open_download_keeps_no_copy_and_reads_no_further_than_its_peer(
    world: World, monkeypatch: pytest.MonkeyPatch, form: str, wanted: ByteRange | None
) -> None:
    found = await found_in(world, form)
    monkeypatch.setattr(spool, "TemporaryFile", no_file)
    read = piecewise(world, monkeypatch)
    chunks = read_attachment(world.services, found, wanted)

    first = await anext(chunks)

    assert CONTENT.startswith(first)
    assert sum(read) < found.attachment.length / 2
    rest = [one async for one in chunks]
    assert b"".join((first, *rest)) == CONTENT[: wanted.length if wanted else None]


@pytest.mark.parametrize("form", ["base64", "zip"])
@pytest.mark.parametrize("wanted", [None, ByteRange(70_000, 90_000)])
async def test_inline_attachment_that_was_changed_in_the_store_is_not_handed_out(
    world: World, monkeypatch: pytest.MonkeyPatch, form: str, wanted: ByteRange | None
) -> None:
    found = await found_in(world, form)
    store = world.services.storage.envelopes
    inner = store.read_body

    async def damaged(*where: object, **part: object) -> AsyncIterator[bytes]:
        async for whole in inner(*where, **part):  # type: ignore[arg-type]  # passed on
            other = b"A" if whole[200_000:200_001] != b"A" else b"B"
            yield whole[:200_000] + other + whole[200_001:]

    monkeypatch.setattr(store, "read_body", damaged)
    got = bytearray()
    with pytest.raises(CodedError) as caught:
        await gathered(read_attachment(world.services, found, wanted), got)

    assert len(got) < (wanted.length + 1 if wanted else len(CONTENT))
    assert caught.value.code in {ErrorCode.INTERNAL, ErrorCode.ARCHIVE_REFUSED}
