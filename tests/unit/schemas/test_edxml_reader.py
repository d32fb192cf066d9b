"""Every form of edXML that circulates reads to the same data."""

import random
from collections.abc import Callable
from datetime import date, datetime

import pytest

from schemas.edxml.document import EdxmlDocument
from schemas.edxml.reader import read
from schemas.edxml.status import EdxmlStatus
from schemas.edxml.validate import validate
from schemas.edxml.writer import write_document, write_status
from schemas.errors import CodedError, ErrorCode
from schemas.timestamps import VIETNAM
from schemas.vocabulary import BusinessType, StatusCode, Urgency
from schemas.xml import QCVN, XLINK, Element, parse, serialize
from tests.support import edxml
from tests.support.edxml import MESSAGE_PARTS, PROMULGATION, SENDER, message_xml


def _document(xml: bytes) -> EdxmlDocument:
    root = parse(xml)
    validate(root)
    found = read(root)
    assert isinstance(found, EdxmlDocument)
    return found


def _status(xml: bytes) -> EdxmlStatus:
    root = parse(xml)
    validate(root)
    found = read(root)
    assert isinstance(found, EdxmlStatus)
    return found


def _refusal(xml: bytes) -> tuple[ErrorCode, str]:
    with pytest.raises(CodedError) as refused:
        read(parse(xml))
    return refused.value.code, refused.value.place


def _shuffled(element: Element, seed: int) -> None:
    """Put all children everywhere in another order, lists kept among themselves."""
    for parent in list(element.iter()):
        names = sorted({child.tag for child in parent})
        random.Random(seed).shuffle(names)
        parent[:] = sorted(parent, key=lambda child: names.index(child.tag))


@pytest.mark.parametrize("seed", range(5))
def test_a_document_reads_the_same_in_any_order(seed: int) -> None:
    written = write_document(edxml.full_document())
    original = serialize(written)
    _shuffled(written, seed)
    assert serialize(written) != original
    assert _document(serialize(written)) == edxml.full_document()


@pytest.mark.parametrize("seed", range(5))
def test_a_status_reads_the_same_in_any_order(seed: int) -> None:
    written = write_status(edxml.status())
    _shuffled(written, seed)
    assert _status(serialize(written)) == edxml.status()


@pytest.mark.parametrize("prefix", [b"edXML", b"ns0", b"a-b.c"])
def test_a_document_reads_the_same_under_any_prefix(prefix: bytes) -> None:
    xml = serialize(write_document(edxml.full_document()))
    xml = xml.replace(b"edXML:", prefix + b":").replace(
        b"xmlns:edXML=", b"xmlns:" + prefix + b"="
    )
    assert _document(xml) == edxml.full_document()


def test_a_document_reads_the_same_in_the_default_namespace() -> None:
    xml = serialize(write_document(edxml.full_document()))
    xml = xml.replace(b"edXML:", b"").replace(b"xmlns:edXML=", b"xmlns=")
    assert _document(xml) == edxml.full_document()


def test_a_byte_order_mark_and_white_space_change_nothing() -> None:
    plain = message_xml()
    spaced = plain.replace(b">", b">\r\n  ").replace(b"</", b"\n </")
    assert _document(b"\xef\xbb\xbf" + spaced) == _document(plain)


def test_stray_characters_before_the_declaration_are_refused() -> None:
    with pytest.raises(CodedError):
        parse(b"abcd" + serialize(write_document(edxml.document())))


@pytest.mark.parametrize(
    ("build", "business_type"),
    [
        (edxml.document, BusinessType.NEW),
        (edxml.recall, BusinessType.RECALL),
        (edxml.update, BusinessType.UPDATE),
        (edxml.replacement, BusinessType.REPLACE),
    ],
)
def test_the_business_of_a_message_is_told(
    build: Callable[[], EdxmlDocument], business_type: BusinessType
) -> None:
    assert build().business_type is business_type


def test_a_message_that_says_no_urgency_is_normal() -> None:
    assert _document(message_xml()).urgency is Urgency.NORMAL
    assert edxml.full_document().urgency is Urgency.FLASH


