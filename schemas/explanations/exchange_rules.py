"""Refusals by the rules of the exchange."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.SENDER_NOT_ACTED_FOR: explanation(
        Side.SENDER,
        vi="Hệ thống của bạn chưa được đăng ký gửi thay cho cơ quan này.",
        en="Your system is not registered to send for this agency.",
        next_vi=(
            "Kiểm tra mã cơ quan gửi (From); nếu đúng, đề nghị đơn vị vận hành "
            "đăng ký hệ thống cho cơ quan."
        ),
        next_en=(
            "Check the sending agency (From); if it is right, ask the operator to "
            "register your system for it."
        ),
    ),
    ErrorCode.RECIPIENT_UNKNOWN: explanation(
        Side.SENDER,
        vi="Không tìm thấy cơ quan nhận trong danh bạ.",
        en="A recipient is not in the directory.",
        next_vi="Tra lại mã cơ quan nhận trong danh bạ liên thông rồi gửi lại.",
        next_en="Look up the recipient's code in the directory, then send again.",
    ),
    ErrorCode.RECIPIENT_DUPLICATE: explanation(
        Side.SENDER,
        vi="Một nơi nhận bị ghi hai lần.",
        en="A recipient is named twice.",
        next_vi="Bỏ dòng trùng trong nơi nhận rồi gửi lại.",
        next_en="Remove the repeated recipient, then send again.",
    ),
    ErrorCode.RECIPIENT_CLOSED: explanation(
        Side.SENDER,
        vi=(
            "Cơ quan nhận đã giải thể hoặc ngừng dùng mã này và chưa có cơ quan "
            "kế thừa."
        ),
        en=(
            "The recipient is closed, or no longer uses this code, and has no "
            "successor."
        ),
        next_vi="Tra danh bạ để tìm cơ quan tiếp nhận nhiệm vụ và gửi tới cơ quan đó.",
        next_en=(
            "Find the agency that took over its duties in the directory and "
            "address that one."
        ),
    ),
    ErrorCode.MALWARE_FOUND: explanation(
        Side.SENDER,
        vi="Trong tệp đính kèm có mã độc, văn bản đã bị cách ly.",
        en="An attachment holds malware; the document was quarantined.",
        next_vi="Làm sạch máy nơi lập tệp, lập lại tệp rồi gửi văn bản mới.",
        next_en="Clean the machine it was made on, make the file anew, send it again.",
    ),
    ErrorCode.MALWARE_UNCHECKED: explanation(
        Side.OPERATOR,
        vi="Không hỏi được bộ quét mã độc nên văn bản được giữ lại, chưa giao.",
        en="The scanner for malware gave no answer; the document is held back.",
        next_vi=(
            "Kiểm tra bộ quét và giới hạn độ lớn của nó; quét sạch thì văn bản tự "
            "được giao."
        ),
        next_en=(
            "Look after the scanner and its limit on sizes; once the scan is clean the "
            "document is delivered by itself."
        ),
    ),
    ErrorCode.SECRECY_MARK: explanation(
        Side.SENDER,
        vi=(
            "Văn bản có dấu chỉ độ mật nên không được gửi qua hệ thống này; nội "
            "dung không bị lưu lại."
        ),
        en=(
            "The document bears a secrecy mark and may not travel through this "
            "system; its content was not stored."
        ),
        next_vi=(
            "Gửi văn bản mật theo đường quy định của pháp luật về bảo vệ bí mật "
            "nhà nước. Nếu đóng dấu nhầm, lập lại văn bản không có dấu mật."
        ),
        next_en=(
            "Send it the way the law on state secrets prescribes. If the mark is "
            "a mistake, prepare the document again without it."
        ),
    ),
    ErrorCode.MESSAGE_ID_CONFLICT: explanation(
        Side.SENDER,
        vi="Mã gói tin này đã dùng cho một gói tin khác.",
        en="This message id was already used for another message.",
        next_vi=(
            "Nếu là văn bản mới, hoặc trạng thái về văn bản khác, gửi với mã mới. "
            "Nếu là gửi lại, phải gửi đúng từng byte như lần đầu."
        ),
        next_en=(
            "For a new document, or a status about another document, use a new id. "
            "To repeat a message, send exactly the same bytes."
        ),
    ),
    ErrorCode.ENVELOPE_NOT_FOUND: explanation(
        Side.RECIPIENT,
        vi=(
            "Không tìm thấy gói tin này, hoặc cơ quan bạn không phải là bên gửi "
            "hay bên nhận."
        ),
        en=(
            "There is no such message, or your agency is neither its sender nor a "
            "recipient."
        ),
        next_vi="Kiểm tra lại mã gói tin trong biên nhận hoặc trong hộp văn bản đến.",
        next_en="Check the id in the receipt or in your inbox.",
    ),
    ErrorCode.ATTACHMENT_NOT_FOUND: explanation(
        Side.RECIPIENT,
        vi="Gói tin không có tệp đính kèm mang số thứ tự này.",
        en="The message has no attachment with this number.",
        next_vi="Xem lại số tệp đính kèm; tệp đầu tiên mang số 1.",
        next_en="Check the number; the first attachment is number 1.",
    ),
    ErrorCode.RANGE_NOT_SATISFIABLE: explanation(
        Side.RECIPIENT,
        vi="Phần tệp được yêu cầu nằm ngoài dung lượng của tệp.",
        en="The requested part lies outside the file.",
        next_vi="Tải lại tệp từ đầu.",
        next_en="Download the file again from its beginning.",
    ),
    ErrorCode.STATUS_UNKNOWN: explanation(
        Side.RECIPIENT,
        vi="Mã trạng thái xử lý không có trong quy định.",
        en="The status code is not one of the defined codes.",
        next_vi="Dùng một trong các mã 01 đến 06, 13, 15, 16.",
        next_en="Use one of the codes 01 to 06, 13, 15, 16.",
    ),
    ErrorCode.STATUS_NOT_ALLOWED: explanation(
        Side.RECIPIENT,
        vi="Trạng thái này không thể đến sau trạng thái hiện tại của văn bản.",
        en="This status cannot follow the current status of the document.",
        next_vi=(
            "Xem lại tiến trình của văn bản; trạng thái chỉ được đi tới, không "
            "quay lui."
        ),
        next_en="Look at the document's history; a status moves forward only.",
    ),
    ErrorCode.REGISTER_NUMBER_TAKEN: explanation(
        Side.RECIPIENT,
        vi="Số đến này trong năm đã cấp cho một văn bản khác.",
        en="This register number is another document's in the same year.",
        next_vi="Xem sổ đăng ký văn bản đến và báo lại số đến đúng.",
        next_en="Look at the register of what arrived, and tell the right number.",
    ),
    ErrorCode.STATUS_ACTOR_WRONG: explanation(
        Side.RECIPIENT,
        vi="Cơ quan này không được báo trạng thái cho văn bản đó.",
        en="This agency may not report this status on that document.",
        next_vi=(
            "Chỉ cơ quan nhận báo trạng thái xử lý, chỉ cơ quan gửi đề nghị thu "
            "hồi; kiểm tra lại cơ quan và mã văn bản."
        ),
        next_en=(
            "Only a recipient reports processing and only the sender asks for "
            "recall; check the agency and the document id."
        ),
    ),
    ErrorCode.STEP_NOT_ALLOWED: explanation(
        Side.RECIPIENT,
        vi=(
            "Chưa thể hoặc không còn thực hiện được bước này với văn bản ở trạng "
            "thái hiện tại."
        ),
        en="This step is not possible in the document's current state.",
        next_vi=(
            "Xem trạng thái hiện tại của văn bản; nếu đang chờ kiểm tra, hãy thử "
            "lại sau ít phút."
        ),
        next_en=(
            "Look at the current state; if the document is still being checked, "
            "try again in a few minutes."
        ),
    ),
    ErrorCode.NOT_A_RECIPIENT: explanation(
        Side.RECIPIENT,
        vi="Cơ quan bạn không phải là nơi nhận của văn bản này.",
        en="Your agency is not a recipient of this document.",
        next_vi=(
            "Kiểm tra lại mã cơ quan đang dùng; nếu đáng ra được nhận, liên hệ cơ "
            "quan gửi để gửi bổ sung."
        ),
        next_en=(
            "Check which agency you act for; if you should have received it, ask "
            "the sender to send it to you."
        ),
    ),
    ErrorCode.AGENCY_UNKNOWN: explanation(
        Side.OPERATOR,
        vi="Không có cơ quan mang mã này trong danh bạ.",
        en="No agency in the directory has this code.",
        next_vi="Kiểm tra lại mã; nếu cơ quan mới thành lập, cập nhật danh bạ trước.",
        next_en="Check the code; for a new agency, update the directory first.",
    ),
    ErrorCode.DIRECTORY_IMPORT_INVALID: explanation(
        Side.OPERATOR,
        vi="Tệp danh bạ cơ quan có dòng không hợp lệ nên chưa nhập dòng nào.",
        en="The agency file has an invalid row; nothing was imported.",
        next_vi=(
            "Sửa dòng nêu trên (mã trùng, thiếu cơ quan cấp trên, sai ngày...) "
            "rồi nhập lại."
        ),
        next_en=(
            "Correct the row named (a repeated code, a missing parent, a wrong "
            "date), then import again."
        ),
    ),
}
