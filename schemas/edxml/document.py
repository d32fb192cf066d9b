"""An edXML document message as data (QCVN 102:2016/BTTTT and its field practice).

Names are those of the standard in plain spelling; the misspellings that belong to
the wire stay in `schemas.edxml.names`. Text is kept as it came, without outer white
space; an absent text is empty.
"""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import BusinessType, Steering, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An agency as sender or recipient names it (From, To)."""

    organ_id: OrganId
    organization_in_charge: str = ""
    organ_name: str = ""
    organ_address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromulgationInfo:
    """Place and day of promulgation."""

    promulgation_date: date
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """Kind of document; the numbers are unreliable in practice, the name is not."""

    type_name: str
    type: str = ""
    type_detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """Who signed, in words; proof is in the signature.

    Args:
        competence: the authority prefix, as in ``TL.`` (Decree 30/2020 article 13).
    """

    competence: str = ""
    position: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInfo:
    """Urgency and the counts printed under a document."""

    priority: Urgency = Urgency.NORMAL
    sphere_of_promulgation: str = ""
    typist_notation: str = ""
    promulgation_amount: int | None = None
    page_amount: int | None = None
    direction: bool | None = None
    appendixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFor:
    """The earlier document that this one, or this status, is about.

    Args:
        code: number and notation as one text, as in ``214/UBND-VHXH``.
    """

    organ_id: OrganId | None = None
    code: str = ""
    promulgation_date: date | None = None
    document_id: DocumentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHeader:
    """One station the document passed."""

    organ_id: OrganId
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A receiver named by an update.

    Args:
        receiver_type: added or removed; which number says which is unproven.
    """

    organ_id: OrganId
    receiver_type: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDocumentInfo:
    """What an update changes."""

    document_info: bool = False
    document_receiver: bool = False
    receivers: tuple[Receiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementInfo:
    """A document that is replaced, and for which agencies."""

    document_id: DocumentId
    organ_ids: tuple[OrganId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffInfo:
    """The person who handles the matter."""

    department_id: str = ""
    department: str = ""
    staff_id: str = ""
    staff: str = ""
    mobile: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What the message does to an earlier document: recall, update or replace it.

    Args:
        document_id: the earlier document concerned.
        paper: whether a paper copy is also sent.
    """

    business_type: BusinessType
    document_id: DocumentId | None = None
    reason: str = ""
    paper: bool | None = None
    document_info: BusinessDocumentInfo | None = None
    replacements: tuple[ReplacementInfo, ...] = ()
    staff: StaffInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One attachment as the manifest names it.

    Args:
        content_id: without the ``cid:`` that some write and some do not.
    """

    content_id: str
    attachment_name: str = ""
    content_type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attachment with its content, ready to be sent."""

    content_id: str
    name: str
    content_type: str
    content: bytes
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdxmlDocument:
    """One document message.

    Args:
        response_for: earlier documents this one answers.
        task_codes: steering tasks it answers (ResponseForTask).
        secrecy: text of the header extension that names a secrecy level.
        legacy_signature: a Signature or DigitalSignature node of the edXML
            namespace was there; it proves nothing and is ignored.
    """

    sender: Organisation
    recipients: tuple[Organisation, ...]
    document_id: DocumentId | None = None
    code: DocumentCode
    promulgation: PromulgationInfo
    document_type: DocumentType
    subject: str
    content: str = ""
    signer: SignerInfo | None = None
    due_date: date | None = None
    to_places: tuple[str, ...] = ()
    other: OtherInfo | None = None
    response_for: tuple[ResponseFor, ...] = ()
    steering: Steering | None = None
    task_codes: tuple[str, ...] = ()
    application_type: str = ""
    secrecy: str = ""
    trace: tuple[TraceHeader, ...] = ()
    business: Business | None = None
    manifest: tuple[ManifestEntry, ...] = ()
    legacy_signature: bool = False

    @property
    def business_type(self) -> BusinessType:
        """What the message does; a message that says nothing brings a new document."""
        return self.business.business_type if self.business else BusinessType.NEW

    @property
    def urgency(self) -> Urgency:
        """Its urgency, normal if it says nothing."""
        return self.other.priority if self.other else Urgency.NORMAL
