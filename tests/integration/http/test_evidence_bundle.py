"""An evidence bundle fetched over HTTP proves the conversation with the root alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.messages import Acknowledgement, prepare_acknowledgement
from clients.transport import HubAddress, Transport
from clients.witness import LogWitness
from exchange.delivery.keeper import Keeper
from pki.trust import TrustMaterial
from schemas.evidence import read_tree_head
from schemas.identifiers import EnvelopeId, SystemId
from schemas.verdict import FileKind, Indication, Verdict
from schemas.vocabulary import StatusCode, TransportAcknowledgement
from schemas.xml import parse
from signing.validation.archive import read_bundle
from signing.validation.bundle import judge_bundle
from signing.validation.pdf import judge_pdf
from signing.xmldsig.verify import verify_receipt
from tests.support.attacks.status import good_answer
from tests.support.hub import Hub, running_hub, write_credential
from tests.support.signed_pdf import LETTER, SEAL, sign
from tests.support.world import (
    COMMUNE,
    MINISTRY,
    PROVINCE,
    PkiTrust,
    attachment,
    make_world,
    material_of,
)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


async def conversation(hub: Hub) -> str:
    """A sealed letter, taken by the province, registered by province and ministry."""
    world = hub.world
    person = sign(LETTER.read_bytes(), world.pki.person())
    letter = world.document(attachment(sign(person, world.pki.seal(), SEAL)))
    location = (await hub.post(letter, by=world.commune)).headers["Location"]
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=world.province)
    said = Acknowledgement(
        envelope_id=EnvelopeId(location.rsplit("/", 1)[1]),
        body_sha256=letter.body_sha256,
        recipient=PROVINCE,
        system_id=SystemId("qlvb-h99"),
        state=TransportAcknowledgement.DONE,
    )
    taken = await hub.call(
        "POST",
        f"{location}/receipts?agency={PROVINCE}",
        by=world.province,
        body=prepare_acknowledgement(
            said, credential=world.province, at=world.clock.now
        ),
        headers={"Content-Type": "application/xml"},
    )
    assert taken.status == 201
    for reporter, credential in (
        (PROVINCE, world.province),
        (MINISTRY, world.ministry),
    ):
        status = world.status(
            StatusCode.REGISTERED, reporter=reporter, credential=credential
        )
        recorded = await hub.post(status, by=credential, path=f"{location}/status")
        assert recorded.status == 201
    return location


def judged(hub: Hub, bundle: bytes) -> Verdict:
    root = hub.world.pki.root.root.public_bytes(Encoding.DER)
    return judge_bundle(
        bundle, material=TrustMaterial(roots=(root,)), at=None, judge_pdf=judge_pdf
    )


async def test_bundle_of_a_whole_conversation_passes_with_the_root_alone(
    hub: Hub,
) -> None:
    location = await conversation(hub)
    path = f"{location}/evidence?agency={COMMUNE}"
    answer = await hub.call("GET", path, by=hub.world.commune)
    verdict = judged(hub, answer.body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert (verdict.indication, verdict.reasons) == (Indication.TOTAL_PASSED, ())
    kinds = [one.kind for one in verdict.parts]
    assert kinds.count(FileKind.STATUS) == 2
    names = list(read_bundle(answer.body).members)
    assert [one for one in names if one.startswith("receipts/")] == [
        "receipts/01-delivered.xml",
        "receipts/02-taken.xml",
        "receipts/03-arrived.xml",
        "receipts/04-registered.xml",
        "receipts/05-registered.xml",
        "receipts/acceptance.xml",
    ]


async def test_bundle_of_a_recipient_holds_its_own_steps_only(hub: Hub) -> None:
    location = await conversation(hub)
    path = f"{location}/evidence?agency={MINISTRY}"
    answer = await hub.call("GET", path, by=hub.world.ministry)
    assert judged(hub, answer.body).indication is Indication.TOTAL_PASSED
    members = read_bundle(answer.body).members
    assert [one for one in members if one.startswith("receipts/")] == [
        "receipts/01-delivered.xml",
        "receipts/02-registered.xml",
        "receipts/acceptance.xml",
    ]
    assert not any(
        b">H99<" in content
        for name, content in members.items()
        if name.startswith(("statuses/", "receipts/0"))
    )


async def test_bundle_holds_the_answers_that_the_hub_judges_by(hub: Hub) -> None:
    world = hub.world
    answer = good_answer(world.commune.certificate, world.pki.issuing)
    trust = world.services.trust
    assert isinstance(trust, PkiTrust)
    trust.material = replace(trust.material, ocsps=(answer,))
    letter = world.document(attachment(LETTER.read_bytes()))
    location = (await hub.post(letter, by=world.commune)).headers["Location"]
    bundle = await hub.call("GET", f"{location}/evidence", by=world.commune)
    name = f"ocsps/{sha256(answer).hexdigest()[:16]}.ors"
    assert read_bundle(bundle.body).members[name] == answer
    assert judged(hub, bundle.body).indication is Indication.TOTAL_PASSED


async def test_bundle_with_one_changed_byte_fails(hub: Hub) -> None:
    location = await conversation(hub)
    answer = await hub.call("GET", f"{location}/evidence", by=hub.world.commune)
    at = answer.body.index(b"%PDF-") + 1000
    changed = answer.body[:at] + bytes([answer.body[at] ^ 1]) + answer.body[at + 1 :]
    assert judged(hub, changed).indication is Indication.TOTAL_FAILED


async def test_log_head_is_signed_by_the_logs_key(hub: Hub) -> None:
    await conversation(hub)
    answer = await hub.call("GET", "/v1/log/head", by=hub.world.commune)
    verified = verify_receipt(parse(answer.body))
    assert verified.certificate == hub.world.services.hub.log.certificate
    assert read_tree_head(verified.content).size > 0


async def test_head_kept_by_a_witness_is_led_on_from_by_every_later_log(
    hub: Hub,
) -> None:
    own = write_credential(hub.folder, hub.world.commune)
    own.chmod(0o600)
    address = HubAddress(
        url=hub.url, authority=hub.folder / "root.pem", certificate=own, key=own
    )
    async with Transport(address) as transport:
        clock = hub.world.clock
        witness = LogWitness(transport, trust=material_of(hub.world.pki), clock=clock)
        seen = [await witness.look([])]
        for _ in range(2):
            await conversation(hub)
            hub.world.clock.move(seconds=1)
            seen.append(await witness.look(seen))
    sizes = [one.head.size for one in seen]
    assert sizes[0] == 0 < sizes[1] < sizes[2]


@pytest.mark.parametrize(
    "query", ["first=2&second=1", "first=1&second=999", "first=-1&second=1", "first=x"]
)
async def test_growth_the_log_did_not_have_is_not_proved(hub: Hub, query: str) -> None:
    await conversation(hub)
    path = f"/v1/log/consistency?{query}"
    answer = await hub.call("GET", path, by=hub.world.commune)
    assert (answer.status, answer.code) == (400, "request_invalid")


async def test_bundle_proves_every_failure_and_every_new_offer(hub: Hub) -> None:
    world = hub.world
    letter = world.document()
    location = (await hub.post(letter, by=world.commune)).headers["Location"]
    await hub.inbox(f"agency={PROVINCE}&wait=10", by=world.province)
    keeper = Keeper(world.services, owner="test")
    for _ in range(2):
        said = Acknowledgement(
            envelope_id=EnvelopeId(location.rsplit("/", 1)[1]),
            body_sha256=letter.body_sha256,
            recipient=PROVINCE,
            system_id=SystemId("qlvb-h99"),
            state=TransportAcknowledgement.FAIL,
        )
        failed = await hub.call(
            "POST",
            f"{location}/receipts?agency={PROVINCE}",
            by=world.province,
            body=prepare_acknowledgement(
                said, credential=world.province, at=world.clock.now
            ),
            headers={"Content-Type": "application/xml"},
        )
        assert failed.status == 201
        world.clock.move(minutes=2)
        await keeper.keep()
    answer = await hub.call(
        "GET", f"{location}/evidence?agency={COMMUNE}", by=world.commune
    )

    steps = [
        one.split("-", 1)[1]
        for one in read_bundle(answer.body).members
        if one.startswith("receipts/0")
    ]
    assert steps == ["delivered.xml", *("failed.xml", "offered_again.xml") * 2]
    assert judged(hub, answer.body).indication is Indication.TOTAL_PASSED
