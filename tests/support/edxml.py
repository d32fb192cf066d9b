"""edXML messages: whole ones as data, and vendors' forms as text."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

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
from schemas.edxml.status import EdxmlStatus
from schemas.identifiers import DocumentCode, DocumentId, OrganId
from schemas.vocabulary import BusinessType, StatusCode, Steering, Urgency
from schemas.xml import QCVN, SOAP

COMMUNE = OrganId("H99.151")
PROVINCE = OrganId("000.00.00.H99")
DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 21, 2, 30, 15, tzinfo=UTC)
EARLIER = DocumentId("000.00.00.H99,2026/11/02,98/UBND-VX")

STAFF = StaffInfo(
    department_id="VX",
    department="Phòng Văn hóa - Xã hội",
    staff_id="17",
    staff="Lê Thị Hạnh",
    mobile="0900000000",
    email="hanh@suoimay.example",
)

ENVELOPE = f"""<edXML xmlns="{QCVN}" xmlns:edXML="{QCVN}">
<edXML:edXMLEnvelope><edXML:edXMLHeader>%s</edXML:edXMLHeader>%s</edXML:edXMLEnvelope>
%s</edXML>"""

SENDER = "<From><OrganId>H99.151</OrganId><OrganName>UBND xã</OrganName></From>"
RECIPIENT = "<To><OrganId>000.00.00.H99</OrganId></To>"
CODE = "<Code><CodeNumber>214</CodeNumber><CodeNotation>UBND</CodeNotation></Code>"
PROMULGATION = (
    "<PromulgationInfo><Place>Suối Mây</Place>"
    "<PromulgationDate>2026/11/20</PromulgationDate></PromulgationInfo>"
)
TYPE = "<DocumentType><TypeName>Công văn</TypeName></DocumentType>"
SUBJECT = "<Subject>Về việc kiểm tra</Subject>"
MESSAGE_PARTS = (SENDER, RECIPIENT, CODE, PROMULGATION, TYPE, SUBJECT)

ANSWERED = (
    f"<ResponseFor><OrganId>{PROVINCE}</OrganId><DocumentId>{EARLIER}</DocumentId>"
    "<Code>98/UBND-VX</Code></ResponseFor>"
)
STATUS_PARTS = (
    SENDER,
    ANSWERED,
    "<StatusCode>03</StatusCode>",
    "<Description>Đã tiếp nhận</Description>",
    "<Timestamp>2026/11/21 09:30:15</Timestamp>",
)


def document(**changes: Any) -> EdxmlDocument:
    """A new document with the parts every document has."""
    plain = EdxmlDocument(
        sender=Organisation(organ_id=COMMUNE, organ_name="UBND xã Suối Mây"),
        recipients=(Organisation(organ_id=PROVINCE),),
        code=DocumentCode("214", "UBND-VHXH"),
        promulgation=PromulgationInfo(promulgation_date=DAY, place="Suối Mây"),
        document_type=DocumentType(type_name="Công văn"),
        subject="Về việc kiểm tra nước sạch",
    )
    return replace(plain, **changes)


def full_document() -> EdxmlDocument:
    """A document with every part there is."""
    return document(
        sender=full_organisation(),
        document_id=DocumentId("H99.151,2014/02/30,214/UBND-VHXH"),
        document_type=DocumentType(type="1", type_detail="-1", type_name="Công văn"),
        content="Nội dung",
        signer=SignerInfo(competence="TM.", position="Chủ tịch", full_name="Đ. T. K."),
        due_date=date(2026, 12, 1),
        to_places=("Như trên", "Lưu: VT"),
        other=OtherInfo(
            priority=Urgency.FLASH,
            sphere_of_promulgation="Y tế",
            typist_notation="nta",
            promulgation_amount=3,
            page_amount=0,
            direction=False,
            appendixes=("Phụ lục I", "Phụ lục II"),
        ),
        response_for=(response_for(), ResponseFor(code="3/CV")),
        steering=Steering.STEER_AND_REPORT,
        task_codes=("NV-1", "NV-2"),
        application_type="MCDT_DT",
        secrecy="Thường",
        trace=(
            TraceHeader(organ_id=COMMUNE, timestamp=AT),
            TraceHeader(organ_id=PROVINCE),
        ),
        business=Business(business_type=BusinessType.NEW, paper=True, staff=STAFF),
        manifest=(
            ManifestEntry(
                content_id="cong-van-214",
                attachment_name="214_UBND-VHXH.pdf",
                content_type="application/pdf",
                description="Công văn",
            ),
            ManifestEntry(content_id="phu-luc"),
        ),
    )


def full_organisation() -> Organisation:
    """An organisation with every part there is."""
    return Organisation(
        organ_id=COMMUNE,
        organization_in_charge="UBND tỉnh Bình Sơn",
        organ_name="UBND xã Suối Mây",
        organ_address="Số 1 đường Chợ",
        email="vanthu@suoimay.example",
        telephone="02990000000",
        fax="02990000001",
        website="https://suoimay.example",
    )


def response_for() -> ResponseFor:
    """A reference to an earlier document."""
    return ResponseFor(
        organ_id=PROVINCE,
        code="98/UBND-VX",
        promulgation_date=date(2026, 11, 2),
        document_id=EARLIER,
    )


def recall() -> EdxmlDocument:
    """A message that recalls an earlier document."""
    return document(
        business=Business(
            business_type=BusinessType.RECALL,
            document_id=EARLIER,
            reason="Sai thẩm quyền",
            paper=False,
            staff=STAFF,
        )
    )


def update() -> EdxmlDocument:
    """A message that changes an earlier document's receivers."""
    changed = BusinessDocumentInfo(
        document_info=False,
        document_receiver=True,
        receivers=(
            Receiver(organ_id=PROVINCE, receiver_type=0),
            Receiver(organ_id=COMMUNE, receiver_type=1),
        ),
    )
    return document(
        business=Business(
            business_type=BusinessType.UPDATE,
            document_id=EARLIER,
            document_info=changed,
        )
    )


