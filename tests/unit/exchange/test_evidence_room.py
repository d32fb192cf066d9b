"""What is more than a bundle holds is not read into memory to find that out."""

import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from exchange.domain.records import Envelope
from exchange.evidence import bundle
from exchange.evidence.bundle import build_bundle
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import StatusCode
from signing.validation.archive import MAXIMUM_SIZE, write_bundle
from tests.support.conversations import SYSTEMS, delivery, report, sent_to, take
from tests.support.world import COMMUNE, PROVINCE, World, make_world


@pytest.fixture
async def world() -> World:
    return await make_world()


@pytest.fixture
def read(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The envelopes whose body is read."""
    store, found = world.services.storage.envelopes, list[str]()
    inner = store.read_body

    def noted(envelope_id: str, *rest: object) -> AsyncIterator[bytes]:
        found.append(envelope_id)
        return inner(envelope_id, *rest)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(store, "read_body", noted)
    return found


async def wish(world: World, envelope: Envelope, by: str = COMMUNE) -> CollectEvidence:
    caller = await world.caller(SYSTEMS[by])  # type: ignore[index]  # codes of agencies
    return CollectEvidence(caller=caller, envelope_id=envelope.envelope_id)


def as_large(world: World, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let documents be as large as that, as far as their records say."""
    store = world.services.storage.envelopes
    find = store.envelope

    async def found(envelope_id: EnvelopeId) -> Envelope | None:
        envelope = await find(envelope_id)
        return None if envelope is None else replace(envelope, size=size)

    monkeypatch.setattr(store, "envelope", found)


async def test_document_larger_than_a_bundle_is_refused_unread(
    world: World, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await sent_to(world, PROVINCE)
    as_large(world, monkeypatch, MAXIMUM_SIZE + 1)
    with pytest.raises(CodedError) as caught:
        await collect_evidence(world.services, await wish(world, letter, PROVINCE))
    assert (caught.value.code, caught.value.place) == (
        ErrorCode.LIMIT_EXCEEDED,
        "bundle",
    )
    assert read == []
    found = await delivery(world, letter, PROVINCE)
    assert not found.opened


async def test_statuses_count_with_their_document(
    world: World, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await sent_to(world, PROVINCE)
    await take(world, letter)
    await report(world, letter, StatusCode.REGISTERED)
    await world.deliver()
    as_large(world, monkeypatch, MAXIMUM_SIZE)
    with pytest.raises(CodedError) as caught:
        await collect_evidence(world.services, await wish(world, letter))
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED
    assert read == []


async def test_bundle_is_packed_beside_the_event_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, threads = await sent_to(world, PROVINCE), list[threading.Thread]()

    def packed(members: dict[str, bytes]) -> bytes:
        threads.append(threading.current_thread())
        return write_bundle(members)

    monkeypatch.setattr(bundle, "write_bundle", packed)
    evidence = await collect_evidence(world.services, await wish(world, letter))
    assert len(await build_bundle(world.services, evidence)) < MAXIMUM_SIZE
    assert threads != [threading.main_thread()]
