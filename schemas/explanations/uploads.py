"""Refusals of bodies that come in pieces."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.UPLOAD_NOT_FOUND: explanation(
        Side.SENDER,
        vi="Không có lần tải lên mang mã này, hoặc đã hết hạn chờ phần tiếp theo.",
        en="There is no upload with this id, or it has waited too long for its rest.",
        next_vi="Bắt đầu tải lên lại từ đầu.",
        next_en="Begin a new upload.",
    ),
    ErrorCode.UPLOAD_OFFSET_WRONG: explanation(
        Side.SENDER,
        vi="Phần gửi đến không nối tiếp phần trục đang giữ.",
        en="The part does not begin where what is stored ends.",
        next_vi="Hỏi Upload-Offset bằng HEAD rồi gửi tiếp từ vị trí đó.",
        next_en="Ask for Upload-Offset with HEAD and go on from there.",
    ),
    ErrorCode.UPLOAD_CHECKSUM_WRONG: explanation(
        Side.SENDER,
        vi="Phần gửi đến khác với mã kiểm tra đi kèm; không lưu gì của phần này.",
        en="The part is not what its checksum says; nothing of it is stored.",
        next_vi="Gửi lại phần này.",
        next_en="Send the part again.",
    ),
    ErrorCode.UPLOAD_UNFINISHED: explanation(
        Side.SENDER,
        vi="Chưa tải lên đủ nên chưa thể gửi thành văn bản.",
        en="The upload is not complete, so it cannot be sent as a document yet.",
        next_vi="Tải lên nốt phần còn thiếu rồi gửi lại yêu cầu này.",
        next_en="Upload what is missing, then repeat this request.",
    ),
    ErrorCode.UPLOAD_USED: explanation(
        Side.SENDER,
        vi="Nội dung tải lên này đã thành một văn bản khác.",
        en="This upload has become another document already.",
        next_vi="Tải lên lại nếu muốn gửi cùng nội dung thành một văn bản nữa.",
        next_en="Upload it again to send the same content as one more document.",
    ),
    ErrorCode.UPLOAD_PROTOCOL_UNSUPPORTED: explanation(
        Side.SENDER,
        vi="Trục nhận tải lên từng phần theo tus 1.0.0.",
        en="The exchange takes uploads in parts by tus 1.0.0.",
        next_vi="Gửi tiêu đề Tus-Resumable: 1.0.0.",
        next_en="Send the header Tus-Resumable: 1.0.0.",
    ),
}
