"""Messages as they will be sent: built once, sent as the same bytes every time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pki.keys.api import Credential
from schemas.edxml.body import BodyScanner, default_message_id
from schemas.edxml.document import Attachment, EdxmlDocument
from schemas.edxml.multipart import encode
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.writer import write_document, write_status
from schemas.identifiers import EnvelopeId, MessageId, OrganId, SystemId
from schemas.receipt import StepReceipt, step_record
from schemas.timestamps import truncate_ms
from schemas.vocabulary import Step, TransportAcknowledgement
from schemas.xml import serialize
from signing.xmldsig.sign import Signatory, sign_envelope, sign_record

XML = "application/xml"

ACKNOWLEDGED_STEPS = {
    TransportAcknowledgement.DONE: Step.TAKEN,
    TransportAcknowledgement.FAIL: Step.FAILED,
    TransportAcknowledgement.PROCESSING: Step.PROCESSING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message with its id; what an outbox keeps and a retry repeats."""

    message_id: MessageId
    content_type: str
    body: bytes = field(repr=False)

    @property
    def body_sha256(self) -> str:
        """Lower hex digest of the body."""
        return hashlib.sha256(self.body).hexdigest()


def prepare_document(
    document: EdxmlDocument,
    attachments: Sequence[Attachment],
    *,
    credential: Credential | None,
    at: datetime,
) -> Message:
    """Build the message of a document; unsigned without a credential."""
    xml = serialize(write_document(document))
    if credential is not None:
        digests = [(one.content_id, _digest(one.content)) for one in attachments]
        xml = sign_envelope(xml, credential=credential, attachments=digests, at=at)
    content_type, body = encode(xml, attachments)
    return _message(content_type, body)


def name_of_document(document: EdxmlDocument, attachments: Sequence[Attachment]) -> str:
    """Name what a document says, however often and whenever it is prepared.

    Signatures, times of passing and the boundaries of parts differ from one preparing
    to the next; an outbox that is told this name keeps the document once.

    Returns:
        A digest of the document, and of the names and contents of its attachments.
    """
    said = replace(document, trace=(), manifest=())
    whole = hashlib.sha256(hashlib.sha256(serialize(write_document(said))).digest())
    for one in attachments:
        whole.update(_digest(one.name.encode()))
        whole.update(_digest(one.content))
    return whole.hexdigest()


def prepare_status(
    status: EdxmlStatus, *, credential: Credential | None, at: datetime
) -> Message:
    """Build the message of a business status; unsigned without a credential."""
    xml = serialize(write_status(status))
    if credential is not None:
        xml = sign_envelope(xml, credential=credential, attachments=(), at=at)
    return _message(XML, xml)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What a recipient's system says of one delivery."""

    envelope_id: EnvelopeId
    body_sha256: str
    recipient: OrganId
    system_id: SystemId
    state: TransportAcknowledgement
    description: str = ""


def prepare_acknowledgement(
    acknowledgement: Acknowledgement, *, credential: Credential, at: datetime
) -> bytes:
    """Build the signed step receipt that acknowledges a delivery."""
    receipt = StepReceipt(
        envelope_id=acknowledgement.envelope_id,
        body_sha256=acknowledgement.body_sha256,
        step=ACKNOWLEDGED_STEPS[acknowledgement.state],
        recipient=acknowledgement.recipient,
        issuer=acknowledgement.system_id,
        at=truncate_ms(at),
        description=acknowledgement.description,
    )
    return sign_record(step_record(receipt), signatory=Signatory.of(credential), at=at)


def _message(content_type: str, body: bytes) -> Message:
    scanner = BodyScanner(content_type)
    scanner.feed(body)
    message_id = default_message_id(scanner.finish())
    return Message(message_id=message_id, content_type=content_type, body=body)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
