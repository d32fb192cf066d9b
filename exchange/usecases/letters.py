"""A document as a clerk fills it in, and the message the hub makes of it.

It has no signature of its own: whoever signed in is its sender by the channel alone,
and receipts say so (docs/adr, people are systems of their own). Signatures within its
PDF files are judged like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from exchange.domain.records import Envelope
from exchange.services import Caller, Services
from exchange.usecases.directory import current_directory
from exchange.usecases.receiving import Submission
from exchange.usecases.viewing import agencies_of
from exchange.usecases.written_here import submission_of_document
from schemas.document_kinds import DocumentKind
from schemas.edxml.document import (
    Attachment,
    DocumentType,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    OtherInfo,
    PromulgationInfo,
    ResponseFor,
    SignerInfo,
)
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a clerk fills in.

    Args:
        recipients: agencies and groups, as To names them.
        promulgated: the day it was issued.
        place: where it was issued.
        signer: in words; what proves it is in the files.
        answers: the earlier document it answers.
    """

    recipients: tuple[OrganId, ...]
    kind: DocumentKind
    code: DocumentCode
    promulgated: date
    subject: str
    place: str = ""
    urgency: Urgency = Urgency.NORMAL
    due_date: date | None = None
    signer: SignerInfo | None = None
    answers: ResponseFor | None = None
    files: tuple[Attachment, ...] = ()


async def letter_submission(
    services: Services, caller: Caller, agency: str, letter: Letter
) -> Submission:
    """Return a letter of an agency on its way in; to be accepted, or only judged.

    Raises:
        CodedError: the caller does not act for the agency, or a file that no message
            can carry.
    """
    (code,) = await agencies_of(services, caller, agency)
    directory = await current_directory(services)
    names = {
        one: name
        for one in (code, *letter.recipients)
        if (name := directory.name_of(one, services.now()))
    }
    document = document_of(letter, code, names)
    return submission_of_document(caller, document, letter.files)


def document_of(
    letter: Letter, sender: OrganId, names: dict[OrganId, str]
) -> EdxmlDocument:
    """Return the message of a letter, the same for the same words.

    Args:
        letter: what was filled in.
        sender: whose it is.
        names: of agencies, as far as they are known.
    """
    return EdxmlDocument(
        sender=_organisation(sender, names),
        recipients=tuple(_organisation(one, names) for one in letter.recipients),
        document_id=document_id_of(sender, letter.promulgated, letter.code),
        code=letter.code,
        promulgation=PromulgationInfo(
            promulgation_date=letter.promulgated, place=letter.place
        ),
        document_type=DocumentType(type_name=letter.kind.name, type=letter.kind.code),
        subject=letter.subject,
        signer=letter.signer,
        due_date=letter.due_date,
        other=OtherInfo(priority=letter.urgency),
        response_for=(letter.answers,) if letter.answers else (),
        manifest=_manifest(letter.files),
    )


def answer_to(envelope: Envelope) -> ResponseFor:
    """Return how a letter names the document it answers."""
    return ResponseFor(
        organ_id=envelope.sender,
        code=envelope.document_code,
        promulgation_date=envelope.matter.promulgated,
        document_id=envelope.document_id,
    )


def document_id_of(sender: OrganId, day: date, code: DocumentCode) -> DocumentId:
    """Return the business id as systems in the field make it."""
    return DocumentId(f"{sender},{day:%Y/%m/%d},{code}")


def _organisation(code: OrganId, names: dict[OrganId, str]) -> Organisation:
    return Organisation(organ_id=code, organ_name=names.get(code, ""))


def _manifest(files: Sequence[Attachment]) -> tuple[ManifestEntry, ...]:
    return tuple(
        ManifestEntry(
            content_id=one.content_id,
            attachment_name=one.name,
            content_type=one.content_type,
        )
        for one in files
    )
