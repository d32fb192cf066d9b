"""The 29 kinds of administrative documents (Decree 30/2020/NĐ-CP article 7).

Abbreviations are those of its Annex III; the two-digit codes are those used inside
document identifiers since 2025.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of document.

    Args:
        code: two digits.
        name: its name in Vietnamese.
        abbreviation: as in its notation; two kinds have none.
    """

    code: str
    name: str
    abbreviation: str = ""


DOCUMENT_KINDS: tuple[DocumentKind, ...] = (
    DocumentKind("01", "Nghị quyết (cá biệt)", "NQ"),
    DocumentKind("02", "Quyết định (cá biệt)", "QĐ"),
    DocumentKind("03", "Chỉ thị", "CT"),
    DocumentKind("04", "Quy chế", "QC"),
    DocumentKind("05", "Quy định", "QyĐ"),
    DocumentKind("06", "Thông cáo", "TC"),
    DocumentKind("07", "Thông báo", "TB"),
    DocumentKind("08", "Hướng dẫn", "HD"),
    DocumentKind("09", "Chương trình", "CTr"),
    DocumentKind("10", "Kế hoạch", "KH"),
    DocumentKind("11", "Phương án", "PA"),
    DocumentKind("12", "Đề án", "ĐA"),
    DocumentKind("13", "Dự án", "DA"),
    DocumentKind("14", "Báo cáo", "BC"),
    DocumentKind("15", "Tờ trình", "TTr"),
    DocumentKind("16", "Giấy ủy quyền", "GUQ"),
    DocumentKind("17", "Phiếu gửi", "PG"),
    DocumentKind("18", "Phiếu chuyển", "PC"),
    DocumentKind("19", "Phiếu báo", "PB"),
    DocumentKind("20", "Biên bản", "BB"),
    DocumentKind("21", "Hợp đồng", "HĐ"),
    DocumentKind("22", "Công văn"),
    DocumentKind("23", "Công điện", "CĐ"),
    DocumentKind("24", "Bản ghi nhớ", "BGN"),
    DocumentKind("25", "Bản thỏa thuận", "BTT"),
    DocumentKind("26", "Giấy mời", "GM"),
    DocumentKind("27", "Giấy giới thiệu", "GGT"),
    DocumentKind("28", "Giấy nghỉ phép", "GNP"),
    DocumentKind("29", "Thư công"),
)

_INDIVIDUAL = "(cá biệt)"


def document_kind_by_name(name: str) -> DocumentKind | None:
    """Return the kind called `name`, in any case and with any spacing.

    The qualifier "(cá biệt)" may be left out, as it is on the documents themselves.
    """
    return _BY_NAME.get(_comparable(name))


def document_kind_by_abbreviation(abbreviation: str) -> DocumentKind | None:
    """Return the kind with `abbreviation`; case counts, as in ``CT`` and ``CTr``."""
    return _BY_ABBREVIATION.get(unicodedata.normalize("NFC", abbreviation))


def _comparable(name: str) -> str:
    composed = unicodedata.normalize("NFC", name).casefold()
    return " ".join(composed.replace(_INDIVIDUAL, "").split())


_BY_NAME: Mapping[str, DocumentKind] = MappingProxyType(
    {_comparable(kind.name): kind for kind in DOCUMENT_KINDS}
)
_BY_ABBREVIATION: Mapping[str, DocumentKind] = MappingProxyType(
    {kind.abbreviation: kind for kind in DOCUMENT_KINDS if kind.abbreviation}
)
