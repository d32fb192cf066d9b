"""Findings on webhooks and the notices they carry."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.WEBHOOK_TARGET_REFUSED: explanation(
        Side.RECIPIENT,
        vi="Trục không được gọi tới địa chỉ webhook này.",
        en="The exchange may not call this webhook address.",
        next_vi=(
            "Dùng https với tên máy công khai, cổng được phép, không kèm tên người "
            "dùng; máy trong mạng riêng phải được đơn vị vận hành ghi vào danh sách."
        ),
        next_en=(
            "Use https with a public host, an allowed port and no user name; a host in "
            "a private network has to be listed by the operator."
        ),
    ),
    ErrorCode.WEBHOOK_NOT_FOUND: explanation(
        Side.RECIPIENT,
        vi="Không có webhook mang mã này, hoặc webhook không phải của cơ quan bạn.",
        en="There is no webhook with this id, or it is not your agency's.",
        next_vi="Xem danh sách webhook của cơ quan rồi dùng đúng mã.",
        next_en="List your agency's webhooks and use an id from there.",
    ),
    ErrorCode.WEBHOOKS_TOO_MANY: explanation(
        Side.RECIPIENT,
        vi="Cơ quan đã đăng ký đủ số webhook được phép.",
        en="The agency has as many webhooks as it may have.",
        next_vi="Xóa webhook không còn dùng rồi đăng ký lại.",
        next_en="Delete one that is no longer used, then register again.",
    ),
    ErrorCode.NOTICE_NOT_FOUND: explanation(
        Side.RECIPIENT,
        vi="Không có thông báo nào như vậy đang chờ gửi lại.",
        en="There is no such notice that could be sent again.",
        next_vi="Xem danh sách thông báo không gửi được của webhook.",
        next_en="List the dead letters of the webhook.",
    ),
    ErrorCode.NOTICE_SIGNATURE_INVALID: explanation(
        Side.HUB,
        vi="Thông báo webhook không mang chữ ký đúng của trục.",
        en="The webhook notice does not bear a valid signature of the exchange.",
        next_vi=(
            "Bỏ qua thông báo, không trả lời 2xx; kiểm tra chứng thư của trục đang "
            "tin và đồng hồ máy nhận."
        ),
        next_en=(
            "Ignore it and do not answer 2xx; check which certificate of the exchange "
            "you believe, and the receiver's clock."
        ),
    ),
}
