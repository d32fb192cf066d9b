"""The messages of a plan, as systems write and sign them."""

import random
from datetime import UTC, datetime

from clients.messages import (
    Acknowledgement,
    Message,
    prepare_acknowledgement,
    prepare_document,
    prepare_status,
)
from pki.keys.api import Credential
from schemas.edxml.document import (
    Attachment,
    Business,
    BusinessDocumentInfo,
    DocumentType,
    EdxmlDocument,
    Organisation,
    OtherInfo,
    Receiver,
    ReplacementInfo,
    ResponseFor,
)
from schemas.edxml.status import EdxmlStatus
from schemas.identifiers import DocumentCode, DocumentId, EnvelopeId, OrganId, SystemId
from schemas.vocabulary import BusinessType, StatusCode, TransportAcknowledgement
from tests.prove.simulation.plan import Letter
from tests.support.signed_pdf import LETTER
from tests.support.world import attachment, edxml_document, note

_PDF = LETTER.read_bytes()
_ADDS, _REMOVES = 0, 1


def document_id(letter: Letter) -> DocumentId:
    """The name a sender gives a document."""
    return DocumentId(f"{letter.sender},2026/11/21,{letter.number}/UBND-VP")


def letter_message(
    letter: Letter, earlier: Letter | None, credential: Credential
) -> Message:
    """Write and sign a letter; `earlier` is what it answers or concerns."""
    attachments = _attachments(letter)
    document = _document(letter, earlier, attachments)
    return prepare_document(
        document, attachments, credential=credential, at=datetime.now(UTC)
    )


def status_message(
    code: StatusCode,
    *,
    by: OrganId,
    about: Letter,
    to: OrganId | None,
    credential: Credential,
) -> Message:
    """Write and sign a status about a letter."""
    now = datetime.now(UTC)
    status = EdxmlStatus(
        sender=Organisation(organ_id=by),
        response_for=ResponseFor(organ_id=to, document_id=document_id(about)),
        status_code=code,
        description="Theo kế hoạch",
        timestamp=now,
    )
    return prepare_status(status, credential=credential, at=now)


def acknowledgement(
    envelope_id: EnvelopeId,
    *,
    body_sha256: str,
    recipient: OrganId,
    system_id: SystemId,
    state: TransportAcknowledgement,
    credential: Credential,
) -> bytes:
    """Sign that a document was taken, or could not be."""
    said = Acknowledgement(
        envelope_id=envelope_id,
        body_sha256=body_sha256,
        recipient=recipient,
        system_id=system_id,
        state=state,
    )
    return prepare_acknowledgement(said, credential=credential, at=datetime.now(UTC))


def _attachments(letter: Letter) -> tuple[Attachment, ...]:
    content = random.Random(letter.key).randbytes(letter.size)
    if letter.has_pdf:
        return (attachment(_PDF), note(content, number=2))
    return (note(content),)


def _document(
    letter: Letter, earlier: Letter | None, attachments: tuple[Attachment, ...]
) -> EdxmlDocument:
    return edxml_document(
        *attachments,
        sender=Organisation(organ_id=letter.sender),
        recipients=tuple(Organisation(organ_id=one) for one in letter.to),
        subject=f"{letter.key} V/v chỉ đạo, điều hành trên địa bàn tỉnh",
        document_id=document_id(letter),
        code=DocumentCode(str(letter.number), "UBND-VP"),
        document_type=DocumentType(type_name=letter.kind),
        other=OtherInfo(priority=letter.urgency),
        business=_business(letter, earlier),
        response_for=_answered(letter, earlier),
    )


def _answered(letter: Letter, earlier: Letter | None) -> tuple[ResponseFor, ...]:
    if not letter.answers or earlier is None:
        return ()
    return (
        ResponseFor(
            organ_id=earlier.sender,
            code=f"{earlier.number}/UBND-VP",
            document_id=document_id(earlier),
        ),
    )


def _business(letter: Letter, earlier: Letter | None) -> Business | None:
    if letter.business is BusinessType.NEW or earlier is None:
        return None
    concerned = document_id(earlier)
    if letter.business is BusinessType.REPLACE:
        return Business(
            business_type=letter.business,
            reason="Thay thế",
            replacements=(ReplacementInfo(document_id=concerned),),
        )
    return Business(
        business_type=letter.business,
        document_id=concerned,
        reason="Có thay đổi",
        document_info=_changes(letter),
    )


def _changes(letter: Letter) -> BusinessDocumentInfo | None:
    changed = ((letter.added, _ADDS), (letter.removed, _REMOVES))
    receivers = tuple(
        Receiver(organ_id=one, receiver_type=kind) for one, kind in changed if one
    )
    if not receivers:
        return None
    return BusinessDocumentInfo(document_receiver=True, receivers=receivers)
