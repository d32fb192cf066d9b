"""Refusals of people, of tokens, and of those who take too much."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.SIGN_IN_REFUSED: explanation(
        Side.SENDER,
        vi=(
            "Không đăng nhập được: sai tên, mật khẩu hoặc mã xác thực, hoặc tài "
            "khoản đang bị khóa."
        ),
        en=(
            "Not signed in: a wrong name, password or code, or an account that "
            "is locked."
        ),
        next_vi=(
            "Nhập lại; sau nhiều lần sai, tài khoản bị tạm khóa. Nếu quên, đề nghị "
            "đơn vị vận hành đặt lại."
        ),
        next_en=(
            "Try again; after several wrong tries the account is locked for a "
            "while. If you forgot it, ask the operator for a reset."
        ),
    ),
    ErrorCode.SESSION_MISSING: explanation(
        Side.SENDER,
        vi="Chưa đăng nhập, hoặc phiên làm việc đã hết hạn.",
        en="Not signed in, or the session has ended.",
        next_vi="Đăng nhập lại.",
        next_en="Sign in again.",
    ),
    ErrorCode.CSRF_TOKEN_WRONG: explanation(
        Side.SENDER,
        vi="Yêu cầu không mang mã bảo vệ của phiên làm việc.",
        en="The request does not carry the protection token of its session.",
        next_vi=(
            "Tải lại trang rồi làm lại; nếu bạn không tự làm việc này, báo đơn "
            "vị vận hành."
        ),
        next_en=(
            "Load the page again and repeat; if this was not you, tell the operator."
        ),
    ),
    ErrorCode.ROLE_NOT_CHOSEN: explanation(
        Side.SENDER,
        vi="Chưa chọn vai trò, hoặc vai trò đã hết hiệu lực.",
        en="No role is chosen, or the role has ended.",
        next_vi="Chọn một trong các vai trò của bạn.",
        next_en="Choose one of your roles.",
    ),
    ErrorCode.PASSWORD_CHANGE_REQUIRED: explanation(
        Side.SENDER,
        vi="Mật khẩu do người khác đặt; phải đổi trước khi làm việc.",
        en="Somebody else set the password; it must be changed first.",
        next_vi="Đổi mật khẩu rồi đăng nhập lại.",
        next_en="Change the password, then sign in again.",
    ),
    ErrorCode.PASSWORD_WEAK: explanation(
        Side.SENDER,
        vi=(
            "Mật khẩu quá ngắn, quá dài, quá đơn giản, chứa tên tài khoản hoặc "
            "trùng mật khẩu cũ."
        ),
        en=(
            "The password is too short, too long, too simple, holds the "
            "account's name or is the old one."
        ),
        next_vi="Chọn mật khẩu 12 đến 128 ký tự, ví dụ vài từ không liên quan.",
        next_en=(
            "Choose one of 12 to 128 characters, for instance a few unrelated words."
        ),
    ),
    ErrorCode.SECOND_FACTOR_UNREADABLE: explanation(
        Side.OPERATOR,
        vi="Không mở được khóa xác thực hai yếu tố của tài khoản.",
        en="The secret of the account's second factor cannot be opened.",
        next_vi=(
            "Kiểm tra accounts.totp_key_file; nếu khóa đã mất, xóa và đăng ký "
            "lại xác thực hai yếu tố."
        ),
        next_en=(
            "Check accounts.totp_key_file; if the key is lost, remove the second "
            "factor and enrol it again."
        ),
    ),
    ErrorCode.IDENTITY_PROVIDER_UNAVAILABLE: explanation(
        Side.OPERATOR,
        vi="Nhà cung cấp định danh không trả lời, hoặc trả lời không dùng được.",
        en="The identity provider does not answer, or its answer is of no use.",
        next_vi=(
            "Đăng nhập bằng mật khẩu hoặc chứng thư; đơn vị vận hành kiểm tra "
            "nhà cung cấp và mục [oidc] của cấu hình."
        ),
        next_en=(
            "Sign in by password or certificate; the operator checks the provider "
            "and [oidc] in the configuration."
        ),
    ),
    ErrorCode.IDENTITY_REFUSED: explanation(
        Side.SENDER,
        vi=(
            "Câu trả lời của nhà cung cấp định danh không thuộc lần đăng nhập này, "
            "đã hết hạn hoặc không đáng tin."
        ),
        en=(
            "The identity provider's answer is not of this sign-in, has ended or "
            "cannot be believed."
        ),
        next_vi="Bắt đầu đăng nhập lại từ trang đăng nhập.",
        next_en="Begin again on the page to sign in.",
    ),
    ErrorCode.ACCOUNT_NOT_FOUND: explanation(
        Side.OPERATOR,
        vi="Không có tài khoản này.",
        en="There is no such account.",
        next_vi="Kiểm tra tên bằng lienthong accounts list.",
        next_en="Check the name with lienthong accounts list.",
    ),
    ErrorCode.ACCOUNT_TAKEN: explanation(
        Side.OPERATOR,
        vi="Đã có tài khoản mang tên này.",
        en="There is an account of this name already.",
        next_vi="Chọn tên khác, hoặc sửa tài khoản đang có.",
        next_en="Choose another name, or change the account that is there.",
    ),
    ErrorCode.TOKEN_REFUSED: explanation(
        Side.SENDER,
        vi=(
            "Mã truy cập không dùng được: hết hạn, sai nơi dùng hoặc không thuộc "
            "chứng thư của kết nối."
        ),
        en=(
            "The token cannot be used: it has ended, is for another place, or is "
            "not of the connection's certificate."
        ),
        next_vi="Xin mã mới bằng POST /v1/tokens với chứng thư của hệ thống.",
        next_en="Get a new one by POST /v1/tokens with the system's certificate.",
    ),
    ErrorCode.RATE_EXCEEDED: explanation(
        Side.SENDER,
        vi=(
            "Hệ thống hoặc cơ quan của bạn gửi quá nhiều yêu cầu hoặc quá nhiều "
            "dữ liệu."
        ),
        en="Your system or agency makes too many requests, or sends too much.",
        next_vi="Chờ hết số giây ghi ở Retry-After rồi gửi lại với cùng mã gói tin.",
        next_en=(
            "Wait for the seconds that Retry-After names, then repeat with the "
            "same message id."
        ),
    ),
    ErrorCode.QUOTA_EXCEEDED: explanation(
        Side.SENDER,
        vi="Dữ liệu lưu trên trục của cơ quan này đã đạt giới hạn.",
        en="What the exchange keeps for this agency has reached its limit.",
        next_vi=(
            "Đề nghị đơn vị vận hành nâng giới hạn hoặc xóa nội dung đã hết hạn lưu."
        ),
        next_en=(
            "Ask the operator to raise the limit, or to purge what need not be kept."
        ),
    ),
    ErrorCode.MAINTENANCE: explanation(
        Side.HUB,
        vi="Trục đang bảo trì, tạm thời không nhận văn bản; vẫn đọc được.",
        en=("The exchange is under maintenance and takes nothing in; reading goes on."),
        next_vi="Gửi lại sau số giây ghi ở Retry-After với cùng mã gói tin.",
        next_en=(
            "Repeat after the seconds that Retry-After names, with the same message id."
        ),
    ),
    ErrorCode.PAYLOAD_PURGED: explanation(
        Side.HUB,
        vi="Nội dung đã được xóa khi hết hạn lưu; biên nhận và nhật ký vẫn còn.",
        en=(
            "The document was purged when its retention ended; receipts and log remain."
        ),
        next_vi=(
            "Dùng biên nhận và đường đi của văn bản; xin nội dung từ bên gửi "
            "hoặc bên nhận."
        ),
        next_en=(
            "Use the receipts and the trace; ask the sender or a recipient for "
            "the document."
        ),
    ),
}
