"""Findings on evidence and the log."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.BUNDLE_STRUCTURE_INVALID: explanation(
        Side.FILE,
        vi="Hồ sơ chứng cứ không đúng cấu trúc.",
        en="The evidence bundle does not have the prescribed structure.",
        next_vi="Tải lại hồ sơ chứng cứ từ hệ thống và không giải nén, đóng gói lại.",
        next_en="Fetch the bundle from the service again and do not repack it.",
    ),
    ErrorCode.BUNDLE_MEMBER_MISMATCH: explanation(
        Side.FILE,
        vi="Một thành phần trong hồ sơ chứng cứ đã bị thay đổi.",
        en="A member of the evidence bundle was changed.",
        next_vi="Không dùng gói này; tải lại từ hệ thống.",
        next_en="Do not rely on this bundle; fetch it from the service again.",
    ),
    ErrorCode.BUNDLE_INCOMPLETE: explanation(
        Side.FILE,
        vi="Hồ sơ chứng cứ thiếu thành phần cần thiết.",
        en="The evidence bundle lacks a member it needs.",
        next_vi=(
            "Tải lại gói; nếu văn bản vừa gửi, chờ ít phút để nhật ký được cập nhật."
        ),
        next_en=(
            "Fetch it again; for a recent document wait a few minutes until the "
            "log has caught up."
        ),
    ),
    ErrorCode.SENT_BY_CHANNEL: explanation(
        Side.SENDER,
        vi="Hệ thống nơi gửi không ký gói tin; trục chứng thực đã nhận qua kênh đã "
        "xác thực.",
        en="The sender's system did not sign the message; the hub attests that it "
        "came over an authenticated channel.",
        next_vi="Xem chữ ký trong các tệp: chúng chứng minh văn bản là của ai. Cần "
        "chữ ký của nơi gửi trên gói tin thì gửi bằng hệ thống có khóa.",
        next_en="Look at the signatures in its files: they prove whose document it is. "
        "Where the message itself must be signed, send it by a system with a key.",
    ),
    ErrorCode.LOG_PROOF_INVALID: explanation(
        Side.HUB,
        vi="Không chứng minh được sự kiện này có trong nhật ký của hệ thống.",
        en="It is not proved that this event is in the service's log.",
        next_vi="Giữ lại hồ sơ chứng cứ và báo ngay cho bộ phận an toàn thông tin.",
        next_en="Keep the bundle and tell the security team at once.",
    ),
    ErrorCode.TIMES_CONTRADICTED: explanation(
        Side.HUB,
        vi="Thời điểm ghi ở phần này mâu thuẫn với thời điểm ở phần khác: biên nhận, "
        "mục nhật ký và chữ ký không thể cùng đúng.",
        en="The time this part states contradicts another: receipt, log entry and "
        "signature cannot all be right.",
        next_vi="Không dựa vào các thời điểm này; giữ hồ sơ và báo bộ phận an toàn "
        "thông tin.",
        next_en="Rely on none of these times; keep the bundle and tell the security "
        "team.",
    ),
    ErrorCode.LOG_FORKED: explanation(
        Side.HUB,
        vi="Nhật ký trục đưa ra hôm nay không nối tiếp nhật ký đã thấy trước đây: mục "
        "đã bị sửa, bị bỏ, hoặc có hai nhật ký.",
        en="The log the hub shows now does not lead on from the one seen before: "
        "entries were changed or dropped, or there are two logs.",
        next_vi="Giữ cả hai đầu nhật ký (tệp đã lưu và tệp mới cạnh nó) và báo ngay bộ "
        "phận an toàn thông tin; khóa nhật ký của trục đã ký cả hai. Hỏi đơn vị vận "
        "hành trục có khôi phục từ bản sao lưu không.",
        next_en="Keep both heads (the kept file and the new one beside it) and tell "
        "the security team at once: the key of the log signed both. Ask the operator "
        "whether a backup was restored.",
    ),
}
