"""The facts of one document and the reasons against it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from exchange.domain.decisions import Refuse
from exchange.domain.directory import Directory
from exchange.domain.intake import IntakeFacts, SignerFacts, belongs_to_sender
from exchange.domain.usage import stored_for
from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.usecases.addressing import addressees_of
from exchange.usecases.directory import addressee, current_directory
from exchange.usecases.pdfs import (
    bears_secrecy_stamp,
    pdf_bytes,
    require_whole,
    starts_as_pdf,
)
from exchange.usecases.receiving import Received
from schemas.document_kinds import document_kind_by_name
from schemas.edxml.body import ScannedAttachment, match_manifest
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.secrecy import secrecy_mark
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId
from schemas.pdf_file import is_called_pdf

_BEGINNING_BYTES = 4096
_UNREADABLE = frozenset({ErrorCode.PDF_MALFORMED, ErrorCode.PDF_ENCRYPTED})


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document message with its attachments in manifest order.

    Args:
        are_pdfs: of each attachment, whether it begins as a PDF does.
    """

    document: EdxmlDocument
    attachments: tuple[ScannedAttachment, ...]
    are_pdfs: tuple[bool, ...]


def read_document(received: Received) -> ReadDocument:
    """Return the document that was received.

    Raises:
        ExchangeError: it is a status.
        SchemaError: its attachments are not those it names.
    """
    document = received.message
    if not isinstance(document, EdxmlDocument):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="/status")
    attachments = match_manifest(document.manifest, received.scanned.attachments)
    beginnings = (
        received.content(one, piece_bytes=_BEGINNING_BYTES) for one in attachments
    )
    are_pdfs = map(starts_as_pdf, beginnings)
    return ReadDocument(document, attachments, tuple(are_pdfs))


async def gather_facts(
    services: Services, received: Received, document: EdxmlDocument
) -> IntakeFacts:
    """Look up what the decision on a document needs."""
    directory = await current_directory(services)
    mark = secrecy_mark(document)
    sender = addressee(directory, document.sender.organ_id)
    written = [one.organ_id for one in document.recipients]
    facts = IntakeFacts(
        system=received.submission.caller.system,
        directory_version=directory.version,
        sender=sender,
        recipients=await addressees_of(services, directory, sender.code, written),
        secrecy_place="MessageHeader" if mark else None,
        signer=received.signer,
        xml_size=len(received.scanned.xml),
        plain_channel=received.submission.caller.plain_channel,
        kind=_kind(document),
        stored_bytes=services.usage.used(stored_for(sender.code)),
    )
    if belongs_to_sender(facts):
        return facts
    given = await services.storage.delegations.given_by(sender.code)
    delegate = _agency_of(received.signer, directory)
    return replace(facts, delegations=tuple(given), delegate=delegate)


def _agency_of(
    signer: SignerFacts | Refuse | None, directory: Directory
) -> OrganId | None:
    """Return a signer's agency by the code delegations are filed under."""
    if not isinstance(signer, SignerFacts) or signer.agency is None:
        return None
    return addressee(directory, signer.agency).code


def _kind(document: EdxmlDocument) -> str:
    kind = document_kind_by_name(document.document_type.type_name)
    return kind.code if kind else ""


async def pdf_refusals(
    services: Services, received: Received, read: ReadDocument
) -> AsyncIterator[Refuse]:
    """Yield a refusal for every PDF that no recipient could read, or that is secret.

    What could not be read within the limits is no reason here: the check of the
    delivery looks again and holds it back (design, invariant 10).
    """
    looked_at = zip(read.attachments, read.are_pdfs, strict=True)
    for number, (scanned, is_pdf) in enumerate(looked_at, start=1):
        code = await _pdf_refusal(services, received, scanned, is_pdf=is_pdf)
        if code is not None:
            page = ", page 1" if code is ErrorCode.SECRECY_MARK else ""
            yield Refuse(code, f"attachment {number}{page}")


async def _pdf_refusal(
    services: Services,
    received: Received,
    scanned: ScannedAttachment,
    *,
    is_pdf: bool,
) -> ErrorCode | None:
    if not is_pdf:
        is_called = is_called_pdf(scanned.name, scanned.content_type)
        return ErrorCode.PDF_MALFORMED if is_called else None
    message = received.message
    is_urgent = isinstance(message, EdxmlDocument) and bool(message.urgency)
    async with services.pdf_places.held(urgent=is_urgent):
        try:
            data = pdf_bytes(received.content(scanned), limit=services.limits.pdf_bytes)
            require_whole(data)
            is_secret = await bears_secrecy_stamp(services.pdfs, data)
        except CodedError as error:
            return error.code if error.code in _UNREADABLE else None
    return ErrorCode.SECRECY_MARK if is_secret else None
