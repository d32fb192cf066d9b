"""Findings on requests, approvals, enrolment codes, batches and mergers."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.REQUEST_NAMES_OTHER_AGENCY: explanation(
        Side.SIGNER,
        vi="Yêu cầu cấp chứng thư tự ghi cơ quan hoặc hệ thống khác với đơn đăng ký.",
        en="The request itself names an agency or system other than the one ordered.",
        next_vi=(
            "Tạo lại PKCS#10 không ghi mã cơ quan, mã hệ thống, hoặc ghi đúng như đơn."
        ),
        next_en=(
            "Make the PKCS#10 request anew, without agency and system or with those "
            "ordered."
        ),
    ),
    ErrorCode.VALIDITY_TOO_LONG: explanation(
        Side.SIGNER,
        vi="Thời hạn xin cấp dài hơn mức cho phép của loại chứng thư hoặc của nơi cấp.",
        en="The validity asked for is longer than this kind or its issuer allows.",
        next_vi="Xin số ngày ngắn hơn, hoặc bỏ trống để lấy thời hạn dài nhất.",
        next_en="Ask for fewer days, or leave them out to get the longest validity.",
    ),
    ErrorCode.REQUEST_PROOF_INVALID: explanation(
        Side.SIGNER,
        vi="Yêu cầu không được ký bằng chính khóa xin cấp.",
        en="The request is not signed by the very key it asks a certificate for.",
        next_vi="Tạo lại PKCS#10 bằng khóa riêng đó và gửi nguyên vẹn.",
        next_en="Make the PKCS#10 request anew with that key, and send it unchanged.",
    ),
    ErrorCode.REQUEST_ASKS_FOR_CA: explanation(
        Side.SIGNER,
        vi="Yêu cầu xin chứng thư của một nơi cấp (CA:TRUE).",
        en="The request asks for the certificate of an authority (CA:TRUE).",
        next_vi="Tạo lại PKCS#10 không có CA:TRUE.",
        next_en="Make the PKCS#10 request anew without CA:TRUE.",
    ),
    ErrorCode.REQUEST_EXTENSION_REFUSED: explanation(
        Side.SIGNER,
        vi="Yêu cầu có phần mở rộng hoặc thuộc tính mà loại chứng thư này không có.",
        en=(
            "The request asks for an extension or attribute that this kind does not "
            "have."
        ),
        next_vi=(
            "Bỏ phần được nêu khỏi PKCS#10: nội dung chứng thư do nơi cấp quyết định."
        ),
        next_en=(
            "Leave the named part out of the PKCS#10 request: the authority decides "
            "the content."
        ),
    ),
    ErrorCode.AGENCY_CLOSED: explanation(
        Side.SIGNER,
        vi="Cơ quan này đã kết thúc hoạt động.",
        en="This agency is closed.",
        next_vi="Đăng ký cho cơ quan kế thừa.",
        next_en="Apply for the agency that succeeded it.",
    ),
    ErrorCode.APPROVER_NOT_DISTINCT: explanation(
        Side.OPERATOR,
        vi="Mỗi lần duyệt phải do một người khác, và không phải người nộp.",
        en=(
            "Every approval must come from a different person, none of them the "
            "submitter."
        ),
        next_vi="Nhờ một người vận hành khác duyệt.",
        next_en="Ask another operator to approve.",
    ),
    ErrorCode.APPROVAL_REQUIRED: explanation(
        Side.OPERATOR,
        vi="Loại chứng thư này phải có người duyệt nên khóa không thể tạo tại nơi cấp.",
        en="This kind needs approvals, so its key cannot be made here.",
        next_vi="Tạo khóa nơi sẽ dùng nó và nộp PKCS#10: lienthong pki submit.",
        next_en=(
            "Make the key where it will be used and submit a PKCS#10 request: "
            "lienthong pki submit."
        ),
    ),
    ErrorCode.APPROVAL_MISSING: explanation(
        Side.OPERATOR,
        vi="Thay đổi này cần sự đồng ý của những người vận hành hiện có.",
        en="This change needs the agreement of the operators there are.",
        next_vi=(
            "Thêm --operator và --operator-passphrase-file của đủ số người được nêu."
        ),
        next_en=(
            "Add --operator and --operator-passphrase-file of as many as are named."
        ),
    ),
    ErrorCode.OPERATOR_UNKNOWN: explanation(
        Side.OPERATOR,
        vi="Tên người vận hành hoặc mật khẩu không đúng.",
        en="No such operator, or the passphrase is wrong.",
        next_vi="Kiểm tra tên bằng lienthong pki operators list, và mật khẩu.",
        next_en="Check the name with lienthong pki operators list, and the passphrase.",
    ),
    ErrorCode.OPERATOR_INVALID: explanation(
        Side.OPERATOR,
        vi="Tên người vận hành đã có hoặc không hợp lệ, hoặc mật khẩu quá ngắn.",
        en="The operator's name is taken or malformed, or the passphrase is too short.",
        next_vi="Chọn tên khác (1-64 ký tự) và mật khẩu từ 12 ký tự.",
        next_en=(
            "Choose another name (1-64 characters) and a passphrase of 12 "
            "characters or more."
        ),
    ),
    ErrorCode.ENROLMENT_CODE_MISSING: explanation(
        Side.SIGNER,
        vi="Yêu cầu cấp chứng thư không kèm mã đăng ký.",
        en="The request for a certificate came without an enrolment code.",
        next_vi="Gửi lại với mã đăng ký: tên là mã, mật khẩu là phần bí mật của mã.",
        next_en=(
            "Repeat with the enrolment code: its id is the user name, its secret the "
            "password."
        ),
    ),
    ErrorCode.ENROLMENT_CODE_REFUSED: explanation(
        Side.SIGNER,
        vi="Mã đăng ký sai, đã dùng, đã hết hạn hoặc bị khóa vì nhập sai nhiều lần.",
        en="The enrolment code is wrong, used, expired or locked after wrong tries.",
        next_vi="Xin người vận hành một mã mới.",
        next_en="Ask an operator for a new code.",
    ),
    ErrorCode.REQUEST_NOT_FOUND: explanation(
        Side.OPERATOR,
        vi="Không có yêu cầu mang mã này.",
        en="There is no request with this id.",
        next_vi="Xem các mã bằng lienthong pki requests.",
        next_en="See the ids with lienthong pki requests.",
    ),
    ErrorCode.REQUEST_CLOSED: explanation(
        Side.OPERATOR,
        vi="Yêu cầu đã kết thúc: đã cấp, bị từ chối hoặc quá hạn.",
        en="The request is closed: issued, refused or expired.",
        next_vi="Nộp yêu cầu mới nếu vẫn cần.",
        next_en="Submit a new request if it is still needed.",
    ),
    ErrorCode.REQUEST_PENDING: explanation(
        Side.OPERATOR,
        vi="Yêu cầu còn chờ duyệt.",
        en="The request still waits for approval.",
        next_vi="Chờ đủ người duyệt rồi lấy lại.",
        next_en="Wait until enough operators have approved, then collect again.",
    ),
    ErrorCode.RENEWAL_SUBJECT_DIFFERS: explanation(
        Side.SIGNER,
        vi=(
            "Chứng thư hiện tại không dùng để gia hạn được, hoặc yêu cầu ghi chủ "
            "thể khác."
        ),
        en=(
            "The present certificate cannot be renewed, or the request names "
            "another subject."
        ),
        next_vi=(
            "Gia hạn bằng chứng thư còn hiệu lực và đúng chủ thể; nếu không, đăng "
            "ký mới."
        ),
        next_en=(
            "Renew with a valid certificate and the same subject; otherwise apply anew."
        ),
    ),
    ErrorCode.RENEWAL_KEY_TOO_OLD: explanation(
        Side.SIGNER,
        vi="Khóa đã dùng trọn thời hạn của loại chứng thư này.",
        en="The key has served a whole lifetime of this kind.",
        next_vi="Gia hạn bằng khóa mới.",
        next_en="Renew with a new key.",
    ),
    ErrorCode.BATCH_INVALID: explanation(
        Side.FILE,
        vi="Tệp đăng ký hàng loạt không đọc được.",
        en="The batch file cannot be read.",
        next_vi="Sửa dòng được nêu; dòng đầu phải có các cột kind, name, request.",
        next_en=(
            "Correct the line named; the first line must have the columns kind, "
            "name, request."
        ),
    ),
    ErrorCode.MERGER_REFUSED: explanation(
        Side.OPERATOR,
        vi="Kế hoạch sáp nhập không nhất quán.",
        en="The plan of the merger is inconsistent.",
        next_vi=(
            "Kiểm tra --into, --from và --keep: cơ quan giữ lại phải nằm trong --from."
        ),
        next_en=(
            "Check --into, --from and --keep: the agency kept must be among --from."
        ),
    ),
}
