"""The fictional province of the demonstration: its people, systems and one letter."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable

from schemas.edxml.document import (
    Attachment,
    DocumentType,
    EdxmlDocument,
    ManifestEntry,
    Organisation,
    OtherInfo,
    PromulgationInfo,
    SignerInfo,
    TraceHeader,
)
from schemas.identifiers import DocumentCode, DocumentId, OrganId, SystemId

PDF = "application/pdf"
LETTER_NAME = "214_UBND-VHXH.pdf"
LETTER_CONTENT_ID = "cong-van-214"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An agency of the demonstration and the system that acts for it."""

    code: OrganId
    name: str
    system_id: SystemId

    def organisation(self) -> Organisation:
        """Return the agency as envelopes name it."""
        return Organisation(organ_id=self.code, organ_name=self.name)


COMMUNE = Office(
    code=OrganId("H99.151"),
    name="Ủy ban nhân dân xã Suối Mây",
    system_id=SystemId("qlvb-suoimay"),
)
PROVINCE = Office(
    code=OrganId("H99"),
    name="Ủy ban nhân dân tỉnh Bình Sơn",
    system_id=SystemId("qlvb-binhson"),
)
MINISTRY = Office(
    code=OrganId("G06"),
    name="Bộ Khoa học và Công nghệ",
    system_id=SystemId("qlvb-bokhcn"),
)
OFFICES = (COMMUNE, PROVINCE, MINISTRY)
RECIPIENTS = (PROVINCE, MINISTRY)

OFFICIAL = "Đoàn Thạch Khuê"
OFFICIAL_POSITION = "Phó Chủ tịch"

_CODE = DocumentCode("214", "UBND-VHXH")
_DAY = date(2026, 10, 5)
_DOCUMENT_ID = DocumentId(f"{COMMUNE.code},{_DAY:%Y/%m/%d},{_CODE}")


def data(name: str) -> bytes:
    """Return a file that comes with the demonstration."""
    return data_path(name).read_bytes()


def data_path(name: str) -> Traversable:
    """Return where such a file is."""
    return files("exchange.demo").joinpath("data", name)


def letter(at: datetime) -> EdxmlDocument:
    """Return the letter of the commune to its province and a ministry."""
    return EdxmlDocument(
        sender=COMMUNE.organisation(),
        recipients=tuple(office.organisation() for office in RECIPIENTS),
        document_id=_DOCUMENT_ID,
        code=_CODE,
        promulgation=PromulgationInfo(promulgation_date=_DAY, place="Suối Mây"),
        document_type=DocumentType(type="2", type_detail="18", type_name="Công văn"),
        subject=(
            "V/v đề nghị hỗ trợ kết nối hệ thống quản lý văn bản "
            "và cấp bổ sung chứng thư chữ ký số"
        ),
        signer=SignerInfo(
            competence="TM. ỦY BAN NHÂN DÂN, KT. CHỦ TỊCH",
            position=OFFICIAL_POSITION,
            full_name=OFFICIAL,
        ),
        other=OtherInfo(page_amount=2, promulgation_amount=1),
        trace=(TraceHeader(organ_id=COMMUNE.code, timestamp=at),),
        manifest=(
            ManifestEntry(
                content_id=LETTER_CONTENT_ID,
                attachment_name=LETTER_NAME,
                content_type=PDF,
                description="Công văn đã ký số",
            ),
        ),
    )


def letter_attachment(content: bytes) -> Attachment:
    """Return the signed PDF as the attachment of the letter."""
    return Attachment(
        content_id=LETTER_CONTENT_ID,
        name=LETTER_NAME,
        content_type=PDF,
        content=content,
        description="Công văn đã ký số",
    )
