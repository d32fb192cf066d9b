"""Words of registers and statistics."""

from schemas.errors import Text

WORDS: dict[str, Text] = {
    "register.title": Text(vi="Sổ đăng ký văn bản", en="Registers"),
    "register.incoming": Text(vi="Văn bản đến", en="What arrived"),
    "register.outgoing": Text(vi="Văn bản đi", en="What was sent"),
    "register.from": Text(vi="Từ ngày", en="From"),
    "register.to": Text(vi="Đến ngày", en="To"),
    "register.period": Text(
        vi="Từ ngày {first} đến ngày {last}", en="From {first} to {last}"
    ),
    "register.show": Text(vi="Xem", en="Show"),
    "register.file": Text(vi="Tải CSV", en="Download CSV"),
    "register.pdf": Text(vi="Tải PDF để in", en="Download PDF"),
    "register.cut": Text(
        vi="Chỉ hiện {number} dòng đầu; tệp CSV có đủ.",
        en="Only the first {number} lines are shown; the CSV file has all.",
    ),
    "statistics.title": Text(vi="Thống kê", en="Statistics"),
    "statistics.month": Text(vi="Tháng", en="Month"),
    "statistics.by_level": Text(vi="Gộp theo cấp", en="One row for each level"),
    "statistics.next": Text(vi="Các dòng tiếp theo →", en="The rows that follow →"),
    "statistics.sent": Text(vi="Gửi", en="Sent"),
    "statistics.sent_signed_share": Text(vi="Gửi có chữ ký số", en="Sent signed"),
    "statistics.received": Text(vi="Nhận", en="Received"),
    "statistics.received_signed_share": Text(
        vi="Nhận có chữ ký số", en="Received signed"
    ),
    "statistics.registered_on_time_share": Text(
        vi="Vào sổ đúng hạn", en="Registered on time"
    ),
    "statistics.answered_on_time_share": Text(
        vi="Trả lời đúng hạn", en="Answered on time"
    ),
}
