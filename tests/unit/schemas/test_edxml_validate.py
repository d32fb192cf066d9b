"""The schemas are strict in shape and lengths, lenient in order and prefixes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.edxml.validate import validate
from schemas.edxml.writer import write_document
from schemas.errors import ErrorCode, SchemaError
from schemas.xml import QCVN, Element, parse, serialize
from tests.support import edxml
from tests.support.edxml import MESSAGE_PARTS, message_xml, soap_status_xml, status_xml

HEADER = "edXML/edXMLEnvelope/edXMLHeader"
MESSAGE = f"{HEADER}/MessageHeader"


def _refusal(xml: bytes) -> tuple[ErrorCode, str]:
    with pytest.raises(SchemaError) as refused:
        validate(parse(xml))
    return refused.value.code, refused.value.place


LEAVES = [
    ("OrganizationInCharge", 500, "<To><OrganId>H99</OrganId>%s</To>"),
    ("OrganName", 200, "<To><OrganId>H99</OrganId>%s</To>"),
    ("OrganAdd", 500, "<To><OrganId>H99</OrganId>%s</To>"),
    ("Telephone", 20, "<To><OrganId>H99</OrganId>%s</To>"),
    ("Fax", 20, "<To><OrganId>H99</OrganId>%s</To>"),
    ("Website", 200, "<To><OrganId>H99</OrganId>%s</To>"),
    ("Content", 500, "%s"),
    ("DocumentId", 100, "%s"),
    ("Place", 150, "<ToPlaces>%s</ToPlaces>"),
    ("SphereOfPromulgation", 100, "<OtherInfo>%s</OtherInfo>"),
    ("TyperNotation", 10, "<OtherInfo>%s</OtherInfo>"),
]


def _with_leaf(name: str, frame: str, length: int) -> bytes:
    leaf = f"<{name}>  {'ậ' * length}  </{name}>"
    return message_xml(*MESSAGE_PARTS, frame % leaf)


@pytest.mark.parametrize(("name", "length", "frame"), LEAVES)
def test_a_text_is_counted_in_letters_without_outer_space(
    name: str, length: int, frame: str
) -> None:
    validate(parse(_with_leaf(name, frame, length)))


@pytest.mark.parametrize(("name", "length", "frame"), LEAVES)
def test_a_text_longer_than_its_limit_is_refused(
    name: str, length: int, frame: str
) -> None:
    code, place = _refusal(_with_leaf(name, frame, length + 1))
    assert code is ErrorCode.SCHEMA_VIOLATION
    assert place.startswith(MESSAGE)
    assert place.endswith(f"/{name}")


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("214<", f"{'1' * 12}<", f"{MESSAGE}/Code/CodeNumber"),
        ("214<", "<", f"{MESSAGE}/Code/CodeNumber"),
        ("UBND</Code", f"{'A' * 31}</Code", f"{MESSAGE}/Code/CodeNotation"),
        ("Suối Mây", "a" * 51, f"{MESSAGE}/PromulgationInfo/Place"),
        ("Công văn", "a" * 101, f"{MESSAGE}/DocumentType/TypeName"),
        ("Về việc kiểm tra", "a" * 501, f"{MESSAGE}/Subject"),
        ("Về việc kiểm tra", " ", f"{MESSAGE}/Subject"),
    ],
)
def test_a_required_text_outside_its_lengths_is_refused(
    before: str, after: str, place: str
) -> None:
    xml = message_xml().replace(before.encode(), after.encode(), 1)
    assert _refusal(xml) == (ErrorCode.SCHEMA_VIOLATION, place)


def test_an_agency_code_of_36_characters_is_refused() -> None:
    long = f"<To><OrganId>H99.{'1' * 32}</OrganId></To>"
    assert _refusal(message_xml(*MESSAGE_PARTS, long)) == (
        ErrorCode.ORGAN_ID_MALFORMED,
        f"{MESSAGE}/To/OrganId",
    )
    validate(parse(message_xml(*MESSAGE_PARTS, long.replace(".1", "."))))


@pytest.mark.parametrize("email", ["", "a@b.vn", "a@b.vn; c@d.vn"])
def test_an_address_for_mail_has_its_form(email: str) -> None:
    to = f"<To><OrganId>H99</OrganId><Email>{email}</Email></To>"
    validate(parse(message_xml(*MESSAGE_PARTS, to)))


@pytest.mark.parametrize("email", ["a", "a@", "@b", "a@b@c", f"{'a' * 99}@b"])
def test_another_address_for_mail_is_refused(email: str) -> None:
    to = f"<To><OrganId>H99</OrganId><Email>{email}</Email></To>"
    assert _refusal(message_xml(*MESSAGE_PARTS, to))[1] == f"{MESSAGE}/To/Email"


@pytest.mark.parametrize(
    "date", ["2026-13", "20.11.2026", "hôm nay", "2026/11/20 9:00", ""]
)
def test_a_day_in_an_unknown_form_is_refused_as_a_date(date: str) -> None:
    xml = message_xml().replace(b"2026/11/20", date.encode())
    code, place = _refusal(xml)
    assert code is ErrorCode.DATE_MALFORMED
    assert place == f"{MESSAGE}/PromulgationInfo/PromulgationDate"


def test_an_unknown_status_is_refused_as_a_status() -> None:
    xml = status_xml().replace(b">03<", b">07<")
    assert _refusal(xml) == (ErrorCode.STATUS_UNKNOWN, f"{MESSAGE}/StatusCode")


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("<Secret/>", f"{MESSAGE}/Secret"),
        ('<Subject xmlns="">x</Subject>', f"{MESSAGE}/Subject"),
        ('<Note xmlns="urn:other"/>', f"{MESSAGE}/Note"),
        ("<Business/>", f"{MESSAGE}/Business"),
        ("<Subject>hai</Subject>", MESSAGE),
        ("<DocumentId>1</DocumentId><DocumentId>2</DocumentId>", MESSAGE),
        (
            "<OtherInfo><Priority>5</Priority></OtherInfo>",
            f"{MESSAGE}/OtherInfo/Priority",
        ),
        (
            "<OtherInfo><Priority/><Priority/></OtherInfo>",
            f"{MESSAGE}/OtherInfo/Priority",
        ),
        ("text", MESSAGE),
        ('<Content lang="vi"/>', f"{MESSAGE}/Content"),
    ],
)
def test_a_part_that_does_not_belong_is_refused(part: str, place: str) -> None:
    code, found = _refusal(message_xml(*MESSAGE_PARTS, part))
    assert code is ErrorCode.SCHEMA_VIOLATION
    assert found.startswith(place)


@pytest.mark.parametrize("missing", MESSAGE_PARTS)
def test_a_missing_part_is_refused_but_for_the_recipients(missing: str) -> None:
    parts = [part for part in MESSAGE_PARTS if part != missing]
    if "<To>" in missing:
        validate(parse(message_xml(*parts)))
    else:
        assert _refusal(message_xml(*parts))[0] is ErrorCode.SCHEMA_VIOLATION


@pytest.mark.parametrize("prefix", ["edXML:", ""])
def test_the_place_does_not_depend_on_the_prefix(prefix: str) -> None:
    xml = serialize(write_document(edxml.full_document()))
    xml = xml.replace(b"214_UBND-VHXH.pdf", b"a" * 501)
    if not prefix:
        xml = xml.replace(b"edXML:", b"").replace(b"xmlns:edXML=", b"xmlns=")
    place = "edXML/edXMLEnvelope/edXMLBody/edXMLManifest/Reference/AttachmentName"
    assert _refusal(xml) == (ErrorCode.SCHEMA_VIOLATION, place)


def test_the_name_of_an_unknown_element_is_cut_in_the_place() -> None:
    _, place = _refusal(message_xml(*MESSAGE_PARTS, f"<{'x' * 9000}/>"))
    assert len(place) == 200


def test_a_signature_may_stand_in_the_header() -> None:
    real = (
        '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:X/></s:Signature>'
    )
    validate(parse(message_xml(header=real)))


def test_a_signature_may_not_stand_elsewhere() -> None:
    real = '<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/>'
    assert _refusal(message_xml(body=real))[1] == "edXML/edXMLEnvelope/Signature"
    assert _refusal(message_xml(beside=real))[1] == "edXML/Signature"


def test_the_secrecy_extension_may_stand_in_the_message_header() -> None:
    root = write_document(edxml.document(secrecy="Mật"))
    validate(parse(serialize(root)))


ATTACHED = """<{0}AttachmentEncoded{1}><{0}Attachment><{0}ContentId>cid:a</{0}ContentId>
<{2}ContentTransferEncoded>AAAA</{2}ContentTransferEncoded><{0}ContentType>application/pdf
</{0}ContentType></{0}Attachment></{0}AttachmentEncoded>"""


@pytest.mark.parametrize(
    ("prefix", "declared", "inner"),
    [
        ("", "", ""),
        ("", ' xmlns=""', ""),
        ("edXML:", "", "edXML:"),
        ("", ' xmlns=""', "edXML:"),
        ("", "", "edXML:"),
    ],
)
def test_attachments_beside_the_envelope_may_lack_the_namespace(
    prefix: str, declared: str, inner: str
) -> None:
    root = parse(message_xml(beside=ATTACHED.format(prefix, declared, inner)))
    before = serialize(root)
    validate(root)
    assert serialize(root) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<ContentId>cid:a</ContentId>", ""),
        ("<ContentTransferEncoded>AAAA</ContentTransferEncoded>", ""),
        ("AAAA", "AAAA<b/>"),
        ("<Attachment>", "<Other/><Attachment>"),
    ],
)
def test_attachments_of_another_shape_are_refused(before: str, after: str) -> None:
    beside = ATTACHED.format("", ' xmlns=""', "").replace(before, after)
    code, place = _refusal(message_xml(beside=beside))
    assert code is ErrorCode.SCHEMA_VIOLATION
    assert place.startswith("edXML/AttachmentEncoded")


def test_attachments_may_stand_before_the_envelope() -> None:
    root = parse(message_xml(beside=ATTACHED.format("", ' xmlns=""', "")))
    root.insert(0, root[1])
    validate(root)


def test_a_status_has_no_body() -> None:
    xml = status_xml().replace(
        b"</edXML:edXMLHeader>", b"</edXML:edXMLHeader><edXMLBody/>"
    )
    assert _refusal(xml) == (
        ErrorCode.SCHEMA_VIOLATION,
        "edXML/edXMLEnvelope/edXMLBody",
    )


@pytest.mark.parametrize("default", [QCVN, ""])
def test_a_status_in_soap_has_the_shape_of_a_status(default: str) -> None:
    xml = soap_status_xml(default=default)
    validate(parse(xml))
    code, place = _refusal(xml.replace(b"<Description>", b"<More/><Description>"))
    assert code is ErrorCode.SCHEMA_VIOLATION
    assert place == "Status/More"


def test_a_soap_envelope_holds_the_status_alone() -> None:
    more = soap_status_xml(beside="<edXML:Other/>")
    full = soap_status_xml().replace(
        b"<SOAP-ENV:Body/>", b"<SOAP-ENV:Body><edXML:edXML/></SOAP-ENV:Body>"
    )
    reversed_order = soap_status_xml().replace(
        b"<SOAP-ENV:Header>", b"<SOAP-ENV:Body/><SOAP-ENV:Header>"
    )
    for xml in (more, full, reversed_order):
        assert _refusal(xml) == (ErrorCode.SCHEMA_VIOLATION, "Envelope")


@pytest.mark.parametrize(
    "xml",
    [
        b"<edXML/>",
        f'<edXMLEnvelope xmlns="{QCVN}"/>'.encode(),
        b'<edXML xmlns="http://www.e-doc.vn/Schema/"/>',
    ],
)
def test_another_root_is_refused(xml: bytes) -> None:
    assert _refusal(xml)[0] is ErrorCode.SCHEMA_VIOLATION


def test_a_schema_location_in_the_document_is_not_followed() -> None:
    hint = b'<edXML xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    hint += b'xsi:schemaLocation="urn:x file:///nowhere/evil.xsd" '
    validate(parse(message_xml().replace(b"<edXML ", hint, 1)))


def test_threads_are_told_of_their_own_errors() -> None:
    """One list of errors for all threads was empty, or of another's document."""
    roots = [parse(edxml.message_xml(f"<Strange{one}/>")) for one in range(2)]

    def places(root: Element) -> set[str]:
        found = set()
        for _ in range(1500):
            with pytest.raises(SchemaError) as refused:
                validate(root)
            found.add(refused.value.place)
        return found

    with ThreadPoolExecutor(len(roots)) as threads:
        found = list(threads.map(places, roots))
    assert [len(one) for one in found] == [1, 1]
    assert found[0] != found[1]


@pytest.mark.parametrize("length", range(40, 110, 3))
@pytest.mark.parametrize("name", ["a{}", "{}", "aễ{}", "aa{}", "aaa{}"])
@pytest.mark.parametrize("letter", ["a", "é", "\U00010400"])
def test_a_long_name_is_refused_wherever_it_is_cut(
    length: int, name: str, letter: str
) -> None:
    child = f"edXML:{name.format(letter * length)}"
    xml = f'<edXML:edXML xmlns:edXML="{QCVN}"><{child}/></edXML:edXML>'

    code, place = _refusal(xml.encode())

    assert code is ErrorCode.SCHEMA_VIOLATION
    assert place.startswith("edXML")
