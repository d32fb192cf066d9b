"""The written form: one order, the wire's spellings, no empty leaves."""

import pytest

from schemas.edxml.document import TraceHeader
from schemas.edxml.writer import write_document, write_status
from schemas.errors import ErrorCode, SchemaError
from schemas.xml import LIENTHONG, QCVN, Element, local_name, qualified, serialize
from tests.support import edxml

MESSAGE_ORDER = [
    "From",
    "To",
    "DocumentId",
    "Code",
    "PromulgationInfo",
    "DocumentType",
    "Subject",
    "Content",
    "SignerInfo",
    "DueDate",
    "ToPlaces",
    "OtherInfo",
    "ResponseFor",
    "ResponseFor",
    "SteeringType",
    "ResponseForTask",
    "ResponseForTask",
    "ApplicationType",
    "Secrecy",
]


def _names(element: Element) -> list[str]:
    return [local_name(child) for child in element]


def _found(root: Element, path: str) -> Element:
    found = root.find("/".join(qualified(QCVN, name) for name in path.split("/")))
    assert found is not None
    return found


def test_a_message_header_is_written_in_one_order() -> None:
    root = write_document(edxml.full_document())
    message = _found(root, "edXMLEnvelope/edXMLHeader/MessageHeader")
    assert _names(message) == MESSAGE_ORDER


def test_a_status_is_written_in_one_order_without_a_body() -> None:
    root = write_status(edxml.status())
    message = _found(root, "edXMLEnvelope/edXMLHeader/MessageHeader")
    assert _names(message) == [
        "From",
        "ResponseFor",
        "StaffInfo",
        "StatusCode",
        "Description",
        "Timestamp",
    ]
    assert _names(_found(root, "edXMLEnvelope")) == ["edXMLHeader"]


@pytest.mark.parametrize(
    "spelling",
    [
        b"<edXML:Bussiness>",
        b"<edXML:BussinessDocType>2<",
        b"<edXML:BussinessDocumentInfo>",
    ],
)
def test_the_misspellings_of_the_wire_are_written(spelling: bytes) -> None:
    assert spelling in serialize(write_document(edxml.update()))


def test_other_misspellings_of_the_wire_are_written() -> None:
    assert b"<edXML:TyperNotation>nta<" in serialize(
        write_document(edxml.full_document())
    )
    assert b"<edXML:BussinessDocReason>" in serialize(write_document(edxml.recall()))


@pytest.mark.parametrize(
    "root", [write_document(edxml.document()), write_status(edxml.status())]
)
def test_the_envelope_carries_the_id_a_signature_refers_to(root: Element) -> None:
    assert _found(root, "edXMLEnvelope").get("Id") == "envelope-1"


def test_days_and_moments_have_the_form_of_the_standard() -> None:
    xml = serialize(write_document(edxml.full_document()))
    assert b"<edXML:PromulgationDate>2026/11/20<" in xml
    assert b"<edXML:Timestamp>2026/11/21 09:30:15<" in xml


def test_content_ids_are_written_with_cid() -> None:
    xml = serialize(write_document(edxml.full_document()))
    assert b"<edXML:ContentId>cid:cong-van-214<" in xml


def test_nothing_empty_is_written_for_a_plain_document() -> None:
    root = write_document(edxml.document())
    empty = [local_name(one) for one in root.iter() if not len(one) and not one.text]
    assert empty == ["edXMLManifest"]


def test_the_secrecy_extension_is_in_our_namespace() -> None:
    root = write_document(edxml.full_document())
    assert root.find(f".//{qualified(LIENTHONG, 'Secrecy')}") is not None


def test_a_text_that_xml_cannot_carry_is_refused_with_its_place() -> None:
    with pytest.raises(SchemaError) as refused:
        write_document(edxml.document(subject="a\x00b"))
    assert refused.value.code is ErrorCode.VALUE_MALFORMED
    assert refused.value.place == "Subject"


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = edxml.AT.replace(tzinfo=None)
    trace = (TraceHeader(organ_id=edxml.COMMUNE, timestamp=naive),)
    with pytest.raises(ValueError, match="zone"):
        write_document(edxml.document(trace=trace))