@pytest.mark.parametrize(
    "text", ["2026/11/20", "20/11/2026", "2026-11-20", "2026-11-19T17:00:00.0000000Z"]
)
def test_the_forms_of_a_day_read_alike(text: str) -> None:
    xml = message_xml().replace(b"2026/11/20", text.encode())
    assert _document(xml).promulgation.promulgation_date == date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    [
        "2026/11/21 09:30:15",
        "21/11/2026 09:30:15",
        "2026-11-21T09:30:15",
        "2026-11-21T02:30:15Z",
        "2026-11-21T09:30:15+07:00",
    ],
)
def test_the_forms_of_a_moment_read_alike(text: str) -> None:
    xml = edxml.status_xml().replace(b"2026/11/21 09:30:15", text.encode())
    expected = datetime(2026, 11, 21, 9, 30, 15, tzinfo=VIETNAM)
    assert _status(xml).timestamp == expected


def test_a_day_that_does_not_exist_is_refused_with_its_place() -> None:
    code, place = _refusal(message_xml().replace(b"2026/11/20", b"2026/02/30"))
    assert code is ErrorCode.DATE_MALFORMED
    path = "edXML/edXMLEnvelope/edXMLHeader/MessageHeader/PromulgationInfo"
    assert place == f"{path}/PromulgationDate"


@pytest.mark.parametrize(
    "text",
    [
        "H99.151,2014/02/30,214/UBND-VHXH",
        "0b0ce2ae-3a5b-4c8f-9d0e-2b5b6a4c1d7e",
        "H99.151-2026-214/UBND-VHXH",
        "H01.151.2026.08.25.125.UBND.22",
    ],
)
def test_a_document_id_is_opaque_even_with_an_impossible_day(text: str) -> None:
    xml = message_xml(*MESSAGE_PARTS, f"<DocumentId>{text}</DocumentId>")
    assert _document(xml).document_id == text


LINK = f'xmlns:x="{XLINK}" x:href'


@pytest.mark.parametrize("day", ["", "<PromulgationDate/>"])
def test_a_document_without_its_day_is_refused(day: str) -> None:
    given = f"<PromulgationInfo>{day}</PromulgationInfo>"
    parts = [part for part in MESSAGE_PARTS if part != PROMULGATION]
    code, place = _refusal(message_xml(*parts, given))
    assert code is ErrorCode.DATE_MALFORMED
    assert place.endswith("PromulgationInfo/PromulgationDate")


def _manifest(*references: str) -> str:
    inside = "".join(references)
    manifest = f'<edXML:edXMLManifest version="1.0">{inside}</edXML:edXMLManifest>'
    return f"<edXML:edXMLBody>{manifest}</edXML:edXMLBody>"


@pytest.mark.parametrize(
    "reference",
    [
        "<edXML:Reference><ContentId>cid:a1</ContentId></edXML:Reference>",
        "<Reference><ContentId> a1 </ContentId></Reference>",
        "<Reference><ContentId>CID:a1</ContentId></Reference>",
        f'<Reference {LINK}="cid:a1" x:type="simple"/>',
        f'<Reference {LINK}="a1"><ContentId>cid:a1</ContentId></Reference>',
    ],
)
def test_a_content_id_reads_with_and_without_cid(reference: str) -> None:
    (entry,) = _document(message_xml(body=_manifest(reference))).manifest
    assert entry.content_id == "a1"


@pytest.mark.parametrize(
    "reference",
    [
        "<Reference><AttachmentName>a.pdf</AttachmentName></Reference>",
        f'<Reference {LINK}="cid:b"><ContentId>a</ContentId></Reference>',
    ],
)
def test_an_attachment_without_one_clear_id_is_refused(reference: str) -> None:
    code, place = _refusal(message_xml(body=_manifest(reference)))
    assert code is ErrorCode.SCHEMA_VIOLATION
    assert place.endswith("Reference/ContentId")


def test_two_attachments_of_one_id_are_refused() -> None:
    twice = [
        "<Reference><ContentId>cid:a</ContentId></Reference>",
        "<Reference><ContentId>a</ContentId></Reference>",
    ]
    code, _ = _refusal(message_xml(body=_manifest(*twice)))
    assert code is ErrorCode.ATTACHMENT_DUPLICATE


LEGACY = """<Signature><SignedInfo><SignatureMethod
Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/></SignedInfo>
<SignatureValue>AAAA</SignatureValue></Signature>"""


@pytest.mark.parametrize("node", [LEGACY, "<edXML:DigitalSignature/>"])
def test_a_vendors_imitation_of_a_signature_is_ignored_with_a_flag(node: str) -> None:
    assert _document(message_xml(header=node)).legacy_signature
    assert not _document(message_xml()).legacy_signature


def test_a_real_signature_is_not_taken_for_an_imitation() -> None:
    real = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'
    assert not _document(message_xml(header=real)).legacy_signature


