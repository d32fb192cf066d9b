"""From an edXML tree to data: liberal in form, strict in meaning.

Element order, prefixes, the three forms of dates, ``cid:`` or not, and the SOAP form
of a status all read to the same data. What cannot be read is refused with its place;
nothing is guessed.
"""

from enum import IntEnum
from typing import TypeVar

from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    DocumentType,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    OtherInfo,
    PromulgationInfo,
    Receiver,
    ReplacementInfo,
    ResponseFor,
    SignerInfo,
    StaffInfo,
    TraceHeader,
)
from schemas.edxml.names import (
    BUSINESS,
    BUSINESS_DOCUMENT_INFO,
    BUSINESS_REASON,
    BUSINESS_TYPE,
    DOCUMENT_TYPE,
    MANIFEST_ENTRY,
    ORGANISATION,
    SIGNER,
    STAFF,
    TYPIST_NOTATION,
    q,
    without_cid,
)
from schemas.edxml.nodes import Node
from schemas.edxml.status import EdxmlStatus
from schemas.errors import ErrorCode, SchemaError
from schemas.identifiers import DocumentCode, DocumentId, parse_organ_id
from schemas.vocabulary import BusinessType, StatusCode, Steering, Urgency
from schemas.xml import LIENTHONG, SOAP, XLINK, Element, only_child, qualified, text_of

_Number = TypeVar("_Number", bound=IntEnum)


def read(root: Element) -> EdxmlDocument | EdxmlStatus:
    """Return the message in an edXML document.

    A verified message begins at its signed part, so the envelope alone reads too.

    Raises:
        SchemaError: not edXML, or a part of it is absent, doubled or unreadable.
    """
    if root.tag == qualified(SOAP, "Envelope"):
        return _status(Node(soap_status(root)), legacy=False)
    envelope = _envelope(root)
    header = envelope.required_child("edXMLHeader")
    message = header.required_child("MessageHeader")
    if message.child("StatusCode"):
        return _status(message, legacy=_has_legacy_signature(header))
    return _document(envelope, header, message)


def _envelope(root: Element) -> Node:
    if root.tag == q("edXMLEnvelope"):
        return Node(root)
    if root.tag == q("edXML"):
        return Node(root).required_child("edXMLEnvelope")
    raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="edXML")


def soap_status(root: Element) -> Element:
    """Return the Status element of a SOAP envelope.

    Raises:
        SchemaError: there is none, or more than one.
    """
    header = only_child(root, qualified(SOAP, "Header"))
    status = None if header is None else only_child(header, q("Status"))
    if status is None:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="Envelope/Header/Status")
    return status


def _status(node: Node, *, legacy: bool) -> EdxmlStatus:
    return EdxmlStatus(
        sender=_organisation(node.required_child("From")),
        response_for=_response_for(node.required_child("ResponseFor")),
        staff=_staff(node),
        status_code=_status_code(node.required_text("StatusCode")),
        description=node.text("Description"),
        timestamp=node.moment("Timestamp"),
        legacy_signature=legacy,
    )


def _document(envelope: Node, header: Node, message: Node) -> EdxmlDocument:
    trace = header.child("TraceHeaderList")
    return EdxmlDocument(
        sender=_organisation(message.required_child("From")),
        recipients=_recipients(message),
        document_id=message.document_id(),
        code=_code(message.required_child("Code")),
        promulgation=_promulgation(message.required_child("PromulgationInfo")),
        document_type=_document_type(message.required_child("DocumentType")),
        subject=message.required_text("Subject"),
        content=message.text("Content"),
        signer=_signer(message.child("SignerInfo")),
        due_date=message.day("DueDate"),
        to_places=_texts(message.child("ToPlaces"), "Place"),
        other=_other(message.child("OtherInfo")),
        response_for=tuple(map(_response_for, message.children("ResponseFor"))),
        steering=_known(message, "SteeringType", Steering),
        task_codes=tuple(
            task.required_text("TaskCode")
            for task in message.children("ResponseForTask")
        ),
        application_type=message.text("ApplicationType"),
        secrecy=text_of(only_child(message.element, qualified(LIENTHONG, "Secrecy"))),
        trace=_trace(trace),
        business=_business(trace.child(BUSINESS) if trace else None),
        manifest=_manifest(envelope.child("edXMLBody")),
        legacy_signature=_has_legacy_signature(header),
    )


def _has_legacy_signature(header: Node) -> bool:
    """Tell whether a vendor's imitation of a signature is there (it is ignored)."""
    return bool(header.children("Signature") or header.children("DigitalSignature"))


def _organisation(node: Node) -> Organisation:
    texts = node.texts(ORGANISATION)
    del texts["organ_id"]
    return Organisation(organ_id=node.organ_id(), **texts)


def _recipients(message: Node) -> tuple[Organisation, ...]:
    found = tuple(map(_organisation, message.children("To")))
    if not found:
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place="MessageHeader/To")
    return found


def _code(node: Node) -> DocumentCode:
    return DocumentCode(
        number=node.required_text("CodeNumber"), notation=node.text("CodeNotation")
    )


