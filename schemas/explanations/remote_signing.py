"""Findings on signatures whose key is elsewhere than the document."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

_STOP_VI = "Không ký; báo đơn vị vận hành trục, kèm tệp nhận được."
_STOP_EN = "Do not sign; tell the operator of the hub, with the file received."

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.REMOTE_DOCUMENT_CHANGED: explanation(
        Side.HUB,
        vi="Tệp trục chuẩn bị không phải là văn bản của bạn cộng một chữ ký.",
        en="The file the hub prepared is not your document with a signature added.",
        next_vi=_STOP_VI,
        next_en=_STOP_EN,
    ),
    ErrorCode.REMOTE_DIGEST_WRONG: explanation(
        Side.HUB,
        vi="Trục yêu cầu ký giá trị băm của một văn bản khác.",
        en="The hub asks for a signature over the digest of another document.",
        next_vi=_STOP_VI,
        next_en=_STOP_EN,
    ),
    ErrorCode.REMOTE_CERTIFICATE_WRONG: explanation(
        Side.HUB,
        vi="Trục yêu cầu ký dưới tên một chứng thư số khác.",
        en="The hub asks for a signature that names another certificate.",
        next_vi=_STOP_VI,
        next_en=_STOP_EN,
    ),
    ErrorCode.REMOTE_ATTRIBUTES_WRONG: explanation(
        Side.HUB,
        vi="Trục yêu cầu ký nhiều hơn, hoặc khác, điều một chữ ký PAdES cần.",
        en="The hub asks to sign more, or other, than a PAdES signature needs.",
        next_vi=_STOP_VI,
        next_en=_STOP_EN,
    ),
    ErrorCode.SIGNING_NOT_FOUND: explanation(
        Side.SIGNER,
        vi="Không có phiên ký này, hoặc nó không thuộc hệ thống của bạn.",
        en="There is no such signing, or it is not your system's.",
        next_vi="Gửi văn bản để chuẩn bị ký lại.",
        next_en="Hand the document in again to be prepared.",
    ),
    ErrorCode.SIGNING_CLOSED: explanation(
        Side.SIGNER,
        vi="Phiên ký này đã nhận một giá trị chữ ký; mỗi phiên chỉ dùng một lần.",
        en="This signing has had its signature value; each serves once.",
        next_vi="Tải tệp đã ký, hoặc gửi văn bản để chuẩn bị ký lại.",
        next_en="Fetch the signed file, or hand the document in again.",
    ),
    ErrorCode.SIGNING_EXPIRED: explanation(
        Side.SIGNER,
        vi="Phiên ký đã hết hạn trước khi có chữ ký.",
        en="The signing ran out before its signature came.",
        next_vi="Gửi văn bản để chuẩn bị lại rồi ký ngay.",
        next_en="Hand the document in again, then sign without delay.",
    ),
    ErrorCode.SIGNATURE_VALUE_WRONG: explanation(
        Side.SIGNER,
        vi="Giá trị chữ ký không đúng với chứng thư số đã nêu; không có gì được ký.",
        en="The signature value is not by the certificate named; nothing was signed.",
        next_vi="Kiểm tra khóa và chứng thư số có là một cặp, rồi chuẩn bị ký lại.",
        next_en="Check that key and certificate are a pair, then prepare again.",
    ),
}
