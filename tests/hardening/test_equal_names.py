"""Agencies that use the same ids and subjects at the same time are never mixed up."""

import asyncio
from dataclasses import replace
from itertools import chain
from pathlib import Path

from clients.messages import Message, prepare_document
from pki.keys.api import Credential
from schemas.edxml.document import Organisation
from schemas.identifiers import DocumentId, MessageId, OrganId
from tests.support.hub import Answer, Hub, running_hub
from tests.support.pki import NOW
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    edxml_document,
    make_world,
    note,
)

ROUNDS = 12
SUBJECT = "Về việc họp giao ban"


def mark(sender: OrganId, number: int) -> bytes:
    return f"CHI-CUA-{sender}-{number}.".encode()


def message(
    sender: OrganId, recipient: OrganId, number: int, signer: Credential | None
) -> Message:
    """The same id, document id and subject, whoever sends."""
    attachments = (note(mark(sender, number)),)
    document = edxml_document(
        *attachments,
        sender=Organisation(organ_id=sender),
        recipients=(Organisation(organ_id=recipient),),
        document_id=DocumentId(f"GIAO-BAN-{number}"),
        code=replace(edxml_document().code, number=str(number + 1)),
        subject=SUBJECT,
    )
    made = prepare_document(document, attachments, credential=signer, at=NOW)
    return replace(made, message_id=MessageId(f"gb-{number}"))


async def inbox_of(hub: Hub, agency: OrganId, by: Credential) -> list[str]:
    page = await hub.inbox(f"agency={agency}&limit=200", by=by)
    return [str(one["id"]) for one in page["items"]]


async def body(hub: Hub, envelope_id: str, by: Credential) -> Answer:
    return await hub.call("GET", f"/v1/envelopes/{envelope_id}", by=by)


async def test_equal_ids_of_two_agencies_interleaved_stay_apart(tmp_path: Path) -> None:
    world = await make_world()
    async with running_hub(world, tmp_path) as hub:
        pairs = (
            (COMMUNE, PROVINCE, world.commune, world.commune),
            (FAR_COMMUNE, MINISTRY, world.channel, None),
        )
        made = [
            (sender, number, by, message(sender, recipient, number, signer))
            for number in range(ROUNDS)
            for sender, recipient, by, signer in pairs
        ]
        sends = [
            (sender, number, hub.post(one, by=by))
            for sender, number, by, one in chain.from_iterable(
                zip(made, made, strict=True)
            )
        ]
        answers = await asyncio.gather(*(one for _, _, one in sends))
        receipts: dict[tuple[OrganId, int], set[bytes]] = {}
        for (sender, number, _), answer in zip(sends, answers, strict=True):
            assert answer.status in {200, 201}
            receipts.setdefault((sender, number), set()).add(answer.body)
        # Each was sent twice at once: one receipt for each, and none for both.
        assert all(len(one) == 1 for one in receipts.values())
        assert len(set(chain.from_iterable(receipts.values()))) == 2 * ROUNDS

        await world.deliver()
        await apart(hub, world)


async def apart(hub: Hub, world: World) -> None:
    """Each recipient finds what was sent to it, and of the other's nothing."""
    of_province = await inbox_of(hub, PROVINCE, world.province)
    of_ministry = await inbox_of(hub, MINISTRY, world.ministry)
    assert len(of_province) == len(of_ministry) == ROUNDS
    assert not set(of_province) & set(of_ministry)
    cases = [
        (of_province, COMMUNE, world.province, world.ministry),
        (of_ministry, FAR_COMMUNE, world.ministry, world.province),
    ]
    for envelope_ids, sender, own, other in cases:
        bodies = await asyncio.gather(*(body(hub, one, own) for one in envelope_ids))
        marks = {mark(sender, number) for number in range(ROUNDS)}
        found = {next(one for one in marks if one in answer.body) for answer in bodies}
        assert found == marks
        stranger_sender = world.channel if sender == COMMUNE else world.commune
        for stranger in (stranger_sender, other):
            refused = await asyncio.gather(
                *(body(hub, one, stranger) for one in envelope_ids[:3])
            )
            assert {one.code for one in refused} == {"envelope_not_found"}
