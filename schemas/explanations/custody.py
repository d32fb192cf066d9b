"""Findings on CAs as a whole: their labels, where their keys are, ceremonies."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.CA_LABEL_INVALID: explanation(
        Side.OPERATOR,
        vi="Tên nêu trên không chỉ một CA nào.",
        en="What is named is no CA.",
        next_vi="Ghi như trong tên tệp, ví dụ issuing-persons hoặc issuing-persons-2.",
        next_en="Write it as files are called: issuing-persons or issuing-persons-2.",
    ),
    ErrorCode.KEY_CUSTODY_INVALID: explanation(
        Side.OPERATOR,
        vi="Tệp key.toml của CA thiếu hoặc có mục sai.",
        en="The key.toml of a CA lacks an entry, or has a wrong one.",
        next_vi="Sửa mục nêu trên theo docs/operations.md; khóa không bị thay đổi.",
        next_en="Correct the entry named (docs/operations.md); the key is untouched.",
    ),
    ErrorCode.OPERATOR_SECRETS_WRONG: explanation(
        Side.OPERATOR,
        vi="Khóa CA do nhiều người cùng giữ; thiếu mật khẩu của họ, hoặc có cái sai.",
        en=(
            "Several operators open the key of the CA together; a passphrase is "
            "missing or wrong."
        ),
        next_vi=(
            "Cần mật khẩu của mọi người giữ khóa đã dự lễ tạo khóa, mỗi người một tệp: "
            "--ca-operator-passphrase-file."
        ),
        next_en=(
            "Every operator of the ceremony brings a passphrase in a file: "
            "--ca-operator-passphrase-file, once per operator."
        ),
    ),
    ErrorCode.OPERATORS_NOT_DISTINCT: explanation(
        Side.OPERATOR,
        vi="Những người giữ khóa phải khác nhau và mật khẩu phải đủ dài, khác nhau.",
        en="Operators must differ, and so must their passphrases, which must be long.",
        next_vi="Mỗi người tự chọn một mật khẩu riêng từ 12 ký tự trở lên.",
        next_en="Let each choose an own passphrase of 12 characters or more.",
    ),
    ErrorCode.CEREMONY_SCRIPT_INVALID: explanation(
        Side.OPERATOR,
        vi="Kịch bản lễ tạo khóa có mục sai hoặc thiếu; chưa có gì được tạo.",
        en="The script of the ceremony lacks an entry or has a wrong one.",
        next_vi="Sửa mục nêu trên theo docs/operations.md rồi làm lại từ đầu.",
        next_en="Correct the entry named (docs/operations.md); nothing was made.",
    ),
    ErrorCode.CEREMONY_STOPPED: explanation(
        Side.OPERATOR,
        vi="Lễ tạo khóa dừng lại theo yêu cầu; không có gì được giữ lại.",
        en="The ceremony was stopped as asked; nothing was kept.",
        next_vi="Làm lại từ đầu khi mọi người đã sẵn sàng.",
        next_en="Begin again when everybody is ready.",
    ),
    ErrorCode.LIST_LINT_REFUSED: explanation(
        Side.OPERATOR,
        vi="Danh sách thu hồi dự kiến vi phạm quy tắc nêu trên nên không được ký.",
        en="The revocation list breaks the rules named and was not signed.",
        next_vi="Báo cho người phát triển; danh sách cũ vẫn còn hiệu lực tới hạn.",
        next_en="Tell the developers; the last list counts until it runs out.",
    ),
    ErrorCode.TRANSCRIPT_INVALID: explanation(
        Side.FILE,
        vi="Biên bản lễ tạo khóa bị hỏng hoặc không khớp với CA đã ký.",
        en="The transcript of a ceremony is damaged or not of the CA that signed it.",
        next_vi="Lấy lại bản gốc của biên bản từ nơi lưu giữ.",
        next_en="Fetch the original transcript from where it is kept.",
    ),
}
