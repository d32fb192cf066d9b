"""Refusals about agencies, lists of recipients and delegations."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.AGENCY_CHANGE_REFUSED: explanation(
        Side.OPERATOR,
        vi="Không thể thay đổi cơ quan như vậy; danh bạ giữ nguyên.",
        en="Agencies cannot be changed so; the directory stays as it is.",
        next_vi=(
            "Xem chỗ nêu trên: cơ quan phải đang hoạt động vào ngày hiệu lực, ngày "
            "phải sau thay đổi trước đó, cơ quan có đơn vị trực thuộc phải có nơi kế "
            "thừa, cấp trên phải đang hoạt động và không nằm bên dưới."
        ),
        next_en=(
            "Look at the place named: an agency must be open at the date, the date "
            "must follow its last change, one with agencies below it needs a "
            "successor, and a parent must be open and not below."
        ),
    ),
    ErrorCode.AGENCY_CODE_USED: explanation(
        Side.OPERATOR,
        vi="Mã này đã từng được dùng; mã đã đóng không bao giờ được cấp lại.",
        en="This code was used before; a closed code is never given again.",
        next_vi="Chọn một mã chưa từng có trong danh bạ.",
        next_en="Choose a code that was never in the directory.",
    ),
    ErrorCode.SYSTEM_UNKNOWN: explanation(
        Side.OPERATOR,
        vi="Không có hệ thống nào đăng ký dưới tên này.",
        en="No system is registered under this name.",
        next_vi="Xem các hệ thống đã đăng ký: lienthong agencies systems.",
        next_en="See which systems are registered: lienthong agencies systems.",
    ),
    ErrorCode.RECIPIENT_COUNT_EXCEEDED: explanation(
        Side.SENDER,
        vi="Văn bản có quá nhiều nơi nhận sau khi mở các nhóm.",
        en="The document has too many recipients once its groups are expanded.",
        next_vi="Chia nơi nhận thành nhiều lần gửi.",
        next_en="Send it in several parts.",
    ),
    ErrorCode.RECIPIENT_LIST_INVALID: explanation(
        Side.SENDER,
        vi="Danh sách nơi nhận không hợp lệ nên không được lưu.",
        en="The list of recipients is not valid; it was not saved.",
        next_vi=(
            "Kiểm tra tên danh sách và từng mã: mã phải có trong danh bạ, không "
            "trùng, và không là một danh sách khác."
        ),
        next_en=(
            "Check its name and each code: in the directory, named once, and not "
            "another list."
        ),
    ),
    ErrorCode.RECIPIENT_LIST_NOT_FOUND: explanation(
        Side.SENDER,
        vi="Cơ quan không có danh sách nơi nhận mang tên này.",
        en="The agency has no list of recipients of this name.",
        next_vi="Xem các danh sách đang có bằng `lienthong lists list`.",
        next_en="See which lists there are: `lienthong lists list`.",
    ),
    ErrorCode.DELEGATION_INVALID: explanation(
        Side.SIGNER,
        vi="Giấy ủy quyền số không hợp lệ nên không có hiệu lực.",
        en="The delegation is not valid and has no effect.",
        next_vi=(
            "Lập lại: phải được đóng dấu số của chính cơ quan ủy quyền, cho cơ quan "
            "khác, có loại văn bản, và không quá một năm."
        ),
        next_en=(
            "Make it anew: sealed by the delegating agency itself, for another "
            "agency, with kinds of documents, and for at most a year."
        ),
    ),
    ErrorCode.DELEGATION_NOT_FOUND: explanation(
        Side.SENDER,
        vi="Không có giấy ủy quyền này của cơ quan bạn.",
        en="Your agency has no such delegation.",
        next_vi="Xem các ủy quyền đang có bằng `lienthong delegations list`.",
        next_en="See which there are: `lienthong delegations list`.",
    ),
    ErrorCode.DELEGATION_NOT_IN_TIME: explanation(
        Side.SIGNER,
        vi="Ủy quyền chưa có hoặc đã hết hiệu lực khi trục nhận văn bản.",
        en="The delegation was not yet filed, or over, when the hub took the document.",
        next_vi="Xin cơ quan ủy quyền ký lại, hoặc đưa ủy quyền có hiệu lực lúc đó.",
        next_en="Have the delegator sign it, or show a delegation that counted then.",
    ),
    ErrorCode.DELEGATION_OUT_OF_SCOPE: explanation(
        Side.SIGNER,
        vi="Ủy quyền không gồm loại văn bản này.",
        en="The delegation is not for this kind of document.",
        next_vi="Xin cơ quan ủy quyền ký, hoặc ủy quyền thêm loại văn bản này.",
        next_en="Have the delegator sign it, or delegate this kind of document too.",
    ),
    ErrorCode.DELEGATION_REVOKED: explanation(
        Side.SIGNER,
        vi="Ủy quyền đã bị chấm dứt trước khi trục nhận văn bản.",
        en="The delegation was revoked before the hub took the document.",
        next_vi="Xin cơ quan ủy quyền ký lại văn bản.",
        next_en="Have the delegator sign the document.",
    ),
}
