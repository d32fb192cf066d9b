"""Messages and acknowledgements as they are built."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.messages import (
    Acknowledgement,
    Message,
    name_of_document,
    prepare_acknowledgement,
    prepare_document,
    prepare_status,
)
from clients.reading import StatusReport, content_of, open_envelope, status_about
from schemas.edxml.document import Attachment, EdxmlDocument, TraceHeader
from schemas.edxml.status import EdxmlStatus
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from schemas.receipt import StepReceipt, read_receipt
from schemas.vocabulary import StatusCode, Step, TransportAcknowledgement
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt
from tests.support.pki import NOW, TestPki
from tests.support.receipts import ENVELOPE
from tests.support.world import attachment, edxml_document

PKI = TestPki.create()
FILE = attachment(b"%PDF-1.7 ...")
DOCUMENT = edxml_document(FILE)
DONE = Acknowledgement(
    envelope_id=EnvelopeId(ENVELOPE),
    body_sha256="0a" * 32,
    recipient=OrganId("H99.151"),
    system_id=SystemId("qlvb-h99-151"),
    state=TransportAcknowledgement.DONE,
    description="đã lấy",
)


def unsigned(document: EdxmlDocument, file: Attachment = FILE) -> Message:
    return prepare_document(document, (file,), credential=None, at=NOW)


def test_identical_content_gives_identical_message_and_id() -> None:
    assert unsigned(DOCUMENT) == unsigned(edxml_document(FILE))


@pytest.mark.parametrize(
    "other",
    [
        unsigned(replace(DOCUMENT, subject="Về việc khác")),
        unsigned(DOCUMENT, attachment(b"%PDF-1.7 ..,")),
    ],
    ids=["subject", "attachment"],
)
def test_any_other_content_gives_another_id(other: Message) -> None:
    assert other.message_id != unsigned(DOCUMENT).message_id


def test_id_of_a_message_is_a_digest_that_every_axis_accepts() -> None:
    scheme, _, digest = unsigned(DOCUMENT).message_id.partition("-")

    assert (scheme, len(digest)) == ("sha256", 64)
    assert int(digest, 16)


def test_prepared_message_opens_to_what_went_in() -> None:
    signed = prepare_document(DOCUMENT, (FILE,), credential=PKI.system(), at=NOW)

    opened = open_envelope(signed.content_type, signed.body)

    assert isinstance(opened.message, EdxmlDocument)
    assert opened.message.subject == DOCUMENT.subject
    (found,) = opened.attachments
    assert (found.content_id, found.name) == (FILE.content_id, FILE.name)
    assert content_of(found, signed.body) == FILE.content


def test_prepared_status_answers_the_document() -> None:
    report = StatusReport(
        reporter=OrganId("H99"), code=StatusCode.REFUSED, at=NOW, description="thiếu"
    )

    message = prepare_status(
        status_about(DOCUMENT, report), credential=PKI.system(), at=NOW
    )

    status = open_envelope(message.content_type, message.body).message
    assert isinstance(status, EdxmlStatus)
    assert status.response_for.document_id == DOCUMENT.document_id
    assert status.response_for.organ_id == DOCUMENT.sender.organ_id
    assert (status.status_code, status.description) == (StatusCode.REFUSED, "thiếu")


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (TransportAcknowledgement.DONE, Step.TAKEN),
        (TransportAcknowledgement.FAIL, Step.FAILED),
        (TransportAcknowledgement.PROCESSING, Step.PROCESSING),
    ],
)
def test_acknowledgement_is_a_step_receipt_signed_by_the_system(
    state: TransportAcknowledgement, step: Step
) -> None:
    at = NOW + timedelta(microseconds=1700)
    system = PKI.system()

    signed = prepare_acknowledgement(
        replace(DONE, state=state), credential=system, at=at
    )

    verified = verify_receipt(parse(signed))
    assert verified.certificate == system.certificate
    assert read_receipt(verified.content) == StepReceipt(
        envelope_id=DONE.envelope_id,
        body_sha256=DONE.body_sha256,
        step=step,
        recipient=DONE.recipient,
        issuer=DONE.system_id,
        at=NOW + timedelta(milliseconds=1),
        description=DONE.description,
    )


def test_name_of_what_a_document_says_outlives_preparing_it_again() -> None:
    later = replace(
        DOCUMENT, trace=(TraceHeader(organ_id=OrganId("H99"), timestamp=NOW),)
    )
    others = [
        (replace(DOCUMENT, subject="Khác"), (FILE,)),
        (replace(DOCUMENT, recipients=DOCUMENT.recipients[:1]), (FILE,)),
        (DOCUMENT, ()),
        (DOCUMENT, (FILE, FILE)),
        (DOCUMENT, (replace(FILE, name="khác.pdf"),)),
        (DOCUMENT, (replace(FILE, content=b"other"),)),
    ]

    name = name_of_document(DOCUMENT, (FILE,))

    assert name_of_document(later, (FILE,)) == name
    assert name not in {name_of_document(*one) for one in others}
