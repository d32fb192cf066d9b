"""Words of the operators' pages."""

from exchange.console.words import approvals, audit, registers
from exchange.usecases.check_parts import Part
from schemas.errors import Text
from schemas.vocabulary import Level

WORDS: dict[str, Text] = {
    **approvals.WORDS,
    **audit.WORDS,
    **registers.WORDS,
    "operations.title": Text(vi="Vận hành", en="Operations"),
    "operations.waiting": Text(
        vi="Đang chờ, theo thời gian từ khi trục tiếp nhận",
        en="What waits, by time since acceptance",
    ),
    "operations.within_hour": Text(vi="dưới 1 giờ", en="under 1 hour"),
    "operations.within_day": Text(vi="1–24 giờ", en="1 to 24 hours"),
    "operations.over_day": Text(vi="trên 24 giờ", en="over 24 hours"),
    "operations.oldest": Text(vi="Cũ nhất, từ", en="Oldest since"),
    "operations.show_stuck": Text(vi="Văn bản bị kẹt", en="What is stuck"),
    "operations.show_untaken": Text(
        vi="Quá 24 giờ chưa nhận", en="Untaken for more than a day"
    ),
    "operations.traffic": Text(vi="Lưu lượng 48 giờ qua", en="Traffic of 48 hours"),
    "operations.documents_per_hour": Text(
        vi="Văn bản mỗi giờ, theo cấp của nơi gửi",
        en="Documents per hour, by level of the sender",
    ),
    "operations.bytes_per_hour": Text(
        vi="Dung lượng tăng mỗi giờ", en="Growth of what is stored, per hour"
    ),
    "operations.as_table": Text(vi="Xem dạng bảng", en="As a table"),
    "operations.health": Text(vi="Tình trạng hệ thống", en="Health"),
    "operations.concern_unsure": Text(vi="cần xem", en="needs attention"),
    "operations.concern_bad": Text(vi="hỏng", en="does not work"),
    "operations.all_well": Text(vi="mọi phần đều tốt", en="all is well"),
    "operations.stamps": Text(vi="Dấu thời gian", en="Time stamps"),
    "operations.there": Text(vi="đã thiết lập", en="set up"),
    "operations.not_there": Text(vi="chưa thiết lập", en="not set up"),
    "operations.room": Text(vi="Cơ sở dữ liệu trên đĩa", en="Database on disk"),
    "operations.log_size": Text(vi="Số mục nhật ký", en="Entries of the log"),
    "operations.log_root": Text(vi="Gốc cây nhật ký", en="Root hash of the log"),
    "operations.last_audit": Text(
        vi="Lần đối chiếu nhật ký gần nhất", en="Last audit of the log"
    ),
    "operations.audit_none": Text(
        vi="chưa lần nào (lienthong log audit --whole)",
        en="none yet (lienthong log audit --whole)",
    ),
    "operations.audit_good": Text(vi="khớp, {size} mục", en="whole, {size} entries"),
    "operations.free": Text(vi="Đĩa còn trống", en="Left on the disk"),
    "operations.per_day": Text(
        vi="Văn bản trong 24 giờ qua", en="Documents of the last 24 hours"
    ),
    "operations.day_before": Text(vi="24 giờ trước đó: {size}", en="before: {size}"),
    "operations.days_left": Text(
        vi="đủ chỗ khoảng {number} ngày", en="room for about {number} days"
    ),
    "operations.check": Text(vi="Hỏi thử TSA, OCSP ngay", en="Ask TSA and OCSP now"),
    "operations.checked": Text(vi="Kết quả hỏi thử", en="What they answered"),
    "operations.check_none": Text(
        vi="Trục không dùng TSA hay OCSP nào.", en="The hub uses neither TSA nor OCSP."
    ),
    f"operations.part.{Part.TIME_STAMPS}": Text(vi="Dấu thời gian", en="Time stamps"),
    f"operations.part.{Part.REVOCATION}": Text(vi="Thu hồi chứng thư", en="Revocation"),
    "operations.apart": Text(
        vi="đồng hồ lệch {seconds} giây", en="clocks {seconds} s apart"
    ),
    "operations.answers": Text(
        vi="{ocsps} câu trả lời OCSP, {crls} danh sách",
        en="{ocsps} OCSP answers, {crls} lists",
    ),
    "operations.answered": Text(vi="có trả lời", en="answers"),
    "operations.this_update": Text(vi="Phát hành", en="Issued"),
    "operations.lists": Text(
        vi="Danh sách chứng thư bị thu hồi", en="Revocation lists"
    ),
    "operations.issuer": Text(vi="Nơi cấp", en="Issuer"),
    "operations.next_update": Text(vi="Hiệu lực đến", en="Valid until"),
    "operations.list_good": Text(vi="còn hiệu lực", en="current"),
    "operations.list_unsure": Text(vi="sắp hết", en="ends soon"),
    "operations.list_bad": Text(vi="đã hết", en="has ended"),
    "operations.expiring": Text(
        vi="Chứng thư sắp hết hạn (60 ngày)", en="Certificates that end in 60 days"
    ),
    "operations.ends": Text(vi="Hết hạn", en="Ends"),
    "operations.agency": Text(vi="Cơ quan", en="Agency"),
    "operations.serial": Text(vi="Số hiệu", en="Serial number"),
    "operations.maintenance": Text(vi="Bảo trì", en="Maintenance"),
    "operations.maintenance_on": Text(
        vi="Đang bảo trì: không nhận văn bản mới", en="Maintenance: nothing is taken in"
    ),
    "operations.maintenance_hint": Text(
        vi="Khi bảo trì, trục không nhận văn bản mới; việc đọc vẫn tiếp tục.",
        en="During maintenance nothing is taken in; reading goes on.",
    ),
    "operations.maintenance_reason": Text(
        vi="Lý do (mọi bên gửi sẽ thấy)", en="Reason (all senders see it)"
    ),
    "operations.maintenance_begin": Text(vi="Bắt đầu bảo trì", en="Begin maintenance"),
    "operations.maintenance_end": Text(vi="Kết thúc bảo trì", en="End maintenance"),
    f"level.{Level.CENTRAL}": Text(vi="Trung ương", en="Central"),
    f"level.{Level.PROVINCE}": Text(vi="Tỉnh", en="Province"),
    f"level.{Level.DISTRICT}": Text(vi="Huyện", en="District"),
    f"level.{Level.COMMUNE}": Text(vi="Xã", en="Commune"),
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
