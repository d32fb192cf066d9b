"""Findings on keys in tokens: smart cards and HSMs."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.KEY_MODULE_MISSING: explanation(
        Side.OPERATOR,
        vi="Không nạp được thư viện PKCS#11 của thiết bị lưu khóa.",
        en="The PKCS #11 library of the token cannot be loaded.",
        next_vi=(
            "Cài phần mềm của hãng thiết bị và ghi đường dẫn đầy đủ của thư viện "
            "vào module-path."
        ),
        next_en=(
            "Install the software of the token's maker and put the full path of "
            "its library into module-path."
        ),
    ),
    ErrorCode.KEY_DEVICE_UNAVAILABLE: explanation(
        Side.OPERATOR,
        vi=(
            "Không tìm thấy thiết bị lưu khóa, thiết bị trùng tên với thiết bị khác "
            "hoặc không trả lời."
        ),
        en="The token is absent, shares its name with another, or does not answer.",
        next_vi=(
            "Cắm lại thiết bị hoặc kiểm tra kết nối tới HSM, rồi thử lại; dịch vụ "
            "tự mở lại phiên làm việc."
        ),
        next_en=(
            "Plug the token in again or check the connection to the HSM, then try "
            "again; the session is opened anew by itself."
        ),
    ),
    ErrorCode.KEY_PIN_WRONG: explanation(
        Side.OPERATOR,
        vi="Thiết bị lưu khóa không nhận mã PIN; mã này không được thử lại.",
        en="The token refused the PIN; it is not tried again.",
        next_vi="Sửa tệp chứa mã PIN rồi khởi động lại; sai nhiều sẽ khóa thiết bị.",
        next_en="Correct the file with the PIN, then restart; wrong tries lock it.",
    ),
    ErrorCode.KEY_PIN_LAST_TRY: explanation(
        Side.OPERATOR,
        vi="Thiết bị chỉ còn một lần thử mã PIN, nên dịch vụ không dùng lần này.",
        en="The token has one try of the PIN left; the service does not spend it.",
        next_vi="Tự đăng nhập một lần bằng công cụ của hãng thiết bị với mã PIN đúng.",
        next_en="Log in once by hand, with the maker's tool and the right PIN.",
    ),
    ErrorCode.KEY_PIN_LOCKED: explanation(
        Side.OPERATOR,
        vi="Mã PIN của thiết bị lưu khóa đã bị khóa, hết hạn hoặc chưa được đặt.",
        en="The token's PIN is locked, expired or not set.",
        next_vi="Mở khóa thiết bị bằng SO PIN, đặt mã PIN mới rồi thử lại.",
        next_en="Unlock the token with its SO PIN, set a new PIN, then try again.",
    ),
    ErrorCode.KEY_NOT_FOUND: explanation(
        Side.OPERATOR,
        vi="Thiết bị không có đúng một khóa mang tên hoặc số này.",
        en="The token does not hold exactly one key of this name or id.",
        next_vi="Liệt kê khóa trong thiết bị, sửa object hoặc id trong địa chỉ pkcs11.",
        next_en="List the keys of the token and correct object or id in the address.",
    ),
}
