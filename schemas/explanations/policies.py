"""Validation policies, and facts that are judged again."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.SIGNATURE_LEVEL_TOO_LOW: explanation(
        Side.SIGNER,
        vi="Chữ ký chưa đạt mức mà chính sách kiểm tra yêu cầu đối với chứng thư gốc "
        "này.",
        en="The signature is below the level that the validation policy demands under "
        "this root.",
        next_vi="Bổ sung dấu thời gian và dữ liệu thu hồi (lienthong extend), rồi kiểm "
        "tra lại.",
        next_en="Add a time stamp and revocation data (lienthong extend), then verify "
        "again.",
    ),
    ErrorCode.POLICY_INVALID: explanation(
        Side.OPERATOR,
        vi="Tệp chính sách kiểm tra chữ ký có mục không biết, mâu thuẫn hoặc chấp nhận "
        "thuật toán yếu.",
        en="The validation policy has an unknown key, contradicts itself or accepts a "
        "weak algorithm.",
        next_vi="Sửa mục được nêu tên trong tệp chính sách; các mục có trong "
        "docs/policies.md.",
        next_en="Correct the key that is named in the policy file; docs/policies.md "
        "has all keys.",
    ),
    ErrorCode.FACTS_INVALID: explanation(
        Side.FILE,
        vi="Tệp dữ kiện không đúng dạng do lienthong verify --facts ghi ra.",
        en="The facts are not of the form that lienthong verify --facts writes.",
        next_vi="Dùng đúng tệp dữ kiện đã lưu, hoặc kiểm tra lại chính tệp đã ký.",
        next_en="Use the facts as they were kept, or verify the signed file itself.",
    ),
    ErrorCode.JUDGED_FROM_FACTS: explanation(
        Side.FILE,
        vi="Kết quả dựa trên dữ kiện đã lưu từ lần kiểm tra trước, không đọc lại tệp "
        "đã ký.",
        en="This was judged by facts kept from an earlier reading; the signed file was "
        "not read.",
        next_vi="Chỉ tin kết quả này nếu tệp dữ kiện do chính mình lưu; đối chiếu "
        "SHA-256 với tệp đã ký.",
        next_en="Rely on it only if you kept the facts yourself; compare the SHA-256 "
        "with the signed file.",
    ),
}
