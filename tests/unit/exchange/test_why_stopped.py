"""Everybody concerned is told why the hub holds or quarantines a document."""

import json
from dataclasses import replace

import pytest

from clients.answers import Trace, read_trace
from exchange.commands.delivery_steps import show_attempts
from exchange.commands.output import Output
from exchange.commands.trace import show_board
from exchange.domain.records import Envelope
from exchange.http.wire import trace as trace_to_json
from exchange.usecases.look_after_deliveries import attempts_of
from exchange.usecases.stated import why_stopped
from exchange.usecases.tending import Tending, release
from exchange.usecases.trace_envelope import TraceEnvelope, trace_envelope
from schemas.vocabulary import Step
from tests.support.late import held
from tests.support.world import World, make_world, note


@pytest.fixture
async def world() -> World:
    return await make_world()


async def traced(world: World, envelope: Envelope, system: str) -> Trace:
    command = TraceEnvelope(
        caller=await world.caller(system), envelope_id=envelope.envelope_id
    )
    answer = trace_to_json(await trace_envelope(world.services, command))
    return read_trace(json.loads(json.dumps(answer)))


@pytest.mark.parametrize("system", ["qlvb-h99-151", "qlvb-h99"], ids=str)
async def test_sender_and_recipient_see_why_it_is_held(
    world: World, system: str, capsys: pytest.CaptureFixture[str]
) -> None:
    envelope = await held(world)

    found = await traced(world, envelope, system)
    show_board(envelope.envelope_id, found, Output.from_words([]))

    step = next(one for one in found.steps if one.step == Step.HELD)
    assert [(one.attachment, one.code) for one in step.findings] == [
        (1, "limit_exceeded")
    ]
    assert "Tệp 1: " in capsys.readouterr().out


async def test_operators_reason_reaches_the_sender(world: World) -> None:
    envelope = await held(world)
    wanted = Tending(
        envelope_id=envelope.envelope_id,
        recipients=frozenset(),
        actor="cli:op",
        reason="tệp nghi giả mạo",
    )
    await release(world.services, wanted, lets_through=False)

    found = await traced(world, envelope, "qlvb-h99-151")

    said = [one.description for one in found.steps if one.step == Step.QUARANTINED]
    assert said == ["tệp nghi giả mạo"] * 2


async def test_delivered_document_has_no_reasons(world: World) -> None:
    accepted = await world.sent(note(b"text"))

    found = await traced(world, accepted.envelope, "qlvb-h99-151")

    assert not any(one.findings or one.description for one in found.steps)


async def test_operators_command_says_why_it_is_held(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    envelope = await held(world)
    attempts = await attempts_of(world.services, envelope.envelope_id)

    show_attempts(attempts, Output.from_words([]))
    show_attempts(attempts, Output.from_words(["--json"]))

    text, _, as_json = capsys.readouterr().out.partition("{")
    assert "(limit_exceeded)" in text
    step = json.loads("{" + as_json)["steps"][0]
    assert step["findings"][0]["reasons"][0]["code"] == "limit_exceeded"


async def test_no_more_than_a_few_receipts_are_read(world: World) -> None:
    envelope = await held(world)
    (receipt,) = await world.services.storage.envelopes.receipts(envelope.envelope_id)

    many = [replace(receipt, key=f"held:{number}") for number in range(5_000)]

    assert len(why_stopped(many)) == 20