def _promulgation(node: Node) -> PromulgationInfo:
    day = node.day("PromulgationDate")
    if day is None:
        place = f"{node.place}/PromulgationDate"
        raise SchemaError(ErrorCode.DATE_MALFORMED, place=place)
    return PromulgationInfo(promulgation_date=day, place=node.text("Place"))


def _document_type(node: Node) -> DocumentType:
    node.required_text("TypeName")
    return DocumentType(**node.texts(DOCUMENT_TYPE))


def _signer(node: Node | None) -> SignerInfo | None:
    return SignerInfo(**node.texts(SIGNER)) if node else None


def _other(node: Node | None) -> OtherInfo | None:
    if node is None:
        return None
    priority = _known(node, "Priority", Urgency)
    return OtherInfo(
        priority=Urgency.NORMAL if priority is None else priority,
        sphere_of_promulgation=node.text("SphereOfPromulgation"),
        typist_notation=node.text(TYPIST_NOTATION),
        promulgation_amount=node.number("PromulgationAmount"),
        page_amount=node.number("PageAmount"),
        direction=node.flag("Direction"),
        appendixes=_texts(node.child("Appendixes"), "Appendix"),
    )


def _response_for(node: Node) -> ResponseFor:
    organ_id = node.text("OrganId")
    return ResponseFor(
        organ_id=parse_organ_id(organ_id) if organ_id else None,
        code=node.text("Code"),
        promulgation_date=node.day("PromulgationDate"),
        document_id=node.document_id(),
    )


def _trace(node: Node | None) -> tuple[TraceHeader, ...]:
    return tuple(
        TraceHeader(organ_id=header.organ_id(), timestamp=header.moment("Timestamp"))
        for header in (node.children("TraceHeader") if node else ())
    )


def _business(node: Node | None) -> Business | None:
    if node is None:
        return None
    business_type = _known(node, BUSINESS_TYPE, BusinessType)
    if business_type is None:
        place = f"{node.place}/{BUSINESS_TYPE}"
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=place)
    return Business(
        business_type=business_type,
        document_id=node.document_id(),
        reason=node.text(BUSINESS_REASON),
        paper=node.flag("Paper"),
        document_info=_document_info(node.child(BUSINESS_DOCUMENT_INFO)),
        replacements=_replacements(node.child("ReplacementInfoList")),
        staff=_staff(node),
    )


def _document_info(node: Node | None) -> BusinessDocumentInfo | None:
    if node is None:
        return None
    receivers = node.child("ReceiverList")
    return BusinessDocumentInfo(
        document_info=bool(node.flag("DocumentInfo")),
        document_receiver=bool(node.flag("DocumentReceiver")),
        receivers=tuple(
            Receiver(
                organ_id=receiver.organ_id(),
                receiver_type=receiver.number("ReceiverType") or 0,
            )
            for receiver in (receivers.children("Receiver") if receivers else ())
        ),
    )


def _replacements(node: Node | None) -> tuple[ReplacementInfo, ...]:
    return tuple(
        ReplacementInfo(
            document_id=DocumentId(info.required_text("DocumentId")),
            organ_ids=tuple(
                map(parse_organ_id, _texts(info.child("OrganIdList"), "OrganId"))
            ),
        )
        for info in (node.children("ReplacementInfo") if node else ())
    )


def _staff(parent: Node) -> StaffInfo | None:
    node = parent.child("StaffInfo")
    return StaffInfo(**node.texts(STAFF)) if node else None


def _texts(node: Node | None, name: str) -> tuple[str, ...]:
    """Return the texts of the children `name`, leaving out empty ones."""
    found = (child.own_text() for child in (node.children(name) if node else ()))
    return tuple(filter(None, found))


def _manifest(body: Node | None) -> tuple[ManifestEntry, ...]:
    manifest = body.child("edXMLManifest") if body else None
    references = manifest.children("Reference") if manifest else []
    entries = tuple(map(_manifest_entry, references))
    if len({entry.content_id for entry in entries}) < len(entries):
        raise SchemaError(ErrorCode.ATTACHMENT_DUPLICATE, place="edXMLManifest")
    return entries


def _manifest_entry(node: Node) -> ManifestEntry:
    """Read one reference; its id is an element, an ``xlink:href``, or both alike."""
    texts = node.texts(MANIFEST_ENTRY)
    linked = without_cid(node.element.get(qualified(XLINK, "href"), ""))
    named = without_cid(node.text("ContentId"))
    content_id = named or linked
    if not content_id or (linked and linked != content_id):
        place = f"{node.place}/ContentId"
        raise SchemaError(ErrorCode.SCHEMA_VIOLATION, place=place)
    return ManifestEntry(content_id=content_id, **texts)


def _status_code(text: str) -> StatusCode:
    try:
        return StatusCode(text.zfill(2))
    except ValueError as error:
        raise SchemaError(ErrorCode.STATUS_UNKNOWN, place="StatusCode") from error


def _known(node: Node, name: str, kind: type[_Number]) -> _Number | None:
    """Return the number in the child `name` as one of `kind`, None if absent."""
    number = node.number(name)
    try:
        return None if number is None else kind(number)
    except ValueError as error:
        place = f"{node.place}/{name}"
        raise SchemaError(ErrorCode.VALUE_MALFORMED, place=place) from error
