"""Refusals of what comes in because of its identifiers, size or shape."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.ORGAN_ID_MALFORMED: explanation(
        Side.SENDER,
        vi="Mã định danh cơ quan không đúng dạng.",
        en="The agency code does not have a valid form.",
        next_vi=(
            "Kiểm tra lại mã định danh (ví dụ H01.151 hoặc 000.00.00.H49), không "
            "quá 35 ký tự và không có khoảng trắng, rồi gửi lại."
        ),
        next_en=(
            "Check the code (for example H01.151 or 000.00.00.H49): at most 35 "
            "characters and no spaces; then send again."
        ),
    ),
    ErrorCode.MESSAGE_ID_MALFORMED: explanation(
        Side.SENDER,
        vi="Mã gói tin (Message-Id) chứa ký tự không được phép hoặc quá dài.",
        en="The message id has characters that are not allowed, or is too long.",
        next_vi=(
            "Dùng từ 1 đến 128 ký tự gồm chữ không dấu, chữ số và các dấu . _ : - "
            "; hoặc bỏ trống để hệ thống tự đặt mã."
        ),
        next_en=(
            "Use 1 to 128 letters, digits and . _ : - only, or leave it out so "
            "that one is derived."
        ),
    ),
    ErrorCode.SYSTEM_ID_MALFORMED: explanation(
        Side.OPERATOR,
        vi="Tên hệ thống kết nối không đúng dạng.",
        en="The name of the connected system does not have a valid form.",
        next_vi=(
            "Đặt tên bằng chữ thường không dấu, chữ số, dấu chấm hoặc gạch nối, "
            "tối đa 64 ký tự."
        ),
        next_en=(
            "Use lower-case letters, digits, dots and hyphens, at most 64 characters."
        ),
    ),
    ErrorCode.BODY_TOO_LARGE: explanation(
        Side.SENDER,
        vi="Gói tin vượt quá dung lượng cho phép.",
        en="The message is larger than allowed.",
        next_vi=(
            "Bỏ bớt hoặc nén nhỏ tệp đính kèm; nếu văn bản thật sự cần dung lượng "
            "lớn, liên hệ đơn vị vận hành để được nâng hạn mức."
        ),
        next_en=(
            "Remove or shrink attachments; if the document truly needs the size, "
            "ask the operator for a higher limit."
        ),
    ),
    ErrorCode.BODY_EMPTY: explanation(
        Side.SENDER,
        vi="Gói tin không có nội dung.",
        en="The message is empty.",
        next_vi=(
            "Kiểm tra phần mềm gửi đã đưa nội dung edXML vào gói tin chưa, rồi gửi lại."
        ),
        next_en=(
            "Check that the sending software puts the edXML content into the "
            "request, then send again."
        ),
    ),
    ErrorCode.CONTENT_TYPE_UNSUPPORTED: explanation(
        Side.SENDER,
        vi="Kiểu nội dung (Content-Type) của gói tin không được hỗ trợ.",
        en="The Content-Type of the message is not supported.",
        next_vi=(
            "Gửi ở dạng application/xml hoặc multipart/related; báo nội dung này "
            "cho bộ phận kỹ thuật của phần mềm gửi."
        ),
        next_en=(
            "Send application/xml or multipart/related; pass this on to whoever "
            "maintains the sending software."
        ),
    ),
    ErrorCode.ENCODING_NOT_UTF8: explanation(
        Side.SENDER,
        vi="Nội dung không dùng bảng mã UTF-8.",
        en="The content is not encoded in UTF-8.",
        next_vi="Chuyển phần mềm gửi sang bảng mã UTF-8 rồi gửi lại.",
        next_en="Set the sending software to UTF-8, then send again.",
    ),
    ErrorCode.XML_MALFORMED: explanation(
        Side.SENDER,
        vi="Nội dung XML bị lỗi cú pháp nên không đọc được.",
        en="The XML is not well-formed and cannot be read.",
        next_vi=(
            "Báo cho bộ phận kỹ thuật của phần mềm gửi sửa lỗi tại vị trí nêu "
            "trên, rồi gửi lại."
        ),
        next_en=(
            "Have the sending software corrected at the place named, then send again."
        ),
    ),
    ErrorCode.XML_FORBIDDEN_CONSTRUCT: explanation(
        Side.SENDER,
        vi=(
            "Nội dung XML chứa thành phần không được phép (chú thích, DOCTYPE, "
            "CDATA hoặc chỉ thị xử lý)."
        ),
        en=(
            "The XML holds a construct that is not allowed (a comment, DOCTYPE, "
            "CDATA section or processing instruction)."
        ),
        next_vi=(
            "Bỏ các thành phần này khỏi gói tin rồi gửi lại; edXML không cần đến chúng."
        ),
        next_en="Leave these out and send again; edXML never needs them.",
    ),
    ErrorCode.XML_LIMIT_EXCEEDED: explanation(
        Side.SENDER,
        vi=("Nội dung XML có quá nhiều phần tử, thuộc tính hoặc lồng nhau quá sâu."),
        en="The XML has too many elements or attributes, or nests too deeply.",
        next_vi=(
            "Chia nhỏ danh sách nơi nhận thành nhiều lần gửi; nếu vẫn lỗi, báo bộ "
            "phận kỹ thuật của phần mềm gửi."
        ),
        next_en=(
            "Split the list of recipients over several messages; if it persists, "
            "tell whoever maintains the sending software."
        ),
    ),
    ErrorCode.SCHEMA_VIOLATION: explanation(
        Side.SENDER,
        vi="Nội dung không đúng cấu trúc quy định tại vị trí nêu trên.",
        en=("The content does not follow the prescribed structure at the place named."),
        next_vi="Bổ sung hoặc sửa lại trường thông tin tại vị trí đó rồi gửi lại.",
        next_en="Add or correct the field at that place, then send again.",
    ),
    ErrorCode.MULTIPART_MALFORMED: explanation(
        Side.SENDER,
        vi="Gói tin nhiều phần (multipart) bị lỗi cấu trúc.",
        en="The multipart message is malformed.",
        next_vi=(
            "Báo cho bộ phận kỹ thuật của phần mềm gửi: các phần phải ngăn bằng "
            "CRLF, phần đầu là XML, mỗi phần sau có Content-ID."
        ),
        next_en=(
            "Tell whoever maintains the sending software: parts are separated by "
            "CRLF, the first is the XML, every other has a Content-ID."
        ),
    ),
    ErrorCode.ATTACHMENT_MISSING: explanation(
        Side.SENDER,
        vi="Thiếu tệp đính kèm đã kê khai trong danh mục.",
        en="An attachment listed in the manifest is missing.",
        next_vi=(
            "Đính kèm đủ các tệp đã kê khai, hoặc bỏ dòng kê khai thừa, rồi gửi lại."
        ),
        next_en=(
            "Attach every file that is listed, or remove the surplus line, then "
            "send again."
        ),
    ),
    ErrorCode.ATTACHMENT_NOT_IN_MANIFEST: explanation(
        Side.SENDER,
        vi="Có tệp đính kèm không được kê khai trong danh mục.",
        en="There is an attachment that the manifest does not list.",
        next_vi=(
            "Kê khai tệp này vào danh mục hoặc bỏ tệp ra khỏi gói tin, rồi gửi lại."
        ),
        next_en=(
            "List the file in the manifest or take it out of the message, then "
            "send again."
        ),
    ),
    ErrorCode.ATTACHMENT_DUPLICATE: explanation(
        Side.SENDER,
        vi="Hai tệp đính kèm dùng chung một mã (ContentId).",
        en="Two attachments have the same content id.",
        next_vi="Đặt cho mỗi tệp một mã riêng rồi gửi lại.",
        next_en="Give each file an id of its own, then send again.",
    ),
    ErrorCode.ATTACHMENT_ENCODING_INVALID: explanation(
        Side.SENDER,
        vi="Tệp đính kèm mã hóa base64 bị lỗi hoặc bị cắt cụt.",
        en="The base64 of an attachment is damaged or cut short.",
        next_vi="Đính kèm lại tệp từ bản gốc và gửi lại.",
        next_en="Attach the file again from its original and send again.",
    ),
    ErrorCode.ATTACHMENT_TOO_LARGE: explanation(
        Side.SENDER,
        vi="Tệp đính kèm vượt quá dung lượng cho phép.",
        en="An attachment is larger than allowed.",
        next_vi=(
            "Giảm dung lượng tệp (ví dụ quét ở độ phân giải thấp hơn) hoặc chia "
            "thành nhiều tệp."
        ),
        next_en=(
            "Make the file smaller (for example by scanning at a lower "
            "resolution) or split it."
        ),
    ),
    ErrorCode.ATTACHMENT_COUNT_EXCEEDED: explanation(
        Side.SENDER,
        vi="Gói tin có quá nhiều tệp đính kèm.",
        en="The message has too many attachments.",
        next_vi="Gộp bớt các tệp hoặc chia thành nhiều lần gửi.",
        next_en="Combine files or spread them over several messages.",
    ),
    ErrorCode.ARCHIVE_REFUSED: explanation(
        Side.SENDER,
        vi=(
            "Tệp nén của đính kèm không mở được an toàn: bị hỏng, có mật khẩu, "
            "chứa nhiều tệp hoặc bung ra quá lớn."
        ),
        en=(
            "The archive around an attachment cannot be opened safely: it is "
            "damaged, encrypted, holds several files, or expands too much."
        ),
        next_vi="Đính kèm trực tiếp tệp văn bản, không nén, rồi gửi lại.",
        next_en="Attach the document itself without an archive, then send again.",
    ),
    ErrorCode.DATE_MALFORMED: explanation(
        Side.SENDER,
        vi="Ngày hoặc giờ không đúng dạng, hoặc là ngày không có thật.",
        en="A date or time has an invalid form, or is a day that does not exist.",
        next_vi="Sửa ngày tại vị trí nêu trên (dạng năm/tháng/ngày) rồi gửi lại.",
        next_en=(
            "Correct the date at the place named (year/month/day), then send again."
        ),
    ),
    ErrorCode.VALUE_MALFORMED: explanation(
        Side.SENDER,
        vi="Giá trị tại vị trí nêu trên không hợp lệ.",
        en="The value at the place named is not valid.",
        next_vi="Kiểm tra và nhập lại giá trị đó.",
        next_en="Check that value and enter it again.",
    ),
}