@pytest.mark.parametrize("default", [QCVN, ""])
def test_a_status_in_soap_reads_like_the_plain_form(default: str) -> None:
    plain = _status(edxml.status_xml())
    assert _status(edxml.soap_status_xml(default=default)) == plain
    assert plain.status_code is StatusCode.REGISTERED


@pytest.mark.parametrize("code", StatusCode)
def test_all_nine_statuses_read_in_soap(code: StatusCode) -> None:
    xml = edxml.soap_status_xml().replace(b">03<", f">{code}<".encode())
    assert _status(xml).status_code is code


def test_a_status_code_of_one_digit_reads() -> None:
    xml = edxml.status_xml().replace(b">03<", b">3<")
    assert _status(xml).status_code is StatusCode.REGISTERED


@pytest.mark.parametrize("code", ["00", "07", "14", "99", "abc", "003"])
def test_an_unknown_status_code_is_refused(code: str) -> None:
    xml = edxml.status_xml().replace(b">03<", f">{code}<".encode())
    assert _refusal(xml) == (ErrorCode.STATUS_UNKNOWN, "StatusCode")


@pytest.mark.parametrize("missing", MESSAGE_PARTS)
def test_a_document_without_a_required_part_is_refused(missing: str) -> None:
    parts = [part for part in MESSAGE_PARTS if part != missing]
    assert _refusal(message_xml(*parts))[0] is ErrorCode.SCHEMA_VIOLATION


@pytest.mark.parametrize("doubled", [p for p in MESSAGE_PARTS if "<To>" not in p])
def test_a_document_with_a_doubled_part_is_refused(doubled: str) -> None:
    xml = message_xml(*MESSAGE_PARTS, doubled)
    assert _refusal(xml)[0] is ErrorCode.SCHEMA_VIOLATION


def test_a_part_doubled_under_a_lost_namespace_is_refused() -> None:
    lost = '<Subject xmlns="">Về việc khác</Subject>'
    code, place = _refusal(message_xml(*MESSAGE_PARTS, lost))
    assert code is ErrorCode.SCHEMA_VIOLATION
    assert place.endswith("MessageHeader/Subject")


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("<OtherInfo><Priority>5</Priority></OtherInfo>", ErrorCode.VALUE_MALFORMED),
        ("<OtherInfo><Priority>²</Priority></OtherInfo>", ErrorCode.VALUE_MALFORMED),
        (
            f"<OtherInfo><PageAmount>{'9' * 5000}</PageAmount></OtherInfo>",
            ErrorCode.VALUE_MALFORMED,
        ),
        (
            "<OtherInfo><Direction>maybe</Direction></OtherInfo>",
            ErrorCode.VALUE_MALFORMED,
        ),
        ("<SteeringType>3</SteeringType>", ErrorCode.VALUE_MALFORMED),
        ("<DueDate>ngày mai</DueDate>", ErrorCode.DATE_MALFORMED),
        ("<Content>a<b/>c</Content>", ErrorCode.SCHEMA_VIOLATION),
        ("<To><OrganId>H99 .1</OrganId></To>", ErrorCode.ORGAN_ID_MALFORMED),
        ("<To><OrganName>UBND</OrganName></To>", ErrorCode.SCHEMA_VIOLATION),
    ],
)
def test_a_value_that_is_none_is_refused(part: str, code: ErrorCode) -> None:
    assert _refusal(message_xml(*MESSAGE_PARTS, part))[0] is code


@pytest.mark.parametrize("value", ["", "4", "-1", "x"])
def test_a_business_without_a_known_type_is_refused(value: str) -> None:
    business = f"<BussinessDocType>{value}</BussinessDocType>"
    trace = f"<TraceHeaderList><Bussiness>{business}</Bussiness></TraceHeaderList>"
    assert _refusal(message_xml(header=trace))[0] in {
        ErrorCode.SCHEMA_VIOLATION,
        ErrorCode.VALUE_MALFORMED,
    }


@pytest.mark.parametrize(
    "xml",
    [
        b"<edXML/>",
        f'<edXML xmlns="{QCVN}"/>'.encode(),
        b'<edXML xmlns="http://www.e-doc.vn/Schema/"/>',
        edxml.soap_status_xml().replace(b"edXML:Status", b"edXML:Other"),
        edxml.soap_status_xml(
            beside=f"<edXML:Status>{SENDER}</edXML:Status>",
        ),
    ],
)
def test_what_is_not_edxml_is_refused(xml: bytes) -> None:
    assert _refusal(xml)[0] is ErrorCode.SCHEMA_VIOLATION
