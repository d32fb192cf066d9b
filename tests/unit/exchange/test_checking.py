"""Looking into what is delivered, where the database fails meanwhile."""

from collections.abc import AsyncIterator

import pytest

from exchange.delivery.checking import check_envelope
from exchange.domain.records import Envelope
from exchange.errors import StorageUnavailableError
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import DeliveryState
from tests.support.small_pdf import small_pdf
from tests.support.world import World, attachment, make_world


async def _failing(
    _: EnvelopeId, *, offset: int = 0, length: int | None = None
) -> AsyncIterator[bytes]:
    raise StorageUnavailableError(ErrorCode.DATABASE_UNAVAILABLE)
    yield bytes(offset + (length or 0))


async def _states(world: World, envelope: Envelope) -> set[DeliveryState]:
    store = world.services.storage.envelopes
    return {one.state for one in await store.deliveries(envelope.envelope_id)}


async def test_database_that_fails_while_a_file_is_read_holds_nothing_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await make_world()
    sent = (await world.send(world.document(attachment(small_pdf())))).envelope
    monkeypatch.setattr(world.services.storage.envelopes, "read_body", _failing)

    with pytest.raises(StorageUnavailableError):
        await check_envelope(world.services, sent)

    assert await _states(world, sent) == {DeliveryState.ACCEPTED}
    monkeypatch.undo()
    await check_envelope(world.services, sent)
    assert await _states(world, sent) == {DeliveryState.AVAILABLE}
