"""An upload that something else happens to between being named and being taken."""

import asyncio
from dataclasses import replace

import pytest

from clients.messages import Message
from exchange.domain.uploads import Upload
from exchange.errors import ExchangeError
from exchange.usecases.accept_envelope import accept_envelope
from exchange.usecases.receiving import Submission
from exchange.usecases.uploads import begin_upload, discard_upload
from schemas.errors import ErrorCode
from schemas.identifiers import MessageId
from tests.support.world import World, make_world, note

SYSTEM = "qlvb-h99-151"


@pytest.fixture
async def world() -> World:
    return await make_world()


async def uploaded(world: World, message: Message) -> Upload:
    caller = await world.caller(SYSTEM)
    begun = await begin_upload(world.services, caller, length=len(message.body))
    uploads = world.services.storage.uploads
    return await uploads.append(begun, message.body, now=world.services.now())


async def naming(world: World, upload: Upload, message: Message) -> Submission:
    """A request that has found the upload, and none of its bytes yet."""
    submission = await world.submission(message, system_id=SYSTEM)
    return replace(submission, upload=upload)


async def test_of_two_messages_that_name_one_upload_at_once_one_is_refused_by_name(
    world: World,
) -> None:
    message = world.document(note(b"x"))
    upload = await uploaded(world, message)
    other = replace(message, message_id=MessageId("other"))
    submissions = [await naming(world, upload, one) for one in (message, other)]

    outcomes = await asyncio.gather(
        *(accept_envelope(world.services, one) for one in submissions),
        return_exceptions=True,
    )

    [refused] = [one for one in outcomes if isinstance(one, ExchangeError)]
    assert refused.code is ErrorCode.UPLOAD_USED
    assert refused.place == upload.upload_id
    assert len(await world.services.storage.envelopes.to_check(limit=9)) == 1


async def test_one_message_that_names_its_upload_twice_at_once_has_one_receipt(
    world: World,
) -> None:
    message = world.document(note(b"x"))
    upload = await uploaded(world, message)
    submissions = [await naming(world, upload, message) for _ in range(2)]

    first, second = await asyncio.gather(
        *(accept_envelope(world.services, one) for one in submissions)
    )

    assert {first.repeated, second.repeated} == {True, False}
    assert first.envelope.receipt == second.envelope.receipt


async def test_upload_that_is_removed_meanwhile_is_not_found(world: World) -> None:
    message = world.document(note(b"x"))
    upload = await uploaded(world, message)
    submission = await naming(world, upload, message)
    await discard_upload(world.services, submission.caller, upload.upload_id)

    with pytest.raises(ExchangeError) as caught:
        await accept_envelope(world.services, submission)

    assert caught.value.code is ErrorCode.UPLOAD_NOT_FOUND
