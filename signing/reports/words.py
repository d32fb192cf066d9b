"""The words of every report, in both languages."""

from schemas.errors import Side, Text
from schemas.verdict import (
    FileKind,
    Indication,
    Modifications,
    RevocationSource,
    RevocationState,
)

INDICATIONS: dict[Indication, Text] = {
    Indication.TOTAL_PASSED: Text(
        vi="HỢP LỆ: chữ ký số đúng, nội dung nguyên vẹn, chứng thư đáng tin cậy.",
        en="VALID: the signatures hold, the content is intact, the signers are known.",
    ),
    Indication.TOTAL_FAILED: Text(
        vi="KHÔNG HỢP LỆ: không được dựa vào tệp này.",
        en="NOT VALID: do not rely on this file.",
    ),
    Indication.INDETERMINATE: Text(
        vi="CHƯA KẾT LUẬN ĐƯỢC: thiếu căn cứ để nói tệp này hợp lệ hay không.",
        en="UNDECIDED: there is not enough to say whether this file is valid.",
    ),
}

SHORT: dict[Indication, Text] = {
    Indication.TOTAL_PASSED: Text(vi="hợp lệ", en="valid"),
    Indication.TOTAL_FAILED: Text(vi="KHÔNG HỢP LỆ", en="NOT VALID"),
    Indication.INDETERMINATE: Text(vi="chưa kết luận được", en="undecided"),
}

KINDS: dict[FileKind, Text] = {
    FileKind.PDF: Text(vi="văn bản PDF", en="PDF document"),
    FileKind.ENVELOPE: Text(vi="gói tin văn bản edXML", en="edXML document message"),
    FileKind.STATUS: Text(vi="gói tin trạng thái edXML", en="edXML status message"),
    FileKind.RECEIPT: Text(vi="biên nhận", en="receipt"),
    FileKind.PREFLIGHT: Text(
        vi="kết quả kiểm tra trước khi gửi", en="answer before sending"
    ),
    FileKind.DELEGATION: Text(vi="ủy quyền", en="delegation"),
    FileKind.TREE_HEAD: Text(vi="đầu nhật ký", en="tree head of the log"),
    FileKind.BUNDLE: Text(vi="hồ sơ chứng cứ", en="evidence bundle"),
    FileKind.CEREMONY: Text(vi="biên bản lễ tạo khóa", en="transcript of a ceremony"),
    FileKind.UNKNOWN: Text(vi="không rõ loại", en="unknown kind"),
}

SIDES: dict[Side, Text] = {
    Side.SENDER: Text(vi="bên gửi", en="sender"),
    Side.RECIPIENT: Text(vi="bên nhận", en="recipient"),
    Side.SIGNER: Text(vi="người ký", en="signer"),
    Side.HUB: Text(vi="trục liên thông", en="hub"),
    Side.OPERATOR: Text(vi="đơn vị vận hành", en="operator"),
    Side.FILE: Text(vi="bản thân tệp", en="the file itself"),
}

MODIFICATIONS: dict[Modifications, Text] = {
    Modifications.NONE: Text(vi="không có", en="none"),
    Modifications.LTA: Text(
        vi="chỉ bổ sung thông tin lưu trữ lâu dài", en="archive data only"
    ),
    Modifications.SIGNATURE: Text(vi="chỉ thêm chữ ký", en="further signatures only"),
    Modifications.FORM_FILLING: Text(vi="điền biểu mẫu", en="form filling"),
    Modifications.OTHER: Text(vi="CÓ", en="YES"),
    Modifications.NOT_ASSESSED: Text(vi="chưa đánh giá được", en="not assessed"),
}

REVOCATION: dict[RevocationState, Text] = {
    RevocationState.GOOD: Text(vi="không bị thu hồi", en="not revoked"),
    RevocationState.REVOKED: Text(vi="ĐÃ BỊ THU HỒI", en="REVOKED"),
    RevocationState.STALE: Text(vi="thông tin đã quá hạn", en="out of date"),
    RevocationState.UNCHECKED: Text(vi="CHƯA KIỂM TRA ĐƯỢC", en="NOT CHECKED"),
}

REVOKED_LATER = Text(
    vi="bị thu hồi sau thời điểm đã chứng minh", en="revoked after the proven time"
)
"""What does not count against a signature that was proved to exist before."""

