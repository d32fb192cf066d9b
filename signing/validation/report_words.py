"""The words of `signing.validation.report`, in both languages."""

from schemas.errors import Side, Text
from schemas.verdict import FileKind, Indication, Modifications

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
    FileKind.TREE_HEAD: Text(vi="đỉnh cây nhật ký", en="tree head of the log"),
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

FILE_KIND = Text(vi="Loại tệp", en="Kind of file")
SIGNATURE = Text(vi="Chữ ký", en="Signature")
SIGNER = Text(vi="Người ký", en="Signer")
SIGNED_AT = Text(vi="Thời điểm ký (do bên ký khai)", en="Signing time (as claimed)")
INTACT = Text(vi="Nội dung nguyên vẹn", en="Content intact")
GENUINE = Text(vi="Giá trị chữ ký đúng", en="Signature value holds")
CHANGES = Text(vi="Thay đổi sau khi ký", en="Changes after signing")
ISSUER = Text(vi="Đơn vị cấp chứng thư", en="Certificate issued by")
VALIDITY = Text(vi="Hiệu lực chứng thư", en="Certificate valid")
PARTS = Text(vi="Thành phần", en="Parts")
REASONS = Text(vi="Lý do", en="Reasons")
NOTES = Text(vi="Lưu ý", en="Notes")
SIDE = Text(vi="Thuộc về", en="On the side of")
NEXT = Text(vi="Cần làm", en="Next")
MORE = Text(vi="… và {} mục khác", en="… and {} more")
YES = Text(vi="có", en="yes")
NO = Text(vi="KHÔNG", en="NO")
UNKNOWN = Text(vi="không rõ", en="unknown")
