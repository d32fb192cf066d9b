"""What is encrypted to its recipients is delivered, with a word on that."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from clients.encryption import Recipient, decrypted
from exchange.commands.encryption import (
    encrypted,
    recipient_fields,
    recipient_text,
    recipients_in,
)
from pki.enveloped.content import MEDIA_TYPE
from pki.keys.api import Credential
from schemas.edxml.document import Attachment
from schemas.errors import CodedError, ErrorCode
from schemas.receipt import StepReceipt, read_receipt
from schemas.verdict import Indication
from schemas.vocabulary import DeliveryState, Step
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.draft_pdf import HEADING, Printed, draft_pdf
from tests.support.enveloped import recipient
from tests.support.pki import TestPki
from tests.support.signed_pdf import LETTER
from tests.support.world import MINISTRY, PROVINCE, attachment, make_world, note

TO = (PROVINCE, MINISTRY)


def certificates(folder: Path, *recipients: Credential) -> Path:
    for code, one in zip(TO, recipients, strict=False):
        pem = one.certificate.public_bytes(Encoding.PEM)
        (folder / f"{code}.pem").write_bytes(pem)
    return folder


def refusal(attachment: Attachment, folder: Path) -> CodedError:
    with pytest.raises(CodedError) as refused:
        encrypted([attachment], recipients_in(folder, TO))
    return refused.value


async def test_hub_delivers_what_it_cannot_look_into_and_says_so(
    tmp_path: Path,
) -> None:
    world = await make_world()
    to = (recipient(serial=1), recipient(serial=2))
    [sealed] = encrypted(
        [attachment(LETTER.read_bytes())],
        recipients_in(certificates(tmp_path, *to), TO),
    )

    envelope = (await world.sent(sealed)).envelope

    deliveries = await world.services.storage.envelopes.deliveries(envelope.envelope_id)
    assert {one.state for one in deliveries} == {DeliveryState.AVAILABLE}
    [receipt] = await world.services.storage.envelopes.receipts(envelope.envelope_id)
    read = read_receipt(verify_receipt(parse(receipt.content)).content)
    assert isinstance(read, StepReceipt)
    [finding] = read.findings
    assert read.step is Step.DELIVERED
    assert finding.indication is Indication.INDETERMINATE
    assert finding.reasons == (ErrorCode.CONTENT_ENCRYPTED,)
    assert (envelope.attachments[0].content_type, sealed.name[-8:]) == (
        MEDIA_TYPE,
        ".pdf.p7m",
    )
    assert {decrypted(sealed.content, one) for one in to} == {LETTER.read_bytes()}


def test_nothing_is_encrypted_when_one_recipient_has_no_certificate(
    tmp_path: Path,
) -> None:
    refused = refusal(note(b"x"), certificates(tmp_path, recipient()))
    assert refused.code is ErrorCode.ENCRYPTION_CERTIFICATE_MISSING
    assert refused.place == MINISTRY


def test_certificate_for_signing_is_named_by_its_agency(tmp_path: Path) -> None:
    signer = recipient(usage="digital_signature")
    refused = refusal(note(b"x"), certificates(tmp_path, recipient(), signer))
    assert refused.code is ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE
    assert refused.place == MINISTRY


@pytest.mark.parametrize("before", [b"", b"\n", b"\xef\xbb\xbf", b"%" * 1019])
def test_marked_page_is_refused_before_it_is_encrypted(
    tmp_path: Path, before: bytes
) -> None:
    folder = certificates(tmp_path, recipient(), recipient())
    marked = draft_pdf(*HEADING, Printed(111, 700, "TUYỆT MẬT"))
    refused = refusal(attachment(before + marked), folder)
    assert refused.code is ErrorCode.SECRECY_MARK


def test_page_that_cannot_be_read_is_not_encrypted(tmp_path: Path) -> None:
    folder = certificates(tmp_path, recipient(), recipient())
    refused = refusal(attachment(b"%PDF-1.7 broken %%EOF"), folder)
    assert refused.code is ErrorCode.PDF_MALFORMED


@pytest.mark.parametrize(
    "called",
    [
        attachment(b"no PDF", content_type="application/octet-stream"),
        attachment(b"no PDF", name="214.bin"),
        attachment(LETTER.read_bytes().replace(b"%%EOF", b"")),
    ],
    ids=["by name", "by type", "cut off"],
)
def test_what_the_hub_would_refuse_as_no_whole_pdf_is_not_encrypted(
    tmp_path: Path, called: Attachment
) -> None:
    folder = certificates(tmp_path, recipient(), recipient())
    refused = refusal(called, folder)
    assert refused.code is ErrorCode.PDF_MALFORMED
    assert refused.place == called.name


def test_certificate_of_another_agency_is_told_to_people_and_programs() -> None:
    issued = TestPki.create().issuing.issue("Bộ X", organ_id=MINISTRY).certificate
    own = Recipient(MINISTRY, MINISTRY, issued)
    taken_over = Recipient(PROVINCE, MINISTRY, issued)

    said = recipient_text(own), recipient_text(taken_over)

    assert [MINISTRY in one.vi and "Bộ X" in one.vi for one in said] == [True, True]
    assert ["Lưu ý" in one.vi for one in said] == [False, True]
    assert ["Note" in one.en for one in said] == [False, True]
    assert recipient_fields(taken_over)["certified"] == MINISTRY
    assert recipient_fields(taken_over)["addressed"] == PROVINCE
