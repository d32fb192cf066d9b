"""The closed sets of the exchange in the words people use."""

from collections.abc import Mapping
from datetime import datetime

from exchange.commands.output import Output
from schemas.errors import Text
from schemas.timestamps import VIETNAM
from schemas.vocabulary import (
    STATUS_STEPS,
    DeliveryState,
    EnvelopeKind,
    Level,
    LinkKind,
    Step,
)

STATES: dict[str, Text] = {
    DeliveryState.ACCEPTED: Text("trục đã nhận", "accepted"),
    DeliveryState.CHECKING: Text("đang kiểm tra", "being checked"),
    DeliveryState.AVAILABLE: Text("chờ nơi nhận lấy", "waiting to be taken"),
    DeliveryState.LEASED: Text("đang được lấy", "being taken"),
    DeliveryState.ACKNOWLEDGED: Text("đã lấy", "taken"),
    DeliveryState.FAILED: Text("nơi nhận báo lỗi", "failed at the recipient"),
    DeliveryState.DEAD_LETTER: Text("không giao được", "undeliverable"),
    DeliveryState.QUARANTINED: Text("bị cách ly", "quarantined"),
    DeliveryState.HELD: Text("tạm giữ", "held"),
    DeliveryState.REDIRECTED: Text("chuyển nơi khác", "redirected"),
    DeliveryState.RECALLED: Text("đã thu hồi", "recalled"),
    DeliveryState.EXPIRED: Text("hết hạn", "expired"),
}

STEPS: dict[str, Text] = {
    Step.DELIVERED: Text("trục đã kiểm tra và giao", "checked and delivered"),
    Step.QUARANTINED: Text("trục cách ly", "quarantined"),
    Step.HELD: Text("trục tạm giữ", "held"),
    Step.REDIRECTED: Text("chuyển tới cơ quan kế thừa", "to the successor"),
    Step.RELEASED: Text("thôi tạm giữ", "released"),
    Step.PURGED: Text("đã xóa nội dung", "body purged"),
    Step.OFFERED_AGAIN: Text("giao lại", "offered again"),
    Step.DEAD_LETTERED: Text("không giao được", "given up"),
    Step.TAKEN: Text("nơi nhận đã lấy", "taken by the recipient"),
    Step.FAILED: Text("nơi nhận báo lỗi", "failed at the recipient"),
    Step.PROCESSING: Text("nơi nhận đang lấy", "being taken"),
    Step.ARRIVED: Text("đã đến", "arrived"),
    Step.REFUSED: Text("từ chối tiếp nhận", "refused"),
    Step.REGISTERED: Text("đã tiếp nhận", "registered"),
    Step.ASSIGNED: Text("đã phân công xử lý", "assigned"),
    Step.IN_PROCESS: Text("đang xử lý", "in process"),
    Step.FINISHED: Text("đã hoàn thành", "finished"),
    Step.RECALL_REQUESTED: Text("lấy lại", "recall requested"),
    Step.AGREED: Text("đồng ý", "agreed"),
    Step.DECLINED: Text("từ chối", "declined"),
    Step.RECALLED: Text("đã thu hồi", "recalled"),
}

STATUSES: dict[str, Text] = {code: STEPS[step] for code, step in STATUS_STEPS.items()}

EARLIER_TIES: dict[str, Text] = {
    LinkKind.RECALLS: Text("thu hồi", "recalls"),
    LinkKind.UPDATES: Text("cập nhật", "updates"),
    LinkKind.REPLACES: Text("thay thế", "replaces"),
    LinkKind.ANSWERS: Text("trả lời", "answers"),
    LinkKind.DUPLICATES: Text("trùng với", "duplicates"),
}
LATER_TIES: dict[str, Text] = {
    LinkKind.RECALLS: Text("bị thu hồi bởi", "recalled by"),
    LinkKind.UPDATES: Text("được cập nhật bởi", "updated by"),
    LinkKind.REPLACES: Text("được thay thế bởi", "replaced by"),
    LinkKind.ANSWERS: Text("được trả lời bởi", "answered by"),
    LinkKind.DUPLICATES: Text("gửi trùng lần nữa", "sent again as"),
}

KINDS: dict[str, Text] = {
    EnvelopeKind.DOCUMENT: Text("văn bản", "document"),
    EnvelopeKind.STATUS: Text("trạng thái", "status"),
}

LEVELS: dict[str, Text] = {
    Level.CENTRAL: Text("trung ương", "central"),
    Level.PROVINCE: Text("tỉnh", "province"),
    Level.DISTRICT: Text("huyện", "district"),
    Level.COMMUNE: Text("xã", "commune"),
}


def word(words: Mapping[str, Text], value: str, output: Output) -> str:
    """Return the word for `value`; a newer hub's value stands as it is."""
    found = words.get(value)
    return output.pick(found) if found else value


def local_time(at: datetime) -> str:
    """Return a time as clocks in Vietnam show it."""
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"
