"""Refusals of callers and requests."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.CLIENT_CERTIFICATE_MISSING: explanation(
        Side.SENDER,
        vi="Kết nối không xuất trình chứng thư số của hệ thống.",
        en="The connection presented no system certificate.",
        next_vi=(
            "Cấu hình phần mềm kết nối dùng chứng thư số đã được cấp cho hệ thống "
            "của bạn."
        ),
        next_en=(
            "Set up the connecting software with the certificate issued for your "
            "system."
        ),
    ),
    ErrorCode.CLIENT_CERTIFICATE_UNKNOWN: explanation(
        Side.SENDER,
        vi="Chứng thư số này chưa được đăng ký cho hệ thống nào.",
        en="This certificate is not registered for any system.",
        next_vi=(
            "Gửi chứng thư số cho đơn vị vận hành để đăng ký, hoặc dùng đúng "
            "chứng thư đã đăng ký."
        ),
        next_en=(
            "Give the certificate to the operator for registration, or use the "
            "registered one."
        ),
    ),
    ErrorCode.CLIENT_CERTIFICATE_REFUSED: explanation(
        Side.SENDER,
        vi=(
            "Chứng thư số của hệ thống không dùng được: hết hạn, bị thu hồi hoặc "
            "không đúng loại."
        ),
        en=(
            "The system's certificate cannot be used: it is expired, revoked or "
            "of the wrong kind."
        ),
        next_vi="Xin cấp lại chứng thư số từ đơn vị vận hành rồi kết nối lại.",
        next_en="Ask the operator for a new certificate, then connect again.",
    ),
    ErrorCode.AGENCY_NOT_ACTED_FOR: explanation(
        Side.RECIPIENT,
        vi="Hệ thống của bạn chưa được đăng ký làm việc thay cho cơ quan này.",
        en="Your system is not registered to act for this agency.",
        next_vi="Kiểm tra mã cơ quan; nếu đúng, đề nghị đơn vị vận hành đăng ký.",
        next_en=(
            "Check the agency code; if it is right, ask the operator to register it."
        ),
    ),
    ErrorCode.ROLE_NOT_ALLOWED: explanation(
        Side.SENDER,
        vi="Vai trò của bạn không được làm việc này.",
        en="Your role may not do this.",
        next_vi=(
            "Dùng vai trò khác nếu bạn có, hoặc đề nghị đơn vị vận hành cấp quyền."
        ),
        next_en=(
            "Use another role if you have one, or ask the operator for the right."
        ),
    ),
    ErrorCode.CLIENT_CERTIFICATE_HEADER_REFUSED: explanation(
        Side.OPERATOR,
        vi=(
            "Tiêu đề Client-Cert không đến từ máy chủ trung gian đã khai báo hoặc "
            "sai dạng."
        ),
        en=(
            "The Client-Cert header does not come from a proxy that is configured, or "
            "is not one certificate as a byte sequence (RFC 9440)."
        ),
        next_vi=(
            "Bỏ tiêu đề này; nếu là máy chủ trung gian, khai báo `server.proxy_socket` "
            "hoặc `server.proxy_addresses`."
        ),
        next_en=(
            "Leave the header out; if you run the proxy, configure "
            "`server.proxy_socket` or `server.proxy_addresses`."
        ),
    ),
    ErrorCode.PAYLOAD_NOT_ALLOWED: explanation(
        Side.RECIPIENT,
        vi=(
            "Bạn được xem trạng thái và các bước của văn bản này, không được xem "
            "nội dung."
        ),
        en="You may see states and steps of this document, not the document itself.",
        next_vi="Xin nội dung từ cơ quan gửi hoặc cơ quan nhận.",
        next_en="Ask the sending or a receiving agency for the document.",
    ),
    ErrorCode.REQUEST_INVALID: explanation(
        Side.SENDER,
        vi="Yêu cầu thiếu tham số hoặc tham số không hợp lệ.",
        en="The request lacks a parameter or has an invalid one.",
        next_vi="Sửa tham số nêu trên theo tài liệu kết nối.",
        next_en="Correct the parameter named, following the interface documentation.",
    ),
    ErrorCode.NOT_FOUND: explanation(
        Side.SENDER,
        vi="Không có địa chỉ này trên hệ thống.",
        en="There is nothing at this address.",
        next_vi="Kiểm tra lại đường dẫn theo tài liệu kết nối.",
        next_en="Check the path against the interface documentation.",
    ),
    ErrorCode.METHOD_NOT_ALLOWED: explanation(
        Side.SENDER,
        vi="Địa chỉ này không nhận kiểu yêu cầu vừa gửi.",
        en="This address does not take this kind of request.",
        next_vi="Dùng phương thức nêu ở tiêu đề Allow.",
        next_en="Use a method that the Allow header names.",
    ),
    ErrorCode.REQUEST_TIMEOUT: explanation(
        Side.SENDER,
        vi="Gửi quá lâu nên kết nối bị dừng; hệ thống chưa nhận gói tin.",
        en="Sending took too long and was stopped; nothing was accepted.",
        next_vi="Kiểm tra đường truyền rồi gửi lại với cùng mã gói tin.",
        next_en="Check the network, then send again with the same message id.",
    ),
    ErrorCode.TOO_MANY_REQUESTS: explanation(
        Side.SENDER,
        vi="Địa chỉ này đã gửi quá nhiều yêu cầu, mã sai hoặc mật khẩu sai.",
        en="Too many requests, wrong codes or wrong passwords came from this address.",
        next_vi="Chờ vài phút (hoặc hết số giây ghi ở Retry-After) rồi thử lại.",
        next_en="Wait some minutes, or the seconds of Retry-After, then try again.",
    ),
    ErrorCode.OVERLOADED: explanation(
        Side.HUB,
        vi="Hệ thống đang quá tải, chưa nhận được gói tin.",
        en="The service is overloaded and did not accept the request.",
        next_vi="Chờ ít phút rồi gửi lại với cùng mã gói tin; không cần đổi nội dung.",
        next_en=(
            "Wait a few minutes and send again with the same message id and content."
        ),
    ),
    ErrorCode.SERVICE_UNAVAILABLE: explanation(
        Side.HUB,
        vi="Hệ thống tạm thời chưa phục vụ được.",
        en="The service is unavailable for the moment.",
        next_vi=(
            "Thử lại sau ít phút với cùng mã gói tin; nếu kéo dài, báo đơn vị vận hành."
        ),
        next_en=(
            "Try again in a few minutes with the same message id; if it lasts, "
            "tell the operator."
        ),
    ),
    ErrorCode.INTERNAL: explanation(
        Side.HUB,
        vi="Hệ thống gặp lỗi ngoài dự kiến; lỗi không do phía bạn.",
        en="The service met an unexpected error; it is not your fault.",
        next_vi=(
            "Thử lại sau; nếu vẫn lỗi, báo đơn vị vận hành kèm mã sự cố và thời điểm."
        ),
        next_en=(
            "Try again later; if it persists, give the operator the incident id "
            "and the time."
        ),
    ),
}
