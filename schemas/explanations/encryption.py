"""Findings on attachments that are encrypted to their recipients."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.CONTENT_ENCRYPTED: explanation(
        Side.RECIPIENT,
        vi="Tệp được mã hóa cho cơ quan nhận nên trục không xem được bên trong.",
        en="The file is encrypted to its recipients; the hub could not look inside.",
        next_vi="Giải mã rồi tự kiểm tra chữ ký và mã độc trước khi dùng.",
        next_en="Decrypt it, then check signatures and malware yourself before use.",
    ),
    ErrorCode.ENCRYPTION_CERTIFICATE_UNSUITABLE: explanation(
        Side.RECIPIENT,
        vi="Chứng thư số của cơ quan nhận không dùng để mã hóa được.",
        en="The recipient's certificate is not one to encrypt to.",
        next_vi=(
            "Xin cơ quan nhận chứng thư RSA (keyEncipherment) hoặc P-256, P-384 "
            "(keyAgreement)."
        ),
        next_en=(
            "Ask the recipient for a certificate on RSA (keyEncipherment) or P-256 or "
            "P-384 (keyAgreement)."
        ),
    ),
    ErrorCode.ENCRYPTION_CERTIFICATE_MISSING: explanation(
        Side.SENDER,
        vi="Chưa có chứng thư mã hóa của một cơ quan nhận nên chưa gửi gì.",
        en="There is no encryption certificate of a recipient; nothing was sent.",
        next_vi=(
            "Nhờ cơ quan đó công bố chứng thư (`lienthong encryption publish`), đặt "
            "chứng thư vào thư mục, hoặc gửi riêng không mã hóa."
        ),
        next_en=(
            "Ask that agency to publish one (`lienthong encryption publish`), put it "
            "into the folder, or send to it separately, without encryption."
        ),
    ),
    ErrorCode.ENCRYPTION_KEY_UNSUITABLE: explanation(
        Side.RECIPIENT,
        vi="Khóa trong thiết bị không giải mã được ở đây.",
        en="A key in a token does not decrypt here.",
        next_vi="Dùng khóa giải mã trong tệp (PKCS #12).",
        next_en="Use a key for decryption that is in a file (PKCS #12).",
    ),
    ErrorCode.ENCRYPTED_CONTENT_INVALID: explanation(
        Side.SENDER,
        vi="Tệp mã hóa đã bị thay đổi hoặc không đúng dạng; không có gì được đưa ra.",
        en="The encrypted file was changed or has another form; nothing was given out.",
        next_vi="Tải lại; nếu vẫn sai thì báo cơ quan gửi gửi lại.",
        next_en="Fetch it again; if it stays wrong, ask the sender to send it again.",
    ),
    ErrorCode.NOT_ENCRYPTED_TO_THIS_KEY: explanation(
        Side.RECIPIENT,
        vi="Tệp không được mã hóa cho khóa này.",
        en="The file is not encrypted to this key.",
        next_vi="Dùng khóa của chứng thư mà cơ quan gửi đã dùng, hoặc báo họ gửi lại.",
        next_en=(
            "Use the key of the certificate the sender used, or ask the sender to send "
            "it again."
        ),
    ),
}
