"""Words of the audit page; an event without words is shown by its name."""

from schemas.errors import Text
from schemas.vocabulary import AuditEvent

WORDS: dict[str, Text] = {
    "audit.title": Text(vi="Nhật ký giám sát", en="Audit trail"),
    "audit.event": Text(vi="Sự kiện", en="Event"),
    "audit.every_event": Text(vi="mọi sự kiện", en="every event"),
    "audit.actor": Text(vi="Người hoặc hệ thống thực hiện", en="Done by"),
    "audit.subject": Text(vi="Đối tượng", en="Subject"),
    "audit.outcome": Text(vi="Kết quả", en="Outcome"),
    "audit.facts": Text(vi="Chi tiết", en="Facts"),
    "audit.since": Text(vi="Từ ngày", en="From the day"),
    "audit.until": Text(vi="Đến hết ngày", en="To the day"),
    "audit.filter": Text(vi="Lọc", en="Filter"),
    "audit.done": Text(vi="đã thực hiện", en="done"),
    f"event.{AuditEvent.ENVELOPE_ACCEPTED}": Text(
        vi="Tiếp nhận gói tin", en="Envelope accepted"
    ),
    f"event.{AuditEvent.ENVELOPE_REPEATED}": Text(
        vi="Gói tin gửi lại", en="Envelope sent again"
    ),
    f"event.{AuditEvent.ENVELOPE_REFUSED}": Text(
        vi="Từ chối gói tin", en="Envelope refused"
    ),
    f"event.{AuditEvent.ENVELOPE_DELIVERED}": Text(
        vi="Chuyển đến nơi nhận", en="Envelope delivered"
    ),
    f"event.{AuditEvent.ENVELOPE_QUARANTINED}": Text(vi="Cách ly", en="Quarantined"),
    f"event.{AuditEvent.ENVELOPE_HELD}": Text(vi="Tạm giữ", en="Held"),
    f"event.{AuditEvent.ENVELOPE_READ}": Text(vi="Đọc văn bản", en="Document read"),
    f"event.{AuditEvent.DELIVERY_RELEASED}": Text(
        vi="Cho chuyển tiếp", en="Let through"
    ),
    f"event.{AuditEvent.DELIVERY_OFFERED_AGAIN}": Text(
        vi="Chuyển lại", en="Offered again"
    ),
    f"event.{AuditEvent.DELIVERY_DEAD_LETTERED}": Text(
        vi="Không giao được", en="Could not be delivered"
    ),
    f"event.{AuditEvent.DELIVERY_OVERDUE}": Text(vi="Quá hạn", en="Overdue"),
    f"event.{AuditEvent.DELIVERY_ESCALATED}": Text(
        vi="Báo lên cấp trên", en="Told to the agency above"
    ),
    f"event.{AuditEvent.REGISTER_NUMBER_TOLD}": Text(
        vi="Báo số đến", en="Register number told"
    ),
    f"event.{AuditEvent.WEBHOOK_REGISTERED}": Text(
        vi="Đăng ký webhook", en="Webhook registered"
    ),
    f"event.{AuditEvent.WEBHOOK_FORGOTTEN}": Text(
        vi="Bỏ webhook", en="Webhook forgotten"
    ),
    f"event.{AuditEvent.NOTICE_SENT_ANEW}": Text(
        vi="Gửi lại thông báo", en="Notice sent anew"
    ),
    f"event.{AuditEvent.STEP_RECORDED}": Text(vi="Ghi nhận bước", en="Step recorded"),
    f"event.{AuditEvent.STATUS_RECORDED}": Text(
        vi="Ghi nhận trạng thái", en="Status recorded"
    ),
    f"event.{AuditEvent.ARRIVAL_ATTESTED}": Text(
        vi="Xác nhận đã đến", en="Arrival attested"
    ),
    f"event.{AuditEvent.RECALL_REQUESTED}": Text(
        vi="Yêu cầu thu hồi", en="Recall requested"
    ),
    f"event.{AuditEvent.RECALL_DONE}": Text(vi="Đã thu hồi", en="Recalled"),
    f"event.{AuditEvent.RECIPIENT_ADDED}": Text(
        vi="Thêm nơi nhận", en="Recipient added"
    ),
    f"event.{AuditEvent.ACCESS_REFUSED}": Text(
        vi="Từ chối truy cập", en="Access refused"
    ),
    f"event.{AuditEvent.EVIDENCE_READ}": Text(vi="Đọc chứng cứ", en="Evidence read"),
    f"event.{AuditEvent.DIRECTORY_IMPORTED}": Text(
        vi="Nhập danh bạ cơ quan", en="Directory imported"
    ),
    f"event.{AuditEvent.DIRECTORY_CHANGED}": Text(
        vi="Thay đổi cơ quan", en="Agencies changed"
    ),
    f"event.{AuditEvent.SYSTEM_REGISTERED}": Text(
        vi="Đăng ký hệ thống", en="System registered"
    ),
    f"event.{AuditEvent.SYSTEM_TAKEN_AWAY}": Text(
        vi="Bỏ đăng ký hệ thống", en="System taken away"
    ),
    f"event.{AuditEvent.LIST_SAVED}": Text(vi="Lưu danh sách", en="List saved"),
    f"event.{AuditEvent.LIST_REMOVED}": Text(vi="Xóa danh sách", en="List removed"),
    f"event.{AuditEvent.DELEGATION_FILED}": Text(
        vi="Nộp ủy quyền", en="Delegation filed"
    ),
    f"event.{AuditEvent.LOG_AUDITED}": Text(vi="Đối chiếu nhật ký", en="Log audited"),
    f"event.{AuditEvent.DELEGATION_REVOKED}": Text(
        vi="Thu hồi ủy quyền", en="Delegation revoked"
    ),
    f"event.{AuditEvent.ENCRYPTION_CERTIFICATE_PUBLISHED}": Text(
        vi="Công bố chứng thư mã hóa", en="Encryption certificate published"
    ),
    f"event.{AuditEvent.ENCRYPTION_CERTIFICATE_REVOKED}": Text(
        vi="Thu hồi chứng thư mã hóa", en="Encryption certificate revoked"
    ),
    f"event.{AuditEvent.ENCRYPTION_CERTIFICATE_REFUSED}": Text(
        vi="Từ chối chứng thư mã hóa", en="Encryption certificate refused"
    ),
    f"event.{AuditEvent.DELEGATION_REFUSED}": Text(
        vi="Từ chối ủy quyền", en="Delegation refused"
    ),
    f"event.{AuditEvent.SIGNING_ASKED}": Text(
        vi="Yêu cầu ký", en="Signature asked for"
    ),
    f"event.{AuditEvent.SIGNING_PREPARED}": Text(
        vi="Chuẩn bị ký", en="Signature prepared"
    ),
    f"event.{AuditEvent.SIGNING_READ}": Text(
        vi="Đọc tệp chờ ký", en="Prepared file read"
    ),
    f"event.{AuditEvent.SIGNING_COMPLETING}": Text(
        vi="Đang hoàn tất ký", en="Signature being completed"
    ),
    f"event.{AuditEvent.SIGNING_DONE}": Text(vi="Ký xong", en="Signed"),
    f"event.{AuditEvent.SIGNING_EXPIRED}": Text(vi="Hết hạn ký", en="Signing expired"),
    f"event.{AuditEvent.SIGNING_REFUSED}": Text(vi="Từ chối ký", en="Signing refused"),
    f"event.{AuditEvent.ACCOUNT_CHANGED}": Text(
        vi="Thay đổi tài khoản", en="Account changed"
    ),
    f"event.{AuditEvent.SIGNED_IN}": Text(vi="Đăng nhập", en="Signed in"),
    f"event.{AuditEvent.SIGN_IN_REFUSED}": Text(
        vi="Đăng nhập bị từ chối", en="Sign-in refused"
    ),
    f"event.{AuditEvent.SIGNED_OUT}": Text(vi="Đăng xuất", en="Signed out"),
    f"event.{AuditEvent.TOKEN_ISSUED}": Text(vi="Cấp mã truy cập", en="Token issued"),
    f"event.{AuditEvent.MAINTENANCE_CHANGED}": Text(
        vi="Bảo trì", en="Maintenance changed"
    ),
    f"event.{AuditEvent.STATISTICS_RECOUNTED}": Text(
        vi="Cộng lại thống kê", en="Statistics added up anew"
    ),
    f"event.{AuditEvent.CERTIFICATE_APPROVED}": Text(
        vi="Duyệt chứng thư", en="Certificate approved"
    ),
    f"event.{AuditEvent.CERTIFICATE_REFUSED}": Text(
        vi="Từ chối chứng thư", en="Certificate refused"
    ),
    f"event.{AuditEvent.PAYLOAD_PURGED}": Text(vi="Xóa nội dung", en="Body purged"),
}
