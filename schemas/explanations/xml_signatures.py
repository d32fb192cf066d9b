"""Findings on signatures of envelopes and receipts."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.SIGNATURE_MISSING: explanation(
        Side.SENDER,
        vi="Gói tin hoặc biên nhận chưa được ký số.",
        en="The message or receipt is not signed.",
        next_vi=(
            "Ký bằng chứng thư số của hệ thống gửi, hoặc đề nghị đơn vị vận hành "
            "cho phép gửi theo kênh xác thực."
        ),
        next_en=(
            "Sign with the sending system's certificate, or ask the operator to "
            "allow sending on the authenticated channel alone."
        ),
    ),
    ErrorCode.SIGNATURE_SHAPE_REFUSED: explanation(
        Side.SENDER,
        vi="Chữ ký số trên XML không đúng khuôn dạng quy định.",
        en="The signature on the XML does not have the prescribed form.",
        next_vi=(
            "Dùng đúng hồ sơ chữ ký XAdES trong tài liệu kết nối; báo bộ phận kỹ "
            "thuật của phần mềm ký."
        ),
        next_en=(
            "Use the XAdES profile of the interface documentation; tell whoever "
            "maintains the signing software."
        ),
    ),
    ErrorCode.SIGNATURE_ALGORITHM_REFUSED: explanation(
        Side.SENDER,
        vi="Chữ ký dùng thuật toán không được chấp nhận (ví dụ SHA-1).",
        en=(
            "The signature uses an algorithm that is not accepted (SHA-1, for example)."
        ),
        next_vi=(
            "Ký lại bằng SHA-256 trở lên với khóa RSA từ 2048 bit hoặc ECDSA "
            "P-256, P-384."
        ),
        next_en=(
            "Sign again with SHA-256 or stronger and an RSA key of 2048 bits or "
            "more, or ECDSA P-256 or P-384."
        ),
    ),
    ErrorCode.SIGNATURE_INVALID: explanation(
        Side.SENDER,
        vi="Chữ ký số không đúng với khóa trong chứng thư.",
        en="The signature does not match the key of its certificate.",
        next_vi="Không dùng nội dung này. Đề nghị bên gửi ký và gửi lại.",
        next_en=(
            "Do not rely on this content. Ask the sender to sign and send it again."
        ),
    ),
    ErrorCode.REFERENCE_DIGEST_MISMATCH: explanation(
        Side.SENDER,
        vi="Nội dung đã bị thay đổi sau khi ký.",
        en="The content was changed after it was signed.",
        next_vi="Không dùng nội dung này. Đề nghị bên gửi gửi lại bản gốc.",
        next_en="Do not rely on this content. Ask the sender for the original.",
    ),
    ErrorCode.ATTACHMENT_DIGEST_MISMATCH: explanation(
        Side.SENDER,
        vi="Tệp đính kèm không đúng với tệp đã được ký trong gói tin.",
        en="An attachment is not the one that was signed.",
        next_vi="Không dùng tệp này. Đề nghị bên gửi gửi lại văn bản.",
        next_en="Do not rely on this file. Ask the sender to send the document again.",
    ),
    ErrorCode.SIGNING_CERTIFICATE_MISMATCH: explanation(
        Side.SENDER,
        vi="Chứng thư số kèm theo không phải là chứng thư đã dùng để ký.",
        en=("The certificate that comes with the signature is not the one it names."),
        next_vi="Kiểm tra phần mềm ký đã gắn đúng chứng thư chưa, rồi ký lại.",
        next_en=(
            "Check that the signing software adds the right certificate, then "
            "sign again."
        ),
    ),
    ErrorCode.SIGNING_TIME_OUT_OF_WINDOW: explanation(
        Side.SENDER,
        vi="Thời điểm ký cách quá xa thời điểm gửi.",
        en="The signing time is too far from the time of sending.",
        next_vi="Chỉnh lại đồng hồ máy ký, ký lại và gửi ngay.",
        next_en="Set the clock of the signing machine, sign again and send at once.",
    ),
    ErrorCode.SIGNER_NOT_OF_SENDER: explanation(
        Side.SENDER,
        vi="Chứng thư ký không thuộc cơ quan gửi hoặc hệ thống gửi.",
        en=(
            "The signing certificate belongs neither to the sending agency nor to "
            "its system."
        ),
        next_vi="Ký bằng chứng thư của đúng cơ quan gửi, hoặc bổ sung ủy quyền.",
        next_en=(
            "Sign with a certificate of the sending agency, or register a delegation."
        ),
    ),
    ErrorCode.RECEIPT_MISMATCH: explanation(
        Side.HUB,
        vi="Biên nhận không khớp với gói tin mà nó nói tới.",
        en="The receipt does not fit the message it is about.",
        next_vi=(
            "Không coi văn bản là đã được nhận. Kiểm tra kết nối có đúng hệ thống "
            "không và báo đơn vị vận hành."
        ),
        next_en=(
            "Do not count the document as received. Check that you reached the "
            "right service, and tell the operator."
        ),
    ),
}
