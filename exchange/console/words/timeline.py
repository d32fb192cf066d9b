"""Words of the timeline: its picture and the deadlines in it."""

from exchange.domain.deadlines import ClockName, ClockState
from schemas.errors import Text

WORDS: dict[str, Text] = {
    "timeline.picture": Text(
        vi="Sơ đồ quá trình: mỗi hàng một nơi, thời gian từ trái sang phải",
        en="The timeline as a picture: a row for each agency, time to the right",
    ),
    "timeline.now": Text(vi="bây giờ", en="now"),
    "timeline.hub": Text(vi="Trục liên thông", en="The hub"),
    "timeline.steps": Text(vi="Các bước", en="Steps"),
    "timeline.deadlines": Text(vi="Hạn theo quy định", en="What the law asks for"),
    "timeline.until": Text(vi="trước {at}", en="by {at}"),
    f"timeline.due.{ClockName.SEND}": Text(vi="Gửi", en="Send"),
    f"timeline.due.{ClockName.CONFIRM}": Text(
        vi="Báo đã nhận", en="Confirm the arrival"
    ),
    f"timeline.due.{ClockName.REGISTER}": Text(
        vi="Vào sổ, trình", en="Register and submit"
    ),
    f"timeline.due.{ClockName.ANSWER}": Text(vi="Giải quyết, trả lời", en="Answer"),
    f"timeline.state.{ClockState.ON_TIME}": Text(vi="đúng hạn", en="in time"),
    f"timeline.state.{ClockState.DUE_SOON}": Text(vi="sắp hết hạn", en="due soon"),
    f"timeline.state.{ClockState.OVERDUE}": Text(vi="quá hạn", en="overdue"),
    f"timeline.state.{ClockState.MET_LATE}": Text(vi="làm muộn", en="done late"),
}
