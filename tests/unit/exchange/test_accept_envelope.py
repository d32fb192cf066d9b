"""Acceptance of documents, on memory storage with the real signatures."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.messages import Message
from exchange.domain.parties import ActsFor, System
from exchange.usecases.accept_envelope import accept_envelope
from exchange.usecases.register_system import RegisterSystem, register_system
from schemas.edxml.document import Organisation
from schemas.edxml.inline import with_inline_attachments
from schemas.edxml.writer import write_document
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import MessageId, OrganId, SystemId
from schemas.receipt import AcceptanceReceipt, read_receipt
from schemas.verdict import Indication
from schemas.vocabulary import AuditEvent, DeliveryState, EvidenceLevel
from schemas.xml import parse, serialize
from signing.xmldsig.verify import verify_receipt
from tests.support.signed_pdf import LETTER
from tests.support.small_pdf import small_pdf
from tests.support.world import (
    COMMUNE,
    COMMUNE_2016,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    CrashingPdfs,
    World,
    attachment,
    edxml_document,
    make_world,
)


@pytest.fixture
async def world() -> World:
    return await make_world()


async def refusal(world: World, message: Message, **caller: str) -> CodedError:
    """Send a message that is refused; check that nothing but an audit line stays."""
    with pytest.raises(CodedError) as caught:
        await world.send(message, **caller)
    storage = world.services.storage
    assert await storage.envelopes.to_check(limit=1) == []
    (line,) = await storage.audit.lines(limit=1)
    assert (line.event, line.code) == (AuditEvent.ENVELOPE_REFUSED, caught.value.code)
    return caught.value


def to(*codes: str) -> tuple[Organisation, ...]:
    return tuple(Organisation(organ_id=OrganId(one)) for one in codes)


async def test_receipt_says_what_was_stored_and_is_signed_by_the_hub(
    world: World,
) -> None:
    message = world.document(attachment(LETTER.read_bytes()))
    accepted = await world.send(message)
    verified = verify_receipt(parse(accepted.envelope.receipt))
    receipt = read_receipt(verified.content)
    assert verified.certificate == world.services.hub.receipt.certificate
    assert isinstance(receipt, AcceptanceReceipt)
    assert receipt.body_sha256 == message.body_sha256
    assert receipt.message_id == message.message_id
    assert receipt.recipients == (PROVINCE, MINISTRY)
    assert receipt.evidence_level is EvidenceLevel.SIGNED
    assert receipt.signature_verdict is not None
    assert receipt.signature_verdict.indication is Indication.TOTAL_PASSED
    assert [one.size for one in receipt.attachments] == [len(LETTER.read_bytes())]


async def test_entry_of_the_log_is_the_one_the_receipt_promises(world: World) -> None:
    accepted = await world.sent()
    receipt = read_receipt(verify_receipt(parse(accepted.envelope.receipt)).content)
    assert isinstance(receipt, AcceptanceReceipt)
    entries = await world.services.storage.log.entries_of(accepted.envelope.envelope_id)
    leaves = await world.services.storage.log.nodes([(0, one.index) for one in entries])
    assert bytes.fromhex(receipt.log_entry_digest) == leaves[0, entries[0].index]


async def test_same_bytes_again_give_the_stored_receipt(world: World) -> None:
    message = world.document()
    first = await world.send(message)
    world.clock.move(days=200)
    again = await world.send(message)
    assert not first.repeated
    assert again.repeated
    assert again.envelope.receipt == first.envelope.receipt


async def test_other_bytes_under_the_same_id_conflict(world: World) -> None:
    message = world.document()
    await world.send(message)
    other = replace(world.document(subject="Khác"), message_id=message.message_id)
    with pytest.raises(CodedError) as caught:
        await world.send(other)
    assert caught.value.code is ErrorCode.MESSAGE_ID_CONFLICT


async def test_same_bytes_as_another_content_type_conflict(world: World) -> None:
    message = world.document()
    await world.send(message)
    other = replace(message, content_type=f"{message.content_type}; charset=utf-8")
    with pytest.raises(CodedError) as caught:
        await world.send(other)
    assert caught.value.code is ErrorCode.MESSAGE_ID_CONFLICT


async def test_agency_may_be_named_by_its_code_of_2016(world: World) -> None:
    accepted = await world.send(
        world.document(sender=Organisation(organ_id=COMMUNE_2016))
    )
    assert accepted.envelope.sender == COMMUNE


async def test_large_body_is_stored_in_chunks_and_read_back(world: World) -> None:
    message = world.document(
        attachment(bytes(2**21), name="phim.bin", content_type="video/mp4")
    )
    accepted = await world.send(message)
    body = world.services.storage.envelopes.read_body(accepted.envelope.envelope_id)
    assert b"".join([chunk async for chunk in body]) == message.body


async def test_sender_that_is_not_acted_for_is_refused(world: World) -> None:
    message = world.document(sender=Organisation(organ_id=PROVINCE))
    found = await refusal(world, message)
    assert (found.code, found.place) == (ErrorCode.SENDER_NOT_ACTED_FOR, PROVINCE)


async def test_right_to_act_ends_on_its_day(world: World) -> None:
    caller = await world.caller("qlvb-h99-151")
    right = ActsFor(COMMUNE, caller.system.acts_for[0].valid_from, world.clock.now)
    ended = replace(caller.system, acts_for=(right,))
    await register_system(world.services, RegisterSystem(system=ended, operator="t"))
    found = await refusal(world, world.document())
    assert found.code is ErrorCode.SENDER_NOT_ACTED_FOR


async def test_unknown_recipient_is_refused_and_named(world: World) -> None:
    found = await refusal(world, world.document(recipients=to(PROVINCE, "X77.1")))
    assert (found.code, found.place) == (ErrorCode.RECIPIENT_UNKNOWN, "X77.1")


async def test_one_agency_under_two_codes_is_a_duplicate(world: World) -> None:
    found = await refusal(world, world.document(recipients=to(COMMUNE, COMMUNE_2016)))
    assert found.code is ErrorCode.RECIPIENT_DUPLICATE


@pytest.mark.parametrize("subject", ["[MẬT] Về phòng thủ", "TUYỆT MẬT", "(Tối mật) x"])
async def test_secrecy_mark_in_the_subject_is_refused(
    world: World, subject: str
) -> None:
    found = await refusal(world, world.document(subject=subject))
    assert found.code is ErrorCode.SECRECY_MARK


def stamped(line: str) -> bytes:
    """A PDF whose first page bears one line of text (ASCII only)."""
    content = f"BT /F1 20 Tf 60 700 Td ({line}) Tj ET"
    return small_pdf(
        {
            4: f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
            5: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        },
        page="/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>",
    )


class StampedPdfs(CrashingPdfs):
    """Every first page bears a stamp and a sentence."""

    async def first_page_lines(self, data: bytes) -> tuple[str, ...]:
        return ("UBND XÃ SUỐI MÂY", "TỐI MẬT", "Số: 214/UBND")


async def test_secrecy_stamp_on_a_first_page_is_refused(world: World) -> None:
    pdf = attachment(stamped("stamp"), name="thu.bin", content_type="text/plain")
    found = await refusal(world.with_pdfs(StampedPdfs()), world.document(pdf))
    assert found.code is ErrorCode.SECRECY_MARK
    assert found.place == "attachment 1, page 1"


async def test_secrecy_stamp_within_a_wrapping_is_refused(world: World) -> None:
    letter = attachment(stamped("stamp"))
    document = edxml_document(letter, sender=Organisation(organ_id=FAR_COMMUNE))
    xml = serialize(write_document(document))
    message = Message(
        message_id=MessageId("wrapped-1"),
        content_type="application/xml",
        body=with_inline_attachments(xml, (letter,), zipped=True),
    )
    found = await refusal(
        world.with_pdfs(StampedPdfs()), message, system_id="qlvb-h99-153"
    )
    assert found.code is ErrorCode.SECRECY_MARK


async def test_page_that_cannot_be_read_is_accepted_and_held(world: World) -> None:
    crashing = world.with_pdfs(CrashingPdfs())
    accepted = await crashing.sent(attachment(stamped("x")))
    deliveries = await world.services.storage.envelopes.deliveries(
        accepted.envelope.envelope_id
    )
    assert {one.state for one in deliveries} == {DeliveryState.HELD}
    assert {one.log_index for one in deliveries} == {None}


async def test_unsigned_message_is_refused_from_a_peer_that_signs(world: World) -> None:
    found = await refusal(world, world.document(signed=False))
    assert found.code is ErrorCode.SIGNATURE_MISSING


async def test_unsigned_message_of_a_channel_peer_is_marked(world: World) -> None:
    message = world.document(signed=False, sender=Organisation(organ_id=FAR_COMMUNE))
    accepted = await world.send(message, system_id="qlvb-h99-153")
    assert accepted.envelope.evidence_level is EvidenceLevel.CHANNEL


async def test_large_unsigned_xml_of_a_channel_peer_is_refused(world: World) -> None:
    message = world.document(
        signed=False,
        sender=Organisation(organ_id=FAR_COMMUNE),
        to_places=("Nơi nhận " * 16,) * 2000,
    )
    found = await refusal(world, message, system_id="qlvb-h99-153")
    assert found.code is ErrorCode.BODY_TOO_LARGE


async def test_message_changed_after_signing_is_refused(world: World) -> None:
    message = world.document()
    changed = replace(message, body=message.body.replace(b"214", b"215"))
    found = await refusal(world, changed)
    assert found.code is ErrorCode.REFERENCE_DIGEST_MISMATCH


async def test_attachment_changed_after_signing_is_refused(world: World) -> None:
    message = world.document(attachment(b"hello", content_type="text/plain"))
    changed = replace(message, body=message.body.replace(b"hello", b"hallo"))
    found = await refusal(world, changed)
    assert found.code is ErrorCode.ATTACHMENT_DIGEST_MISMATCH


async def test_signer_of_another_agency_is_refused(world: World) -> None:
    signed_by_other = replace(world, commune=world.province).document()
    found = await refusal(world, signed_by_other)
    assert found.code is ErrorCode.SIGNER_NOT_OF_SENDER


async def test_revoked_signer_is_refused(world: World) -> None:
    world.pki.issuing.revoke(world.commune.certificate, world.clock.now)
    world.trust.refresh()
    found = await refusal(world, world.document())
    assert found.code is ErrorCode.CERTIFICATE_REVOKED


@pytest.mark.parametrize(
    ("shift", "accepted"),
    [
        (timedelta(hours=-72), True),
        (timedelta(hours=-72, seconds=-1), False),
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, seconds=1), False),
    ],
)
async def test_signing_time_lies_within_its_window(
    world: World, shift: timedelta, *, accepted: bool
) -> None:
    intake = world.clock.now
    world.clock.now += shift
    message = world.document()
    world.clock.now = intake
    if accepted:
        await world.send(message)
    else:
        found = await refusal(world, message)
        assert found.code is ErrorCode.SIGNING_TIME_OUT_OF_WINDOW


async def test_malformed_message_id_is_refused_before_the_body_is_read(
    world: World,
) -> None:
    submission = await world.submission(world.document())
    wrong = replace(submission, message_id="có dấu")
    with pytest.raises(CodedError) as caught:
        await accept_envelope(world.services, wrong)
    assert caught.value.code is ErrorCode.MESSAGE_ID_MALFORMED


async def test_message_without_an_id_gets_the_digest_of_its_content(
    world: World,
) -> None:
    message = world.document()
    submission = replace(await world.submission(message), message_id=None)
    accepted = await accept_envelope(world.services, submission)
    assert accepted.envelope.message_id == message.message_id


async def test_two_systems_may_use_the_same_message_id(world: World) -> None:
    first = replace(world.document(), message_id=MessageId("cv-1"))
    second = replace(
        world.document(signed=False, sender=Organisation(organ_id=FAR_COMMUNE)),
        message_id=MessageId("cv-1"),
    )
    one = await world.send(first)
    other = await world.send(second, system_id="qlvb-h99-153")
    assert one.envelope.envelope_id != other.envelope.envelope_id


async def test_system_of_an_unknown_agency_is_not_registered(world: World) -> None:
    system = System(
        system_id=SystemId("moi"),
        name="Mới",
        certificates=frozenset(),
        acts_for=(ActsFor(OrganId("X77"), world.clock.now),),
    )
    with pytest.raises(CodedError) as caught:
        await register_system(
            world.services, RegisterSystem(system=system, operator="test")
        )
    assert caught.value.code is ErrorCode.AGENCY_UNKNOWN
