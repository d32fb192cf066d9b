"""Findings on what a CA registered, and on its journal."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.KEY_REUSED: explanation(
        Side.SENDER,
        vi="Khóa công khai này đã được chứng thực cho mục đích hoặc chủ thể khác.",
        en="This public key was certified before, for another purpose or subject.",
        next_vi="Tạo cặp khóa mới rồi gửi yêu cầu mới.",
        next_en="Make a new key pair and send a new request.",
    ),
    ErrorCode.ALREADY_SUSPENDED: explanation(
        Side.OPERATOR,
        vi="Chứng thư này đang bị tạm dừng từ trước.",
        en="This certificate is suspended already.",
        next_vi="Thu hồi hẳn (pki revoke) hoặc phục hồi (pki release) nếu cần.",
        next_en="Revoke it for good (pki revoke) or release it (pki release).",
    ),
    ErrorCode.NOT_SUSPENDED: explanation(
        Side.OPERATOR,
        vi="Chứng thư này không bị tạm dừng nên không có gì để phục hồi.",
        en="This certificate is not suspended, so it cannot be released.",
        next_vi="Kiểm tra số hiệu. Đã thu hồi hẳn thì không bao giờ phục hồi được.",
        next_en="Check the serial number. A final revocation is never undone.",
    ),
    ErrorCode.INVALIDITY_DATE_REFUSED: explanation(
        Side.OPERATOR,
        vi="Ngày mất tin cậy nằm trong tương lai hoặc ghi sai dạng.",
        en="The invalidity date lies in the future, or is malformed.",
        next_vi="Ghi thời điểm đã qua, ví dụ 2026-11-20T08:00:00Z.",
        next_en="Give a time that is past, for instance 2026-11-20T08:00:00Z.",
    ),
    ErrorCode.JOURNAL_BROKEN: explanation(
        Side.OPERATOR,
        vi="Nhật ký của CA bị đổi, thiếu mục hoặc sai thứ tự tại mục nêu trên.",
        en="The CA's journal was changed, cut or reordered at the entry named.",
        next_vi=(
            "Ngừng cấp chứng thư; giữ nguyên thư mục làm chứng cứ rồi khôi phục bản"
            " sao lưu, so với các mã băm đã công bố (docs/operations.md)."
        ),
        next_en=(
            "Stop issuing; keep the folder as evidence, then restore a backup and"
            " compare it with the published digests (docs/operations.md)."
        ),
    ),
    ErrorCode.REGISTRY_DIFFERS: explanation(
        Side.OPERATOR,
        vi="Sổ đăng ký của CA không khớp với nhật ký tại chỗ nêu trên.",
        en="The CA's registry and its journal differ at the place named.",
        next_vi="Ngừng cấp chứng thư và đối chiếu với bản sao lưu; nhật ký là chuẩn.",
        next_en="Stop issuing and compare with a backup; the journal is what counts.",
    ),
    ErrorCode.PUBLISHED_DIFFERS: explanation(
        Side.OPERATOR,
        vi="Tệp đã công bố của CA không khớp với sổ đăng ký.",
        en="A published file of the CA does not agree with its registry.",
        next_vi=(
            "Chạy lienthong pki crl để công bố lại. Nếu vẫn báo lỗi thì sổ đăng ký"
            " có thể là bản sao lưu cũ: xem docs/operations.md."
        ),
        next_en=(
            "Publish anew with lienthong pki crl. If it stays, the registry may be an"
            " older backup: see docs/operations.md."
        ),
    ),
}
