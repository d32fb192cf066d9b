"""Findings on certificates and keys."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.CERTIFICATE_MALFORMED: explanation(
        Side.FILE,
        vi="Tệp chứng thư số bị hỏng hoặc không đúng chuẩn X.509.",
        en="The certificate is damaged or is not X.509.",
        next_vi="Lấy lại tệp chứng thư từ nơi cấp (dạng PEM hoặc DER).",
        next_en="Get the certificate again from its issuer (PEM or DER).",
    ),
    ErrorCode.CHAIN_NOT_FOUND: explanation(
        Side.SIGNER,
        vi="Không nối được chứng thư này về một nơi cấp đáng tin cậy.",
        en="The certificate does not lead to a trusted authority.",
        next_vi=(
            "Bổ sung chứng thư gốc và chứng thư trung gian đúng của nơi cấp; nếu "
            "không có, chưa thể tin chữ ký này."
        ),
        next_en=(
            "Add the right root and intermediate certificates of the issuer; "
            "without them the signature cannot be trusted."
        ),
    ),
    ErrorCode.CHAIN_INVALID: explanation(
        Side.SIGNER,
        vi="Chuỗi chứng thư có mắt xích không hợp lệ.",
        en="A link of the certificate chain is invalid.",
        next_vi="Không tin chữ ký này cho đến khi nơi cấp chứng thư giải thích.",
        next_en="Do not trust the signature until the issuer has explained it.",
    ),
    ErrorCode.CERTIFICATE_EXPIRED: explanation(
        Side.SIGNER,
        vi="Chứng thư số đã hết hạn.",
        en="The certificate has expired.",
        next_vi=(
            "Gia hạn hoặc xin cấp chứng thư mới; với văn bản cũ, cần dấu thời "
            "gian chứng minh đã ký khi còn hạn."
        ),
        next_en=(
            "Renew the certificate; an older document needs a time stamp proving "
            "that it was signed in time."
        ),
    ),
    ErrorCode.CERTIFICATE_NOT_YET_VALID: explanation(
        Side.SIGNER,
        vi="Chứng thư số chưa đến ngày có hiệu lực.",
        en="The certificate is not valid yet.",
        next_vi="Kiểm tra đồng hồ máy; nếu đúng, chờ đến ngày chứng thư có hiệu lực.",
        next_en=(
            "Check the clock; if it is right, wait until the certificate becomes valid."
        ),
    ),
    ErrorCode.CERTIFICATE_REVOKED: explanation(
        Side.SIGNER,
        vi="Chứng thư số đã bị thu hồi.",
        en="The certificate was revoked.",
        next_vi=(
            "Không nhận chữ ký này nếu không có bằng chứng đã ký trước khi thu "
            "hồi; liên hệ người ký để ký lại bằng chứng thư mới."
        ),
        next_en=(
            "Do not accept the signature without proof that it is older than the "
            "revocation; ask the signer to sign with a new certificate."
        ),
    ),
    ErrorCode.CERTIFICATE_USAGE_WRONG: explanation(
        Side.SIGNER,
        vi="Chứng thư số không được cấp cho mục đích này.",
        en="The certificate was not issued for this use.",
        next_vi=(
            "Dùng đúng loại chứng thư: cá nhân để ký, cơ quan để đóng dấu, hệ "
            "thống để kết nối."
        ),
        next_en=(
            "Use the right kind: a personal one to sign, an agency's to seal, a "
            "system's to connect."
        ),
    ),
    ErrorCode.CERTIFICATE_ALGORITHM_REFUSED: explanation(
        Side.SIGNER,
        vi="Chứng thư số dùng thuật toán hoặc độ dài khóa không còn an toàn.",
        en=("The certificate uses an algorithm or key size that is no longer safe."),
        next_vi=(
            "Xin cấp chứng thư mới với SHA-256 và khóa RSA từ 2048 bit hoặc ECDSA "
            "P-256, P-384."
        ),
        next_en=(
            "Get a new certificate with SHA-256 and RSA of 2048 bits or more, "
            "or ECDSA P-256 or P-384."
        ),
    ),
    ErrorCode.REVOCATION_UNCHECKED: explanation(
        Side.OPERATOR,
        vi=(
            "Chưa kiểm tra được chứng thư có bị thu hồi hay không vì thiếu danh "
            "sách thu hồi."
        ),
        en=(
            "It could not be checked whether the certificate was revoked, because "
            "the revocation list is missing."
        ),
        next_vi="Bổ sung danh sách thu hồi (CRL) của nơi cấp rồi kiểm tra lại.",
        next_en="Add the issuer's revocation list (CRL), then check again.",
    ),
    ErrorCode.REVOCATION_STALE: explanation(
        Side.OPERATOR,
        vi="Danh sách thu hồi đã quá hạn hoặc không phủ thời điểm kiểm tra.",
        en=(
            "The revocation list is out of date, or does not cover the time of "
            "the check."
        ),
        next_vi="Tải danh sách thu hồi mới của nơi cấp rồi kiểm tra lại.",
        next_en="Fetch the issuer's current revocation list, then check again.",
    ),
    ErrorCode.CRL_INVALID: explanation(
        Side.OPERATOR,
        vi="Danh sách thu hồi bị hỏng hoặc không do đúng nơi cấp ký.",
        en=("The revocation list is damaged, or was not signed by the right issuer."),
        next_vi="Lấy lại danh sách thu hồi từ địa chỉ chính thức của nơi cấp.",
        next_en="Get the list again from the issuer's official address.",
    ),
    ErrorCode.OCSP_ANSWER_INVALID: explanation(
        Side.OPERATOR,
        vi="Câu trả lời OCSP bị hỏng, không thành công hoặc ký bằng thuật toán yếu.",
        en="The OCSP answer is damaged, not a successful one, or weakly signed.",
        next_vi="Hỏi lại máy chủ OCSP của nơi cấp và lưu câu trả lời mới.",
        next_en="Ask the issuer's OCSP responder again and keep the new answer.",
    ),
    ErrorCode.KEY_UNREADABLE: explanation(
        Side.OPERATOR,
        vi="Không đọc được khóa bí mật: sai mật khẩu hoặc tệp khóa bị hỏng.",
        en=(
            "The private key cannot be read: the passphrase is wrong or the file "
            "is damaged."
        ),
        next_vi="Nhập lại mật khẩu; nếu vẫn lỗi, dùng bản sao dự phòng của tệp khóa.",
        next_en=(
            "Enter the passphrase again; if it still fails, use your backup of "
            "the key file."
        ),
    ),
    ErrorCode.KEY_FILE_EXPOSED: explanation(
        Side.OPERATOR,
        vi="Tệp khóa bí mật đang để người khác trên máy đọc hoặc sửa được.",
        en="Other users of this machine can read or change the private key file.",
        next_vi=(
            "Giới hạn quyền tệp chỉ cho chủ sở hữu (chmod 600) rồi thử lại; nếu "
            "nghi lộ khóa, đề nghị thu hồi chứng thư."
        ),
        next_en=(
            "Restrict the file to its owner (chmod 600) and try again; if the key "
            "may have leaked, have its certificate revoked."
        ),
    ),
    ErrorCode.KEY_WEAK: explanation(
        Side.SIGNER,
        vi="Khóa không đủ mạnh theo quy định.",
        en="The key is weaker than the rules allow.",
        next_vi="Tạo khóa mới: RSA từ 2048 bit hoặc ECDSA P-256, P-384.",
        next_en="Make a new key: RSA of 2048 bits or more, or ECDSA P-256 or P-384.",
    ),
    ErrorCode.PROFILE_INVALID: explanation(
        Side.OPERATOR,
        vi="Mẫu chứng thư của hệ thống CA không nhất quán.",
        en="The certificate profiles of the authority are inconsistent.",
        next_vi=(
            "Sửa mẫu chứng thư nêu trên trước khi cấp; chưa có chứng thư nào được ký."
        ),
        next_en="Correct the profile named before issuing; nothing was signed.",
    ),
    ErrorCode.LINT_REFUSED: explanation(
        Side.OPERATOR,
        vi="Chứng thư dự kiến vi phạm quy tắc nêu trên nên không được ký.",
        en=("The certificate to be issued breaks the rules named and was not signed."),
        next_vi="Sửa yêu cầu hoặc mẫu chứng thư theo quy tắc đó rồi cấp lại.",
        next_en="Correct the request or the profile accordingly, then issue again.",
    ),
    ErrorCode.ISSUANCE_REFUSED: explanation(
        Side.OPERATOR,
        vi="Yêu cầu cấp chứng thư bị từ chối.",
        en="The request for a certificate was refused.",
        next_vi=(
            "Kiểm tra thông tin người xin cấp, chữ ký của yêu cầu và nơi lưu khóa "
            "CA rồi làm lại."
        ),
        next_en=(
            "Check the applicant's data, the signature on the request and where "
            "the CA's key is kept, then try again."
        ),
    ),
    ErrorCode.CERTIFICATE_NOT_FOUND: explanation(
        Side.OPERATOR,
        vi="Không tìm thấy chứng thư mang số này.",
        en="There is no certificate with this number.",
        next_vi="Kiểm tra lại số hiệu bằng lệnh liệt kê chứng thư.",
        next_en="Check the serial number in the list of certificates.",
    ),
    ErrorCode.ALREADY_REVOKED: explanation(
        Side.OPERATOR,
        vi="Chứng thư này đã bị thu hồi từ trước.",
        en="This certificate was revoked before.",
        next_vi="Không cần làm gì thêm; thời điểm thu hồi đầu tiên vẫn giữ nguyên.",
        next_en="Nothing more is needed; the first time of revocation stands.",
    ),
}
