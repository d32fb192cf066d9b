"""What is not certain of the working days that deadlines are counted in."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

_NEXT_VI = "Ghi năm này theo thông báo nghỉ lễ vào tệp calendar.file của trục."
_NEXT_EN = "Write this year, as it was announced, to the hub's own calendar.file."

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.CALENDAR_YEAR_UNKNOWN: explanation(
        Side.OPERATOR,
        vi="Chưa có lịch nghỉ lễ của năm này: chỉ thứ Bảy, Chủ nhật được tính là nghỉ.",
        en="The days off of this year are not known: only weekends count as off.",
        next_vi=_NEXT_VI,
        next_en=_NEXT_EN,
    ),
    ErrorCode.CALENDAR_YEAR_COMPUTED: explanation(
        Side.OPERATOR,
        vi="Lịch nghỉ lễ của năm này do phần mềm tính, chưa theo thông báo chính thức.",
        en="The days off of this year are computed, not announced; swaps are missing.",
        next_vi=_NEXT_VI,
        next_en=_NEXT_EN,
    ),
    ErrorCode.CALENDAR_DAY_UNDECIDED: explanation(
        Side.OPERATOR,
        vi="Chưa rõ ngày này có được nghỉ hay không; đang tính là ngày làm việc.",
        en="Whether this day is off is not settled; it counts as worked.",
        next_vi=_NEXT_VI,
        next_en=_NEXT_EN,
    ),
}
