"""Refusals and notices about documents that concern earlier documents."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.RECALL_NOT_ALLOWED: explanation(
        Side.SENDER,
        vi=(
            "Không thể thu hồi: văn bản đang chờ trả lời một đề nghị thu hồi trước, "
            "đã được thu hồi, đã bị từ chối tiếp nhận, hoặc không phải là văn bản."
        ),
        en=(
            "It cannot be recalled: an earlier request waits for its answer, it is "
            "recalled already, was not accepted by the recipient, or is no document."
        ),
        next_vi="Xem đường đi của văn bản; nếu đã có đề nghị, chờ nơi nhận trả lời.",
        next_en=(
            "Look at the document's trace; if a request is open, wait for its answer."
        ),
    ),
    ErrorCode.DOCUMENT_RECALLED: explanation(
        Side.SENDER,
        vi="Nơi gửi đã đề nghị thu hồi văn bản này nên không đọc được nội dung nữa.",
        en=(
            "The sender has asked for this document back, so it cannot be read any "
            "more."
        ),
        next_vi=(
            "Trả lời đề nghị thu hồi: 15 nếu đồng ý, 16 nếu không; nếu không đồng ý, "
            "văn bản lại đọc được."
        ),
        next_en=(
            "Answer the request: 15 to agree, 16 to decline; after declining, the "
            "document can be read again."
        ),
    ),
    ErrorCode.EARLIER_DOCUMENT_UNKNOWN: explanation(
        Side.SENDER,
        vi="Trục không giữ văn bản nào do cơ quan này gửi mang mã văn bản đã nêu.",
        en="The hub holds no document of this agency under the id that is named.",
        next_vi=(
            "Kiểm tra DocumentId trong Bussiness; phải đúng như trong văn bản đã gửi."
        ),
        next_en=(
            "Check DocumentId in Bussiness; it must be that of the earlier document."
        ),
    ),
    ErrorCode.RECIPIENT_CHANGE_CONTRADICTS: explanation(
        Side.SENDER,
        vi=(
            "Thay đổi nơi nhận không khớp: thêm (0) một nơi đã nhận, hoặc bớt (1) một "
            "nơi chưa từng nhận văn bản."
        ),
        en=(
            "The change of recipients does not fit: it adds (0) one that has the "
            "document, or removes (1) one that never had it."
        ),
        next_vi="Sửa ReceiverType: 0 là thêm nơi nhận, 1 là bớt nơi nhận.",
        next_en="Correct ReceiverType: 0 adds a recipient, 1 removes one.",
    ),
    ErrorCode.DOCUMENT_DUPLICATE: explanation(
        Side.SENDER,
        vi=(
            "Cơ quan này đã gửi một văn bản có cùng mã, hoặc cùng số, ký hiệu trong "
            "cùng năm."
        ),
        en=(
            "This agency has sent a document with the same id, or the same number and "
            "notation in the same year."
        ),
        next_vi=(
            "Nếu gửi nhầm hai lần, thu hồi một bản; nếu thay nội dung, gửi văn bản "
            "thay thế. Văn bản không bị từ chối vì lý do này."
        ),
        next_en=(
            "If it was sent twice by mistake, recall one; to change it, send a "
            "replacement. A document is not refused for this."
        ),
    ),
}
