"""From data to an edXML tree: one fixed order, the wire's spellings, no empty leaves.

A status is written in the plain form, never in SOAP. Attachments follow outside the
envelope or beside the document (`schemas.edxml.inline`, `schemas.edxml.multipart`).
"""

from collections.abc import Iterable, Mapping

from lxml import etree

from schemas.edxml.dates import write_day, write_moment
from schemas.edxml.document import (
    Business,
    BusinessDocumentInfo,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    OtherInfo,
    ReplacementInfo,
    ResponseFor,
    StaffInfo,
    TraceHeader,
)
from schemas.edxml.names import (
    BUSINESS,
    BUSINESS_DOCUMENT_INFO,
    BUSINESS_REASON,
    BUSINESS_TYPE,
    CID,
    DOCUMENT_TYPE,
    ENVELOPE_ID,
    MANIFEST_ENTRY,
    ORGANISATION,
    SIGNER,
    STAFF,
    TYPIST_NOTATION,
    q,
)
from schemas.edxml.status import EdxmlStatus
from schemas.xml import LIENTHONG, QCVN, Element, append, qualified

_Text = str | int | None


def write_document(doc: EdxmlDocument) -> Element:
    """Return the edXML tree of a document message, without attachments.

    Raises:
        SchemaError: a text holds a character XML cannot carry.
        ValueError: a moment has no zone.
    """
    root, envelope, header = _frame()
    _write_message(append(header, q("MessageHeader")), doc)
    if doc.trace or doc.business:
        _write_trace(append(header, q("TraceHeaderList")), doc.trace, doc.business)
    _write_manifest(append(envelope, q("edXMLBody")), doc.manifest)
    return root


def write_status(status: EdxmlStatus) -> Element:
    """Return the edXML tree of a status message.

    Raises:
        SchemaError: a text holds a character XML cannot carry.
        ValueError: its moment has no zone.
    """
    root, _, header = _frame()
    message = append(header, q("MessageHeader"))
    _write_organisation(message, "From", status.sender)
    _write_response_for(message, status.response_for)
    _write_staff(message, status.staff)
    _leaf(message, "StatusCode", status.status_code)
    _leaf(message, "Description", status.description)
    if status.timestamp:
        _leaf(message, "Timestamp", write_moment(status.timestamp))
    return root


def _frame() -> tuple[Element, Element, Element]:
    """Return a new root, its envelope and its header."""
    root = etree.Element(q("edXML"), nsmap={"edXML": QCVN})
    envelope = append(root, q("edXMLEnvelope"))
    envelope.set("Id", ENVELOPE_ID)
    return root, envelope, append(envelope, q("edXMLHeader"))


def _write_message(message: Element, doc: EdxmlDocument) -> None:
    _write_organisation(message, "From", doc.sender)
    for recipient in doc.recipients:
        _write_organisation(message, "To", recipient)
    _leaf(message, "DocumentId", doc.document_id)
    _write_description(message, doc)
    if doc.due_date:
        _leaf(message, "DueDate", write_day(doc.due_date))
    _write_list(message, "ToPlaces", "Place", doc.to_places)
    if doc.other:
        _write_other(append(message, q("OtherInfo")), doc.other)
    _write_answers(message, doc)
    if doc.secrecy:
        append(message, qualified(LIENTHONG, "Secrecy"), doc.secrecy)


def _write_description(message: Element, doc: EdxmlDocument) -> None:
    code = append(message, q("Code"))
    _leaf(code, "CodeNumber", doc.code.number)
    _leaf(code, "CodeNotation", doc.code.notation)
    promulgation = append(message, q("PromulgationInfo"))
    _leaf(promulgation, "Place", doc.promulgation.place)
    day = write_day(doc.promulgation.promulgation_date)
    _leaf(promulgation, "PromulgationDate", day)
    _leaves(append(message, q("DocumentType")), doc.document_type, DOCUMENT_TYPE)
    _leaf(message, "Subject", doc.subject)
    _leaf(message, "Content", doc.content)
    if doc.signer:
        _leaves(append(message, q("SignerInfo")), doc.signer, SIGNER)


def _write_answers(message: Element, doc: EdxmlDocument) -> None:
    for response_for in doc.response_for:
        _write_response_for(message, response_for)
    _leaf(message, "SteeringType", doc.steering)
    for code in doc.task_codes:
        _leaf(append(message, q("ResponseForTask")), "TaskCode", code)
    _leaf(message, "ApplicationType", doc.application_type)


