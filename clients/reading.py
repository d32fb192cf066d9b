"""Reading a fetched envelope: the message, and the answers one gives to it."""

from dataclasses import dataclass
from datetime import datetime

from clients.errors import ClientError
from schemas.edxml.body import (
    BodyScanner,
    ScannedAttachment,
    decode_attachment,
    match_manifest,
)
from schemas.edxml.document import (
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    ResponseFor,
)
from schemas.edxml.reader import read
from schemas.edxml.secrecy import secrecy_mark
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import StatusCode
from schemas.xml import parse


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """The message of a fetched envelope and where its attachments are.

    Args:
        message: what it says.
        attachments: in the order the hub numbers them; a status has none.
    """

    message: EdxmlDocument | EdxmlStatus
    attachments: tuple[ScannedAttachment, ...]


def open_envelope(content_type: str, body: bytes) -> OpenedEnvelope:
    """Open a fetched envelope; whether to believe it is judged elsewhere.

    Raises:
        SchemaError: it is no edXML message, or what it lists is not what it carries.
    """
    scanner = BodyScanner(content_type)
    scanner.feed(body)
    scanned = scanner.finish()
    message = read(parse(scanned.xml))
    found = match_manifest(attachments_of(message), scanned.attachments)
    return OpenedEnvelope(message, found)


def content_of(attachment: ScannedAttachment, body: bytes) -> bytes:
    """Return the content of an attachment of the envelope that is `body`."""
    end = attachment.offset + attachment.length
    carried = body[attachment.offset : end]
    return b"".join(decode_attachment(attachment, [carried]))


def open_received(content_type: str, body: bytes) -> OpenedEnvelope:
    """Open an envelope that is to be kept; one with a secrecy mark is refused.

    The hub refused it already; nothing is kept on its word alone (invariant 6).

    Raises:
        ClientError: it bears a mark (SECRECY_MARK).
        SchemaError: it is no edXML message.
    """
    opened = open_envelope(content_type, body)
    message = opened.message
    mark = secrecy_mark(message) if isinstance(message, EdxmlDocument) else None
    if mark is not None:
        raise ClientError(ErrorCode.SECRECY_MARK, place=mark)
    return opened


def attachments_of(message: EdxmlDocument | EdxmlStatus) -> tuple[ManifestEntry, ...]:
    """Return the manifest; a status has none."""
    return message.manifest if isinstance(message, EdxmlDocument) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What a recipient reports of a document."""

    reporter: OrganId
    code: StatusCode
    at: datetime
    description: str = ""


def status_on(subject: ResponseFor, report: StatusReport) -> EdxmlStatus:
    """Write a status on a document that is only known by its names."""
    return EdxmlStatus(
        sender=Organisation(organ_id=report.reporter),
        response_for=subject,
        status_code=report.code,
        description=report.description,
        timestamp=report.at,
    )


def status_about(document: EdxmlDocument, report: StatusReport) -> EdxmlStatus:
    """Write the status message that answers `document`."""
    subject = ResponseFor(
        organ_id=document.sender.organ_id,
        code=str(document.code),
        promulgation_date=document.promulgation.promulgation_date,
        document_id=document.document_id,
    )
    return status_on(subject, report)