def replacement() -> EdxmlDocument:
    """A message that replaces earlier documents."""
    return document(
        business=Business(
            business_type=BusinessType.REPLACE,
            replacements=(
                ReplacementInfo(document_id=EARLIER, organ_ids=(PROVINCE, COMMUNE)),
                ReplacementInfo(document_id=DocumentId("7c1a"), organ_ids=(PROVINCE,)),
            ),
        )
    )


def status(code: StatusCode = StatusCode.REGISTERED) -> EdxmlStatus:
    """A status with every part there is."""
    return EdxmlStatus(
        sender=full_organisation(),
        response_for=response_for(),
        status_code=code,
        description="Đã vào sổ",
        timestamp=AT,
        staff=STAFF,
    )


def message_xml(
    *parts: str, header: str = "", body: str = "", beside: str = ""
) -> bytes:
    """A document message as text, made of the parts of its message header.

    Args:
        parts: children of the message header; the least there must be if none.
        header: what follows the message header.
        body: what follows the header.
        beside: what follows the envelope.
    """
    message = "".join(parts or MESSAGE_PARTS)
    message = f"<edXML:MessageHeader>{message}</edXML:MessageHeader>"
    return (ENVELOPE % (message + header, body, beside)).encode()


def status_xml(*parts: str) -> bytes:
    """A status in the plain form as text."""
    message = "".join(parts or STATUS_PARTS)
    message = f"<edXML:MessageHeader>{message}</edXML:MessageHeader>"
    return (ENVELOPE % (message, "", "")).encode()


def soap_status_xml(*parts: str, default: str = QCVN, beside: str = "") -> bytes:
    """A status in the SOAP form as text; `default` is its children's namespace."""
    inside = "".join(parts or STATUS_PARTS)
    return f"""<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}" xmlns:edXML="{QCVN}">
<SOAP-ENV:Header><edXML:Status xmlns="{default}">{inside}</edXML:Status>{beside}
</SOAP-ENV:Header><SOAP-ENV:Body/></SOAP-ENV:Envelope>""".encode()


def without_declaration(xml: bytes) -> bytes:
    """Return `xml` after its XML declaration, to be put after another."""
    return xml.partition(b"?>")[2] if xml.startswith(b"<?xml") else xml
