"""Words of the operators' pages."""

from schemas.errors import Text

WORDS: dict[str, Text] = {
    "operations.deliveries": Text(vi="Chuyển giao", en="Deliveries"),
    "operations.delivery": Text(vi="Chuyển giao của gói tin", en="Deliveries of"),
    "operations.list.stuck": Text(vi="kẹt", en="stuck"),
    "operations.list.untaken": Text(vi="quá 24 giờ chưa nhận", en="untaken for a day"),
    "operations.failures": Text(vi="Số lần lỗi", en="Failures"),
    "operations.next_try": Text(vi="Chuyển lại lúc", en="Offered again at"),
    "operations.leased_until": Text(vi="Đang lấy về, đến", en="Being taken until"),
    "operations.reason": Text(
        vi="Lý do (ghi vào biên nhận và nhật ký)",
        en="Reason (kept in the receipt and the audit trail)",
    ),
    "operations.release": Text(vi="Cho chuyển tiếp", en="Let through"),
    "operations.quarantine": Text(vi="Cách ly", en="Quarantine"),
    "operations.resend": Text(vi="Chuyển lại ngay", en="Offer again now"),
    "operations.steps": Text(vi="Mọi lần chuyển và lỗi", en="All attempts and steps"),
    "operations.attested_by": Text(vi="xác nhận bởi", en="attested by"),
    "operations.no_content": Text(
        vi="Vai trò này không xem trích yếu, nội dung và tệp của văn bản.",
        en="This role sees neither subject nor content nor files of the document.",
    ),
}