def _write_organisation(parent: Element, name: str, one: Organisation) -> None:
    _leaves(append(parent, q(name)), one, ORGANISATION)


def _write_other(node: Element, other: OtherInfo) -> None:
    _leaf(node, "Priority", other.priority)
    _leaf(node, "SphereOfPromulgation", other.sphere_of_promulgation)
    _leaf(node, TYPIST_NOTATION, other.typist_notation)
    _leaf(node, "PromulgationAmount", other.promulgation_amount)
    _leaf(node, "PageAmount", other.page_amount)
    if other.direction is not None:
        _leaf(node, "Direction", "true" if other.direction else "false")
    _write_list(node, "Appendixes", "Appendix", other.appendixes)


def _write_response_for(parent: Element, response_for: ResponseFor) -> None:
    node = append(parent, q("ResponseFor"))
    _leaf(node, "OrganId", response_for.organ_id)
    _leaf(node, "Code", response_for.code)
    if response_for.promulgation_date:
        _leaf(node, "PromulgationDate", write_day(response_for.promulgation_date))
    _leaf(node, "DocumentId", response_for.document_id)


def _write_trace(
    node: Element, trace: Iterable[TraceHeader], business: Business | None
) -> None:
    for header in trace:
        station = append(node, q("TraceHeader"))
        _leaf(station, "OrganId", header.organ_id)
        if header.timestamp:
            _leaf(station, "Timestamp", write_moment(header.timestamp))
    if business:
        _write_business(append(node, q(BUSINESS)), business)


def _write_business(node: Element, business: Business) -> None:
    _leaf(node, "DocumentId", business.document_id)
    _leaf(node, BUSINESS_TYPE, business.business_type)
    _leaf(node, BUSINESS_REASON, business.reason)
    _flag(node, "Paper", business.paper)
    if business.document_info:
        info = append(node, q(BUSINESS_DOCUMENT_INFO))
        _write_document_info(info, business.document_info)
    if business.replacements:
        _write_replacements(node, business.replacements)
    _write_staff(node, business.staff)


def _write_document_info(node: Element, info: BusinessDocumentInfo) -> None:
    _flag(node, "DocumentInfo", info.document_info)
    _flag(node, "DocumentReceiver", info.document_receiver)
    if info.receivers:
        receivers = append(node, q("ReceiverList"))
        for receiver in info.receivers:
            one = append(receivers, q("Receiver"))
            _leaf(one, "OrganId", receiver.organ_id)
            _leaf(one, "ReceiverType", receiver.receiver_type)


def _write_replacements(node: Element, infos: Iterable[ReplacementInfo]) -> None:
    replacements = append(node, q("ReplacementInfoList"))
    for info in infos:
        one = append(replacements, q("ReplacementInfo"))
        _leaf(one, "DocumentId", info.document_id)
        _write_list(one, "OrganIdList", "OrganId", info.organ_ids)


def _write_staff(parent: Element, staff: StaffInfo | None) -> None:
    if staff:
        _leaves(append(parent, q("StaffInfo")), staff, STAFF)


def _write_manifest(body: Element, entries: Iterable[ManifestEntry]) -> None:
    manifest = append(body, q("edXMLManifest"))
    manifest.set("version", "1.0")
    for entry in entries:
        reference = append(manifest, q("Reference"))
        _leaf(reference, "ContentId", CID + entry.content_id)
        _leaves(reference, entry, MANIFEST_ENTRY)


def _write_list(parent: Element, name: str, item: str, texts: Iterable[str]) -> None:
    found = tuple(texts)
    if found:
        node = append(parent, q(name))
        for text in found:
            _leaf(node, item, text)


def _leaves(node: Element, record: object, table: Mapping[str, str]) -> None:
    for field, name in table.items():
        _leaf(node, name, getattr(record, field))


def _flag(parent: Element, name: str, value: bool | None) -> None:  # noqa: FBT001 a flag is the payload here
    if value is not None:
        _leaf(parent, name, int(value))


def _leaf(parent: Element, name: str, text: _Text) -> None:
    """Append a leaf unless there is nothing to say; zero is something."""
    if text is not None and text != "":
        append(parent, q(name), str(text))
