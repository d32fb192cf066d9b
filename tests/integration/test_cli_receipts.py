"""What `send` makes of a hub that answers with anything but its receipt."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from clients.agency import AgencyClient
from clients.answers import Sent
from clients.messages import Message, prepare_document
from clients.outbox import Outbox
from schemas.xml import serialize
from signing.xmldsig.sign import sign_receipt
from tests.support import receipts
from tests.support.client_profile import SYSTEM, call, write_profile
from tests.support.disk import files_of_at_most
from tests.support.enveloped import recipient
from tests.support.pki import TestPki
from tests.support.receipts import write_acceptance
from tests.support.scripted_hub import refused, scripted_hub
from tests.support.signed_pdf import LETTER
from tests.support.world import edxml_document


@pytest.mark.parametrize("signed", [True, False])
async def test_false_receipt_leaves_the_message_waiting_as_the_same_bytes(
    tmp_path: Path, signed: bool
) -> None:
    now = datetime.now(UTC)
    pki = TestPki.create(now=now)
    root = write_acceptance(receipts.acceptance())
    receipt = (
        sign_receipt(root, credential=pki.receipt(), at=now)
        if signed
        else serialize(root)
    )
    async with scripted_hub(tmp_path, pki) as hub:
        hub.answers = [web.Response(status=201, body=receipt) for _ in range(2)]
        profile = write_profile(tmp_path, pki, hub)
        words = ("--profile", profile, "--json", "--var", tmp_path)
        first = await call(
            *("send", LETTER, "--to", "H99", "--number", "1", "--notation", "UBND"),
            *("--subject", "Thử", *words),
        )
        second = await call("send", "--waiting", *words)

    for said in (first, second):
        assert (said.code, said.error) == (1, "receipt_mismatch")
    assert hub.bodies[0] == hub.bodies[1]
    (entry,) = Outbox(tmp_path / "outbox" / SYSTEM).waiting()
    assert entry.message.body == hub.bodies[0]


async def test_marked_letter_is_not_kept_and_the_hub_is_told(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    pki = TestPki.create(now=now)
    letter = edxml_document(subject="[MẬT] Kế hoạch")
    message = prepare_document(letter, (), credential=pki.system(), at=now)
    receipt = write_acceptance(
        replace(receipts.acceptance(), body_sha256=message.body_sha256)
    )
    fetched = web.Response(
        body=message.body,
        headers={
            "Lienthong-Body-Sha256": message.body_sha256,
            "Content-Type": message.content_type,
        },
    )
    async with scripted_hub(tmp_path, pki) as hub:
        signed = sign_receipt(receipt, credential=pki.receipt(), at=now)
        hub.answers = [fetched, web.Response(body=signed)]
        profile = write_profile(tmp_path, pki, hub)
        said = await call(
            *("receive", receipts.ENVELOPE, "--profile", profile),
            *("--json", "--var", tmp_path),
        )

    assert (said.code, said.error) == (1, "secrecy_mark")
    assert "received" not in await asyncio.to_thread(os.listdir, tmp_path)
    assert b">failed<" in hub.bodies[2]


@pytest.mark.parametrize("status", [400, 403, 413])
async def test_page_of_a_proxy_refuses_no_message(tmp_path: Path, status: int) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    async with scripted_hub(tmp_path, pki) as hub:
        hub.answers = [web.Response(status=status, text="<html>No certificate")]
        said = await call(
            *("send", "--to", "H99", "--number", "1", "--notation", "UBND", "--json"),
            *("--subject", "Thử", "--profile", write_profile(tmp_path, pki, hub)),
            *("--var", tmp_path),
        )

    (refusal,) = said.json["refused"]
    assert (said.code, refusal["waiting"]) == (1, True)
    assert refusal["error"]["code"] == "answer_malformed"
    assert len(list(Outbox(tmp_path / "outbox" / SYSTEM).waiting())) == 1


async def test_answer_that_finds_no_room_is_told_and_the_message_waits(
    tmp_path: Path,
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    letter = prepare_document(
        edxml_document(), (), credential=None, at=datetime.now(UTC)
    )
    outbox = Outbox(tmp_path / "outbox" / SYSTEM)
    outbox.put(letter)
    async with scripted_hub(tmp_path, pki) as hub:
        hub.answers = [refused("recipient_unknown", status=422)]
        profile = write_profile(tmp_path, pki, hub)
        with files_of_at_most(0):
            said = await call(
                *("send", "--waiting", "--profile", profile),
                *("--json", "--var", tmp_path),
            )

    assert (said.code, said.error) == (1, "file_not_written")
    assert [one.message for one in outbox.waiting()] == [letter]


async def test_refused_caller_keeps_its_message_waiting(tmp_path: Path) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    async with scripted_hub(tmp_path, pki) as hub:
        hub.answers = [refused("sender_not_acted_for", status=403)]
        said = await call(
            *("send", "--to", "H99", "--number", "1", "--notation", "UBND", "--json"),
            *("--subject", "Thử", "--profile", write_profile(tmp_path, pki, hub)),
            *("--var", tmp_path),
        )

    (refusal,) = said.json["refused"]
    assert (said.code, refusal["waiting"]) == (1, True)
    assert refusal["error"]["code"] == "sender_not_acted_for"
    assert len(list(Outbox(tmp_path / "outbox" / SYSTEM).waiting())) == 1


def encryption_folder(folder: Path) -> Path:
    """Write the certificate of the recipient where `--encrypt` finds it."""
    pem = recipient().certificate.public_bytes(Encoding.PEM)
    (folder / "H99.pem").write_bytes(pem)
    return folder


def sending(folder: Path, *words: str | Path) -> tuple[str | Path, ...]:
    """Send the letter by the profile in `folder`, as somebody types it."""
    profile, letter = folder / "client.toml", str(LETTER)
    return (
        *("send", letter, "--to", "H99", "--number", "7", "--notation", "UBND"),
        *("--subject", "Một lần", "--date", "2026-11-20", "--profile", str(profile)),
        *("--json", "--var", str(folder), *words),
    )


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_letter_typed_again_while_it_waits_is_one_letter(
    tmp_path: Path, is_encrypted: bool
) -> None:
    pki = TestPki.create(now=datetime.now(UTC))
    words = ("--encrypt", encryption_folder(tmp_path)) if is_encrypted else ()
    async with scripted_hub(tmp_path, pki) as hub:
        write_profile(tmp_path, pki, hub)
        hub.answers = [web.Response(status=401), web.Response(status=401)]
        for _ in range(2):
            said = await call(*sending(tmp_path, *words))
            assert len(said.json["refused"]) == 1

    assert hub.bodies[0] == hub.bodies[1]
    assert Outbox(tmp_path / "outbox" / SYSTEM).count_waiting() == 1


async def test_letter_that_was_accepted_is_sent_again_on_demand_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Message] = []
    pki = TestPki.create(now=datetime.now(UTC))
    root = write_acceptance(receipts.acceptance())
    receipt = sign_receipt(root, credential=pki.receipt(), at=datetime.now(UTC))

    async def accepted(_client: AgencyClient, message: Message) -> Sent:
        sent.append(message)
        return Sent(receipts.ENVELOPE, receipt)

    monkeypatch.setattr(AgencyClient, "send", accepted)
    async with scripted_hub(tmp_path, pki) as hub:
        write_profile(tmp_path, pki, hub)
        first = await call(*sending(tmp_path))
        second = await call(*sending(tmp_path))
        again = await call(*sending(tmp_path, "--again"))

    named = {"id": receipts.ENVELOPE, "message_id": sent[0].message_id}
    assert [one.code for one in (first, second, again)] == [0, 0, 0]
    assert (first.json["sent"], "earlier" in first.json) == ([named], False)
    assert (second.json["sent"], second.json["earlier"]) == ([], [named])
    assert (len(sent), len(again.json["sent"])) == (2, 1)
