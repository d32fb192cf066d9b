"""Findings on time stamps (RFC 3161)."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.TIME_STAMP_REFUSED: explanation(
        Side.OPERATOR,
        vi="Máy chủ dấu thời gian từ chối yêu cầu.",
        en="The time stamping authority refused the request.",
        next_vi="Xem lý do nêu kèm; nếu là đồng hồ hoặc lỗi hệ thống, thử lại sau.",
        next_en="See the reason named; for its clock or a failure, try again later.",
    ),
    ErrorCode.TIME_STAMP_MALFORMED: explanation(
        Side.OPERATOR,
        vi="Dấu thời gian bị hỏng hoặc không đúng chuẩn RFC 3161.",
        en="The time stamp is damaged or is not one of RFC 3161.",
        next_vi="Kiểm tra địa chỉ của máy chủ dấu thời gian rồi thử lại.",
        next_en="Check the address of the time stamping authority, then try again.",
    ),
    ErrorCode.TIME_STAMP_MISMATCH: explanation(
        Side.OPERATOR,
        vi="Dấu thời gian không trả lời đúng yêu cầu đã gửi ở phần nêu trên.",
        en="The time stamp does not answer the request in the part named.",
        next_vi="Không dùng dấu thời gian này; báo cho đơn vị cung cấp dịch vụ.",
        next_en="Do not use this time stamp; tell the provider of the service.",
    ),
    ErrorCode.TIME_STAMP_UNAVAILABLE: explanation(
        Side.OPERATOR,
        vi="Không có máy chủ dấu thời gian nào trả lời dùng được.",
        en="No time stamping authority gave an answer that can be used.",
        next_vi="Kiểm tra kết nối tới các máy chủ dấu thời gian rồi thử lại.",
        next_en="Check the connection to the time stamping authorities, then retry.",
    ),
    ErrorCode.TIME_STAMP_NOT_FOUND: explanation(
        Side.OPERATOR,
        vi="Sổ dấu thời gian không có dấu nào mang số này.",
        en="The register has no time stamp with this number.",
        next_vi="Kiểm tra lại số hiệu và tệp sổ của đúng máy chủ đã cấp dấu.",
        next_en="Check the number, and that it is the register of that authority.",
    ),
    ErrorCode.TIME_STAMP_ORDER_INVALID: explanation(
        Side.OPERATOR,
        vi="Yêu cầu chờ dấu thời gian thiếu tên, sai thuật toán băm hoặc sai độ dài.",
        en="An order for a time stamp has no name, or a wrong digest.",
        next_vi="Báo lỗi phần mềm này kèm phần nêu trên.",
        next_en="Report this as a fault of the software, with the part named.",
    ),
    ErrorCode.TIME_STAMP_QUEUE_FULL: explanation(
        Side.OPERATOR,
        vi="Quá nhiều chữ ký đang chờ dấu thời gian.",
        en="Too many signatures wait for a time stamp.",
        next_vi="Khôi phục kết nối tới máy chủ dấu thời gian, rồi thử lại.",
        next_en="Restore the connection to a time stamping authority, then retry.",
    ),
    ErrorCode.TIME_STAMP_TOO_LARGE: explanation(
        Side.OPERATOR,
        vi="Dấu thời gian lớn hơn chỗ đã dành cho nó trong tệp.",
        en="The time stamp is larger than the room kept for it in the file.",
        next_vi="Ký lại hoặc nâng mức sau: chỗ đủ lớn được nhớ từ lần này.",
        next_en="Sign again, or extend later: the room needed is known from now on.",
    ),
    ErrorCode.EVIDENCE_UNAVAILABLE: explanation(
        Side.OPERATOR,
        vi="Không có dữ liệu thu hồi để đưa vào tệp đã ký.",
        en="There is no revocation data to put into the signed file.",
        next_vi="Chỉ ra chứng thư gốc, danh sách thu hồi hoặc máy chủ OCSP.",
        next_en="Name roots and revocation lists, or an OCSP host, then retry.",
    ),
    ErrorCode.EVIDENCE_TOO_OLD: explanation(
        Side.OPERATOR,
        vi="Dữ liệu thu hồi có trước thời điểm ký nên chưa chứng minh được gì.",
        en="The revocation data is older than the signature: it proves nothing.",
        next_vi="Chờ danh sách thu hồi kế tiếp, hoặc hỏi OCSP, rồi nâng mức lại.",
        next_en="Wait for the next revocation list, or ask over OCSP; then extend.",
    ),
    ErrorCode.FILE_CHANGED: explanation(
        Side.FILE,
        vi="Tệp đã bị thay đổi từ khi được đọc hoặc ghi nhận; tệp được giữ nguyên.",
        en="The file was changed since it was read or queued; it was left as it is.",
        next_vi="Xem ai đã đổi tệp, rồi đưa tệp vào hàng đợi lại.",
        next_en="See who changed it, then add the file again.",
    ),
}
