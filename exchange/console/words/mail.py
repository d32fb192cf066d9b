"""Words of the mail pages, and of states, steps and statuses everywhere."""

from exchange.console.words import compose, timeline
from schemas.errors import Text
from schemas.vocabulary import DeliveryState, EvidenceLevel, StatusCode, Step, Urgency

WORDS: dict[str, Text] = {
    "mail.inbox": Text(vi="Văn bản đến", en="Inbox"),
    "mail.outbox": Text(vi="Văn bản đi", en="Sent"),
    "mail.closed": Text(vi="Hộp thư:", en="Mail of:"),
    "mail.document": Text(vi="Văn bản", en="Document"),
    "mail.bundle": Text(vi="Tải hồ sơ chứng cứ", en="Save the evidence"),
    "mail.number": Text(vi="Số, ký hiệu", en="Number"),
    "mail.subject": Text(vi="Trích yếu", en="Subject"),
    "mail.from": Text(vi="Nơi gửi", en="From"),
    "mail.to": Text(vi="Nơi nhận", en="To"),
    "mail.meant_for": Text(
        vi="Gửi cho (nay đã có cơ quan kế thừa)", en="Meant for (now succeeded)"
    ),
    "mail.at": Text(vi="Thời điểm", en="Time"),
    "mail.state": Text(vi="Tình trạng", en="State"),
    "mail.status": Text(vi="Xử lý", en="Processing"),
    "mail.urgency": Text(vi="Độ khẩn", en="Urgency"),
    "mail.due": Text(vi="Hạn xử lý", en="Due"),
    "mail.kind": Text(vi="Loại văn bản", en="Kind"),
    "mail.signer": Text(vi="Người ký", en="Signer"),
    "mail.one_stop": Text(vi="Hồ sơ một cửa", en="One-stop dossier"),
    "mail.tasks": Text(vi="Nhiệm vụ được giao", en="Steering tasks"),
    "mail.paper": Text(vi="Bản giấy", en="Paper copy"),
    "mail.paper.true": Text(vi="Có gửi kèm bản giấy", en="Follows on paper"),
    "mail.paper.false": Text(vi="Chỉ bản điện tử", en="Electronic only"),
    "mail.attachment_number": Text(vi="Tệp {number}", en="Attachment {number}"),
    "mail.attachments": Text(vi="Tệp kèm theo", en="Attachments"),
    "mail.size": Text(vi="Dung lượng", en="Size"),
    "mail.evidence": Text(vi="Căn cứ gửi", en="Evidence"),
    "mail.timeline": Text(vi="Quá trình", en="Timeline"),
    "mail.receipt": Text(vi="biên nhận", en="receipt"),
    "mail.recipients": Text(vi="Tình trạng theo nơi nhận", en="State by recipient"),
    "mail.document_id": Text(vi="Mã văn bản", en="Document id"),
    "mail.envelope_id": Text(vi="Mã gói tin", en="Envelope id"),
    "mail.kind_status": Text(vi="Báo trạng thái", en="Status report"),
    "mail.accepted": Text(vi="Trục tiếp nhận", en="Accepted by the hub"),
    "mail.count": Text(vi="{number} nơi", en="{number}"),
    "mail.judging": Text(vi="Đang kiểm tra chữ ký…", en="Judging the signatures…"),
    "mail.full_report": Text(vi="Xem báo cáo đầy đủ", en="Full report"),
    "mail.page_of": Text(vi="Trang {number}/{pages}", en="Page {number} of {pages}"),
    "mail.pages": Text(vi="Các trang", en="Pages"),
    "mail.first_page": Text(vi="trang đầu", en="first page"),
    "mail.save": Text(vi="Tải tệp về", en="Save the file"),
    "mail.first_shown": Text(
        vi="Bảng dưới đây có {number} nơi, nơi chưa nhận trước.",
        en="The table has {number} of them, those that wait first.",
    ),
    "mail.find": Text(
        vi="Tìm theo số, ký hiệu, trích yếu", en="Number, notation, subject"
    ),
    "mail.find_hint": Text(
        vi="Gõ không dấu cũng được; mỗi từ là phần đầu của một từ trong văn bản.",
        en="Marks need not be typed; each word begins a word of the document.",
    ),
    "mail.find_more": Text(
        vi="Cơ quan, thời gian, độ khẩn, tình trạng",
        en="Agency, time, urgency, state",
    ),
    "mail.find_none": Text(vi="Bỏ tìm kiếm, xem tất cả", en="Show everything"),
    "mail.find_on": Text(
        vi="Đã xem {number} văn bản gần nhất. Tìm tiếp trong văn bản cũ hơn →",
        en="The newest {number} were looked at. Go on among older ones →",
    ),
    "mail.found_nothing": Text(
        vi="Không thấy văn bản nào như vậy.", en="No such document was found."
    ),
    "mail.any": Text(vi="bất kỳ", en="any"),
    "mail.urgency_least": Text(vi="Độ khẩn từ", en="At least as urgent as"),
    "mail.actions": Text(vi="Việc có thể làm", en="What you can do"),
    "mail.take": Text(vi="Xác nhận đã nhận", en="Take this document"),
    "mail.take_hint": Text(
        vi="Trục ghi biên nhận thay cơ quan; nơi gửi thấy văn bản đã đến.",
        en="The hub attests it for the agency; the sender sees that it arrived.",
    ),
    "mail.report": Text(vi="Báo trạng thái xử lý", en="Report the processing"),
    "mail.next_status": Text(vi="Trạng thái", en="Status"),
    "mail.register_number": Text(
        vi="Số đến (khi vào sổ)", en="Number in the register (when registered)"
    ),
    "mail.reason": Text(vi="Nội dung, lý do", en="Words, reason"),
    "mail.recall": Text(vi="Lấy lại văn bản", en="Recall it"),
    "mail.recall_hint": Text(
        vi="Nơi chưa mở văn bản mất quyền đọc ngay; nơi đã mở được hỏi ý kiến.",
        en="Recipients who have not opened it lose it at once; those who have are "
        "asked.",
    ),
    "mail.recall_from": Text(vi="Lấy lại từ", en="From whom"),
    "mail.everybody": Text(vi="Tất cả nơi nhận", en="All recipients"),
    "mail.answer": Text(
        vi="Nơi gửi đề nghị; cơ quan trả lời", en="The sender asks; your answer"
    ),
    "mail.agree": Text(vi="Đồng ý (15)", en="Agree (15)"),
    "mail.decline": Text(vi="Từ chối (16)", en="Decline (16)"),
    "mail.reply": Text(vi="Soạn văn bản trả lời", en="Write an answer"),
    f"evidence.{EvidenceLevel.SIGNED}": Text(
        vi="gói tin có chữ ký số", en="signed by the sender's system"
    ),
    f"evidence.{EvidenceLevel.CHANNEL}": Text(
        vi="chỉ theo kênh đã xác thực, không có chữ ký gói tin",
        en="by the authenticated channel alone",
    ),
    f"urgency.{int(Urgency.NORMAL)}": Text(vi="Thường", en="Normal"),
    f"urgency.{int(Urgency.URGENT)}": Text(vi="Khẩn", en="Urgent"),
    f"urgency.{int(Urgency.VERY_URGENT)}": Text(vi="Thượng khẩn", en="Very urgent"),
    f"urgency.{int(Urgency.FLASH)}": Text(vi="Hỏa tốc", en="Flash"),
    f"urgency.{int(Urgency.FLASH_AT_HOUR)}": Text(
        vi="Hỏa tốc hẹn giờ", en="Flash, at the hour"
    ),
    f"state.{DeliveryState.ACCEPTED}": Text(vi="đã tiếp nhận", en="accepted"),
    f"state.{DeliveryState.CHECKING}": Text(vi="đang kiểm tra", en="being checked"),
    f"state.{DeliveryState.AVAILABLE}": Text(vi="chờ nhận", en="waiting to be taken"),
    f"state.{DeliveryState.LEASED}": Text(vi="đang lấy về", en="being taken"),
    f"state.{DeliveryState.ACKNOWLEDGED}": Text(vi="đã nhận", en="taken"),
    f"state.{DeliveryState.FAILED}": Text(vi="nhận lỗi, sẽ thử lại", en="failed"),
    f"state.{DeliveryState.DEAD_LETTER}": Text(
        vi="không giao được", en="could not be delivered"
    ),
    f"state.{DeliveryState.QUARANTINED}": Text(vi="bị cách ly", en="quarantined"),
    f"state.{DeliveryState.HELD}": Text(vi="tạm giữ", en="held"),
    f"state.{DeliveryState.REDIRECTED}": Text(
        vi="đã chuyển nơi kế thừa", en="redirected to the successor"
    ),
    f"state.{DeliveryState.RECALLED}": Text(vi="đã thu hồi", en="recalled"),
    f"state.{DeliveryState.EXPIRED}": Text(vi="hết hạn", en="expired"),
    f"status.{StatusCode.ARRIVED}": Text(vi="Đã đến", en="Arrived"),
    f"status.{StatusCode.REFUSED}": Text(vi="Từ chối tiếp nhận", en="Refused"),
    f"status.{StatusCode.REGISTERED}": Text(vi="Đã tiếp nhận", en="Registered"),
    f"status.{StatusCode.ASSIGNED}": Text(vi="Đã phân công", en="Assigned"),
    f"status.{StatusCode.IN_PROCESS}": Text(vi="Đang xử lý", en="In process"),
    f"status.{StatusCode.FINISHED}": Text(vi="Hoàn thành", en="Finished"),
    f"status.{StatusCode.RECALL_REQUESTED}": Text(vi="Lấy lại", en="Recall requested"),
    f"status.{StatusCode.AGREED}": Text(vi="Đồng ý", en="Agreed"),
    f"status.{StatusCode.DECLINED}": Text(vi="Từ chối", en="Declined"),
    f"step.{Step.DELIVERED}": Text(vi="Chuyển đến nơi nhận", en="Delivered"),
    f"step.{Step.QUARANTINED}": Text(vi="Cách ly", en="Quarantined"),
    f"step.{Step.HELD}": Text(vi="Tạm giữ", en="Held"),
    f"step.{Step.RELEASED}": Text(vi="Thôi tạm giữ", en="Released"),
    f"step.{Step.PURGED}": Text(vi="Đã xóa nội dung", en="Body purged"),
    f"step.{Step.OFFERED_AGAIN}": Text(vi="Chuyển lại", en="Offered again"),
    f"step.{Step.DEAD_LETTERED}": Text(
        vi="Không giao được", en="Could not be delivered"
    ),
    f"step.{Step.REDIRECTED}": Text(
        vi="Chuyển nơi kế thừa", en="Redirected to the successor"
    ),
    f"step.{Step.TAKEN}": Text(vi="Nơi nhận đã lấy về", en="Taken"),
    f"step.{Step.FAILED}": Text(vi="Nơi nhận báo lỗi", en="Failed"),
    f"step.{Step.PROCESSING}": Text(vi="Nơi nhận đang lấy", en="Being taken"),
    f"step.{Step.ARRIVED}": Text(vi="Đã đến (01)", en="Arrived (01)"),
    f"step.{Step.REFUSED}": Text(vi="Từ chối tiếp nhận (02)", en="Refused (02)"),
    f"step.{Step.REGISTERED}": Text(vi="Đã tiếp nhận (03)", en="Registered (03)"),
    f"step.{Step.ASSIGNED}": Text(vi="Phân công (04)", en="Assigned (04)"),
    f"step.{Step.IN_PROCESS}": Text(vi="Đang xử lý (05)", en="In process (05)"),
    f"step.{Step.FINISHED}": Text(vi="Hoàn thành (06)", en="Finished (06)"),
    f"step.{Step.RECALL_REQUESTED}": Text(
        vi="Lấy lại (13)", en="Recall requested (13)"
    ),
    f"step.{Step.AGREED}": Text(vi="Đồng ý (15)", en="Agreed (15)"),
    f"step.{Step.DECLINED}": Text(vi="Từ chối (16)", en="Declined (16)"),
    f"step.{Step.RECALLED}": Text(vi="Đã thu hồi", en="Recalled"),
    **compose.WORDS,
    **timeline.WORDS,
}