SOURCES: dict[RevocationSource, Text] = {
    RevocationSource.CRL: Text(vi="danh sách thu hồi (CRL)", en="revocation list"),
    RevocationSource.OCSP: Text(vi="trả lời OCSP", en="OCSP answer"),
}

FILE = Text(vi="Tệp", en="File")
FILE_KIND = Text(vi="Loại tệp", en="Kind of file")
CHECKED_AT = Text(vi="Kiểm tra lúc", en="Checked at")
SIGNATURE = Text(vi="Chữ ký", en="Signature")
SIGNER = Text(vi="Người ký", en="Signer")
MANAGED_BY = Text(vi="Đơn vị quản lý", en="Managing unit")
SIGNED_AT = Text(vi="Thời điểm ký (do bên ký khai)", en="Signing time (as claimed)")
STAMPED_AT = Text(vi="Thời điểm ký (dấu thời gian)", en="Signing time (time stamp)")
STAMPED_BY = Text(vi="Đơn vị cấp dấu thời gian", en="Time stamping authority")
INTACT = Text(vi="Nội dung nguyên vẹn", en="Content intact")
GENUINE = Text(vi="Giá trị chữ ký đúng", en="Signature value holds")
CHANGES = Text(vi="Thay đổi sau khi ký", en="Changes after signing")
CHANGED_PLACES = Text(vi="Phạm vi thay đổi", en="What the changes touch")
PAGES_TOUCHED = Text(vi="trang {}", en="pages {}")
OBJECTS_TOUCHED = Text(vi="đối tượng PDF {}", en="PDF objects {}")
ISSUER = Text(vi="Đơn vị cấp chứng thư", en="Certificate issued by")
AT_SIGNING = Text(vi="Chứng thư khi ký", en="Certificate when signing")
VALIDITY = Text(vi="Hiệu lực chứng thư", en="Certificate valid")
REVOCATION_CHECK = Text(vi="Kiểm tra thu hồi", en="Revocation check")
LEVEL = Text(vi="Mức chữ ký", en="Level of signature")
PARTS = Text(vi="Thành phần", en="Parts")
REASONS = Text(vi="Lý do", en="Reasons")
NOTES = Text(vi="Lưu ý", en="Notes")
SIDE = Text(vi="Thuộc về", en="On the side of")
NEXT = Text(vi="Cần làm", en="Next")
WHERE = Text(vi="Vị trí", en="Where")
MORE = Text(vi="… và {} mục khác", en="… and {} more")
YES = Text(vi="có", en="yes")
NO = Text(vi="KHÔNG", en="NO")
UNKNOWN = Text(vi="không rõ", en="unknown")

WAS_VALID = Text(vi="có hiệu lực", en="valid")
WAS_IN_TIME = Text(
    vi="còn hạn, nhưng chưa kiểm tra được thu hồi",
    en="within its period, revocation not checked",
)
WAS_TOO_EARLY = Text(vi="CHƯA CÓ HIỆU LỰC", en="NOT YET VALID")
WAS_EXPIRED = Text(vi="ĐÃ HẾT HẠN", en="EXPIRED")
WAS_REVOKED = Text(vi="ĐÃ BỊ THU HỒI", en="REVOKED")
REVOKED_SINCE = Text(
    vi="bị thu hồi sau đó; giờ ký chưa được chứng minh",
    en="revoked afterwards; when it was signed is not proved",
)

AS_OF = Text(vi="tính đến {}", en="as of {}")
SINCE = Text(vi="từ {}", en="since {}")
TITLE = Text(vi="Kết quả kiểm tra chữ ký số", en="Verification of digital signatures")
CHAIN = Text(vi="Đường dẫn chứng thư", en="Chain of certificates")
ROOT = Text(vi="Chứng thư gốc", en="Root certificate")
AUTHORITY = Text(vi="Đơn vị cấp chứng thư", en="Issuing authority")
TIME_STAMP = Text(vi="Dấu thời gian", en="Time stamp")
CERTIFICATES = Text(vi="Chứng thư", en="Certificates")
SERIAL = Text(vi="Số hiệu", en="Serial number")
POLICY = Text(vi="Chính sách kiểm tra", en="Validation policy")
DIGEST = Text(vi="SHA-256 của tệp", en="SHA-256 of the file")
