"""A body goes when nobody waits for it, and nothing else goes with it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.delivery.housekeeper import Housekeeper
from exchange.domain.links import Recall
from exchange.domain.records import Delivery, Envelope
from exchange.domain.retention import RetentionPolicy, is_purgeable, kind_of
from exchange.domain.usage import stored_for
from exchange.errors import ExchangeError
from exchange.evidence.bundle import build_bundle
from exchange.retention import retention_policy
from exchange.settings.retention import RetentionSettings
from exchange.storage.ports.retention import Purge
from exchange.usecases.collect_evidence import CollectEvidence, collect_evidence
from exchange.usecases.purge_bodies import Purging, purge_bodies
from exchange.usecases.read_envelope import ReadEnvelope, read_envelope, read_receipt
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentCode, EnvelopeId
from schemas.vocabulary import AuditEvent, DeliveryState, StatusCode, Step
from tests.support.conversations import SYSTEMS, arrived, read, report, take
from tests.support.pki import NOW
from tests.support.stored import PROVINCE, acceptance, envelope_id
from tests.support.world import COMMUNE, World, make_world, note

TEN_YEARS = RetentionPolicy(years=10)
LATER = NOW + timedelta(days=3653)
DONE = {
    DeliveryState.ACKNOWLEDGED,
    DeliveryState.QUARANTINED,
    DeliveryState.REDIRECTED,
    DeliveryState.RECALLED,
    DeliveryState.EXPIRED,
}
ENVELOPE = replace(acceptance().envelope, accepted_at=NOW)


def delivery(state: DeliveryState, **changes: object) -> Delivery:
    plain = Delivery(envelope_id=ENVELOPE.envelope_id, recipient=PROVINCE, state=state)
    return replace(plain, **changes)  # type: ignore[arg-type]  # by field name


@given(st.lists(st.sampled_from(DeliveryState), min_size=1, max_size=5))
def test_purge_refuses_whatever_has_a_delivery_that_is_not_done(
    states: list[DeliveryState],
) -> None:
    deliveries = [delivery(one) for one in states]
    is_done = DONE.issuperset(states)
    assert is_purgeable(ENVELOPE, deliveries, TEN_YEARS, LATER) is is_done


@pytest.mark.parametrize(
    ("one", "policy", "purgeable"),
    [
        (delivery(DeliveryState.AVAILABLE, status=StatusCode.REFUSED), TEN_YEARS, True),
        (delivery(DeliveryState.DEAD_LETTER), TEN_YEARS, False),
        (
            delivery(DeliveryState.DEAD_LETTER),
            RetentionPolicy(years=10, dead_letters=True),
            True,
        ),
        (
            delivery(DeliveryState.ACKNOWLEDGED, recall=Recall(envelope_id(9))),
            TEN_YEARS,
            False,
        ),
        (
            delivery(
                DeliveryState.ACKNOWLEDGED,
                recall=Recall(envelope_id(9), answer=StatusCode.DECLINED),
            ),
            TEN_YEARS,
            True,
        ),
        (
            delivery(DeliveryState.RECALLED, recall=Recall(envelope_id(9))),
            TEN_YEARS,
            True,
        ),
    ],
    ids=["refused", "given-up", "closed", "open-recall", "answered", "recalled"],
)
def test_deliveries_that_are_done(
    one: Delivery, policy: RetentionPolicy, *, purgeable: bool
) -> None:
    assert is_purgeable(ENVELOPE, [one], policy, LATER) is purgeable


def test_retention_passes_to_the_moment_and_without_years_never() -> None:
    done = [delivery(DeliveryState.ACKNOWLEDGED)]
    end = NOW + timedelta(days=3652.5)
    for policy, at, expected in (
        (TEN_YEARS, end, True),
        (TEN_YEARS, end - timedelta(milliseconds=1), False),
        (RetentionPolicy(), LATER, False),
    ):
        assert is_purgeable(ENVELOPE, done, policy, at) is expected


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("15/QĐ-UBND", "QĐ"),
        ("15/2026/QĐ-UBND", "QĐ"),
        ("214/UBND-VHXH", ""),
        ("", ""),
        ("QĐ", "QĐ"),
    ],
)
def test_kind_is_read_from_number_and_notation(code: str, kind: str) -> None:
    assert kind_of(replace(ENVELOPE, document_code=code)) == kind


def test_kinds_have_years_of_their_own() -> None:
    policy = retention_policy(RetentionSettings(years=10, kinds=("QĐ=0", "TB=2")))
    done = [delivery(DeliveryState.ACKNOWLEDGED)]
    found = {
        code: is_purgeable(replace(ENVELOPE, document_code=code), done, policy, at)
        for code, at in (
            ("1/QĐ-UBND", LATER),
            ("1/TB-UBND", NOW + timedelta(days=731)),
            ("1/UBND-VX", NOW + timedelta(days=731)),
        )
    }
    assert found == {"1/QĐ-UBND": False, "1/TB-UBND": True, "1/UBND-VX": False}
    assert policy.shortest == timedelta(days=730.5)


@pytest.mark.parametrize("text", ["QĐ", "QĐ=x", "QĐ=-1", "XX=3", "=3", "QĐ=nan"])
def test_what_is_no_kind_with_years_is_refused(text: str) -> None:
    with pytest.raises(ExchangeError) as refused:
        retention_policy(RetentionSettings(kinds=(text,)))
    assert refused.value.place == "retention.kinds"


@pytest.mark.parametrize("years", [-1.0, 1000.5, 1e9, float("inf"), float("nan")])
def test_years_that_cannot_be_reckoned_with_are_refused(years: float) -> None:
    with pytest.raises(ExchangeError) as refused:
        retention_policy(RetentionSettings(years=years))
    assert refused.value.place == "retention.years"


async def done_world() -> tuple[World, Envelope]:
    """A document whose deliveries are done, ten years ago."""
    world = await make_world()
    world = replace(world, services=replace(world.services, retention=TEN_YEARS))
    accepted = await world.send(world.document(note(b"x")))
    await world.deliver()
    tables = world.services.storage.envelopes._tables  # type: ignore[attr-defined]  # the memory form
    for key, one in tables.deliveries.items():
        tables.deliveries[key] = replace(one, state=DeliveryState.ACKNOWLEDGED)
    world.clock.move(days=3653)
    return world, accepted.envelope


async def purged(world: World, **changes: object) -> list[EnvelopeId]:
    purging = replace(Purging(policy=TEN_YEARS), **changes)  # type: ignore[arg-type]  # by field name
    found = purge_bodies(world.services, purging)
    return [one.envelope_id async for one in found]


async def refusal(coming: object) -> ExchangeError:
    with pytest.raises(ExchangeError) as refused:
        await coming  # type: ignore[misc]  # a coroutine
    return refused.value


class TestPurging:
    async def test_looking_removes_nothing(self) -> None:
        world, envelope = await done_world()
        assert await purged(world, only_look=True) == [envelope.envelope_id]
        assert await purged(world) == [envelope.envelope_id]
        assert await purged(world) == []

    @pytest.mark.parametrize(
        "later",
        [{}, {"minutes": 11}, {"days": 1}, {"days": 365}],
        ids=["at-once", "11min", "1d", "1y"],
    )
    async def test_replay_is_answered_with_the_stored_receipt(
        self, later: dict[str, float]
    ) -> None:
        world = await make_world()
        message = world.document(note(b"x"))
        before = await world.send(message)
        await world.deliver()
        tables = world.services.storage.envelopes._tables  # type: ignore[attr-defined]  # the memory form
        for key, one in tables.deliveries.items():
            tables.deliveries[key] = replace(one, state=DeliveryState.ACKNOWLEDGED)
        world.clock.move(days=3653)
        assert len(await purged(world)) == 1
        world.clock.move(**later)
        again = await world.send(message)
        assert again.repeated
        assert again.envelope.receipt == before.envelope.receipt

    async def test_reading_says_that_and_when_it_was_purged(self) -> None:
        world, envelope = await done_world()
        await purged(world)
        caller = await world.caller("qlvb-h99-151")
        wish = ReadEnvelope(caller=caller, envelope_id=envelope.envelope_id)
        evidence = CollectEvidence(caller=caller, envelope_id=envelope.envelope_id)
        for coming in (
            read_envelope(world.services, wish),
            collect_evidence(world.services, evidence),
        ):
            error = await refusal(coming)
            assert error.code is ErrorCode.PAYLOAD_PURGED
            assert error.place.startswith("20")
        assert await read_receipt(world.services, wish) == envelope.receipt

    async def test_trace_has_the_step_signed_by_the_hub(self) -> None:
        world, envelope = await done_world()
        await purged(world)
        found = await trace_envelope(
            world.services,
            TraceEnvelope(
                caller=await world.caller("qlvb-h99-151"),
                envelope_id=envelope.envelope_id,
            ),
        )
        last = found.receipts[-1]
        assert (last.step, last.recorded_at) == (Step.PURGED, world.clock.now)
        (line, *_) = await world.services.storage.audit.lines(limit=1)
        assert line.event is AuditEvent.PAYLOAD_PURGED

    async def test_room_is_given_back(self) -> None:
        world, envelope = await done_world()
        name, store = stored_for(COMMUNE), world.services.storage.usage
        await world.services.usage.tell(store)
        assert await store.totals([name]) == {name: envelope.size}
        await purged(world)
        assert await store.totals([name]) == {}

    async def test_room_is_given_back_by_a_process_that_ends_with_the_last_body(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world, _ = await done_world()
        name, storage = stored_for(COMMUNE), world.services.storage
        await world.services.usage.tell(storage.usage)
        purge = storage.retention.purge

        async def last(wanted: Purge) -> bool:
            await purge(wanted)
            raise KeyboardInterrupt

        monkeypatch.setattr(storage.retention, "purge", last)
        with pytest.raises(KeyboardInterrupt):
            await purged(world)
        monkeypatch.undo()
        assert await purged(world) == []
        assert await storage.usage.totals([name]) == {}

    async def test_recall_that_came_meanwhile_stops_it(self) -> None:
        world, envelope = await done_world()
        store = world.services.storage.retention
        inner, seen = store.purge, []

        async def late(purge: Purge) -> bool:
            seen.append(purge)
            tables = store._tables  # type: ignore[attr-defined]  # the memory form
            for key, one in tables.deliveries.items():
                tables.deliveries[key] = replace(one, recall=Recall(envelope_id(9)))
            return await inner(purge)

        store.purge = late  # type: ignore[method-assign]  # between look and step
        assert await purged(world) == []
        assert len(seen) == 1
        found = await world.services.storage.envelopes.envelope(envelope.envelope_id)
        assert found == envelope

    async def test_housekeeper_purges_by_the_settings(self) -> None:
        world, envelope = await done_world()
        await Housekeeper(world.services, owner="test").clean()
        found = await world.services.storage.envelopes.envelope(envelope.envelope_id)
        assert found is not None
        assert found.purged_at == world.clock.now


async def reported_decision() -> tuple[World, Envelope, Envelope]:
    """A decision and a status about it; both are done with, ten years ago."""
    world = await make_world()
    decision = world.document(
        note(b"x"),
        code=DocumentCode("15", "QĐ-UBND"),
        recipients=(Organisation(organ_id=PROVINCE),),
    )
    accepted = (await world.send(decision)).envelope
    await world.deliver()
    await take(world, accepted)
    await report(world, accepted, StatusCode.REGISTERED)
    await world.deliver()
    status = (await arrived(world, COMMUNE))[-1]
    await take(world, status, COMMUNE)
    await world.deliver()
    world.clock.move(days=3653)
    return world, accepted, status


async def evidence_of(world: World, envelope: Envelope) -> dict[str, bytes]:
    wish = CollectEvidence(
        caller=await world.caller(SYSTEMS[COMMUNE]), envelope_id=envelope.envelope_id
    )
    found = await collect_evidence(world.services, wish)
    with ZipFile(BytesIO(await build_bundle(world.services, found))) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


class TestStatuses:
    async def test_a_status_stays_as_long_as_the_document_it_is_evidence_of(
        self,
    ) -> None:
        world, decision, status = await reported_decision()
        forever = RetentionPolicy(years=10, kinds={"QĐ": 0.0})
        assert await purged(world, policy=forever) == []
        body = await read(world, status, COMMUNE)
        assert (await evidence_of(world, decision))["statuses/01/body"] == body

    @pytest.mark.parametrize("only_look", [True, False], ids=["look", "purge"])
    async def test_a_status_goes_with_its_document(self, *, only_look: bool) -> None:
        world, decision, status = await reported_decision()
        expected = [decision.envelope_id, status.envelope_id]
        assert await purged(world, only_look=only_look) == expected

    async def test_only_documents_give_room_back(self) -> None:
        world, *_ = await reported_decision()
        name, store = stored_for(PROVINCE), world.services.storage.usage
        await world.services.usage.tell(store)
        before = await store.totals([name])
        assert len(await purged(world)) == 2
        assert await store.totals([name]) == before

    async def test_a_status_goes_after_its_document(self) -> None:
        world, decision, status = await reported_decision()
        later = RetentionPolicy(years=11, kinds={"QĐ": 10.0})
        assert await purged(world, policy=later) == [decision.envelope_id]
        world.clock.move(days=366)
        assert await purged(world, policy=later) == [status.envelope_id]

    async def test_evidence_does_without_a_status_that_went_before(self) -> None:
        world, decision, status = await reported_decision()
        tables = world.services.storage.envelopes._tables  # type: ignore[attr-defined]  # the memory form
        gone = replace(status, purged_at=world.clock.now)
        tables.envelopes[status.envelope_id] = gone
        evidence = await evidence_of(world, decision)
        assert "statuses/01/body" not in evidence
        assert sum(name.startswith("receipts/") for name in evidence) == sum(
            name.startswith("log/") and name.endswith(".json") for name in evidence
        )


def test_nothing_is_waited_for_by_an_envelope_without_deliveries() -> None:
    nobody: Iterable[Delivery] = ()
    assert is_purgeable(ENVELOPE, nobody, TEN_YEARS, LATER)
