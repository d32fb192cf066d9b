"""Words of writing a document."""

from schemas.errors import Text
from schemas.vocabulary import Level

WORDS: dict[str, Text] = {
    "compose.title": Text(vi="Soạn và gửi văn bản", en="Write and send"),
    "compose.to": Text(vi="Nơi nhận", en="Recipients"),
    "compose.search": Text(
        vi="Tìm cơ quan, nhóm hoặc danh sách", en="Find an agency, group or list"
    ),
    "compose.search_hint": Text(
        vi="Gõ không dấu cũng được, ví dụ: suoi may.",
        en="Marks may be left out, as in: suoi may.",
    ),
    "compose.nobody": Text(vi="Chưa chọn nơi nhận nào.", en="Nobody is chosen yet."),
    "compose.not_found": Text(vi="Không tìm thấy.", en="Nothing found."),
    "compose.remove": Text(vi="Bỏ", en="Remove"),
    "compose.unknown": Text(vi="không có trong danh bạ", en="not in the directory"),
    "compose.list": Text(
        vi="Danh sách “{name}” ({number} mục)", en="List “{name}” ({number} entries)"
    ),
    f"compose.level_{Level.CENTRAL}": Text(
        vi="Tất cả cơ quan trung ương thuộc {name} ({number})",
        en="All central agencies below {name} ({number})",
    ),
    f"compose.level_{Level.PROVINCE}": Text(
        vi="Tất cả cấp tỉnh thuộc {name} ({number})",
        en="All provincial agencies below {name} ({number})",
    ),
    f"compose.level_{Level.DISTRICT}": Text(
        vi="Tất cả cấp huyện thuộc {name} ({number})",
        en="All district agencies below {name} ({number})",
    ),
    f"compose.level_{Level.COMMUNE}": Text(
        vi="Tất cả cấp xã thuộc {name} ({number})",
        en="All commune-level agencies below {name} ({number})",
    ),
    "compose.codes": Text(vi="Dán mã cơ quan", en="Paste agency codes"),
    "compose.codes_hint": Text(
        vi="Mã định danh, cách nhau bằng dấu cách hoặc xuống dòng",
        en="Codes with spaces or line breaks between them",
    ),
    "compose.document": Text(vi="Văn bản", en="Document"),
    "compose.kind": Text(vi="Loại văn bản", en="Kind"),
    "compose.number": Text(vi="Số", en="Number"),
    "compose.notation": Text(vi="Ký hiệu", en="Notation"),
    "compose.promulgated": Text(vi="Ngày ban hành", en="Day of issue"),
    "compose.place": Text(vi="Địa danh", en="Place of issue"),
    "compose.signer_position": Text(vi="Chức vụ người ký", en="Position of who signed"),
    "compose.signer_name": Text(vi="Họ tên người ký", en="Name of who signed"),
    "compose.files": Text(vi="Tệp văn bản và phụ lục", en="Files"),
    "compose.files_hint": Text(
        vi="Tệp PDF đã ký số đặt đầu tiên.", en="The signed PDF comes first."
    ),
    "compose.sending": Text(vi="Đang tải lên", en="Uploading"),
    "compose.waiting": Text(
        vi="Mất kết nối; sẽ tự tải tiếp phần còn lại…",
        en="The line is down; the rest follows by itself…",
    ),
    "compose.uploaded": Text(vi="Đã tải lên", en="Uploaded"),
    "compose.upload_refused": Text(
        vi="Không nhận được tệp này (rỗng hoặc quá lớn); bỏ đi rồi chọn tệp khác.",
        en="Not taken (empty or too large); remove it and choose another.",
    ),
    "compose.evidence": Text(
        vi="Văn bản gửi từ đây đứng tên cơ quan theo tài khoản đã đăng nhập; gói tin "
        "không có chữ ký số của hệ thống, và biên nhận ghi rõ như vậy. Chữ ký số "
        "trong tệp PDF vẫn được kiểm tra đầy đủ.",
        en="What is sent from here rests on your sign-in; the message bears no "
        "signature of a system, and the receipts say so. Signatures in the PDF files "
        "are judged like all others.",
    ),
    "compose.look": Text(vi="Kiểm tra, chưa gửi", en="Check, do not send yet"),
    "compose.not_sent": Text(
        vi="Văn bản chưa được gửi. Muốn gửi, bấm “Gửi văn bản”.",
        en="It is not sent yet. To send it, press “Send”.",
    ),
    "compose.missing": Text(vi="Còn thiếu hoặc chưa đúng:", en="Missing or malformed:"),
    "compose.field_kind": Text(vi="loại văn bản", en="kind"),
    "compose.field_number": Text(vi="số", en="number"),
    "compose.field_notation": Text(vi="ký hiệu", en="notation"),
    "compose.field_promulgated": Text(vi="ngày ban hành", en="day of issue"),
    "compose.field_subject": Text(vi="trích yếu", en="subject"),
    "compose.field_due": Text(vi="hạn xử lý", en="due date"),
    "compose.field_recipients": Text(vi="nơi nhận", en="recipients"),
    "compose.send": Text(vi="Gửi văn bản", en="Send"),
}
