"""Refusals to sign a PDF document."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.PDF_MALFORMED: explanation(
        Side.FILE,
        vi="Tệp PDF bị hỏng hoặc không phải là PDF.",
        en="The file is damaged or is not a PDF.",
        next_vi="Xuất lại tệp PDF từ phần mềm soạn thảo hoặc quét lại.",
        next_en="Export the PDF again from its source, or scan it again.",
    ),
    ErrorCode.PDF_ENCRYPTED: explanation(
        Side.FILE,
        vi="Tệp PDF đang đặt mật khẩu.",
        en="The PDF is encrypted.",
        next_vi=(
            "Bỏ mật khẩu của tệp rồi ký lại; văn bản điện tử gửi đi không được "
            "đặt mật khẩu."
        ),
        next_en=(
            "Remove the password and sign again; official documents are sent "
            "without one."
        ),
    ),
    ErrorCode.PDF_TOO_LARGE: explanation(
        Side.FILE,
        vi="Tệp PDF vượt quá dung lượng cho phép.",
        en="The PDF is larger than allowed.",
        next_vi=(
            "Giảm dung lượng tệp (quét ở độ phân giải thấp hơn) hoặc tách phụ lục "
            "ra tệp riêng."
        ),
        next_en=(
            "Shrink the file (scan at a lower resolution) or move annexes to "
            "files of their own."
        ),
    ),
    ErrorCode.PDF_ACTIVE_CONTENT: explanation(
        Side.FILE,
        vi=("Tệp PDF chứa mã lệnh, tệp nhúng hoặc nội dung tự chạy nên không được ký."),
        en=(
            "The PDF holds scripts, embedded files or other active content and is "
            "not signed."
        ),
        next_vi="In lại thành PDF tĩnh (Print to PDF hoặc PDF/A) rồi ký.",
        next_en="Print it to a plain PDF (or PDF/A), then sign.",
    ),
    ErrorCode.PDF_SIGNING_FORBIDDEN: explanation(
        Side.FILE,
        vi="Văn bản đã được khóa, không cho thêm chữ ký hay thay đổi nào.",
        en=(
            "An earlier signature locks the document against any further "
            "signature or change."
        ),
        next_vi=(
            "Lấy bản chưa khóa từ người ký trước; thứ tự đúng là người có thẩm "
            "quyền ký trước, cơ quan đóng dấu sau."
        ),
        next_en=(
            "Get a copy that is not locked from the earlier signer; persons sign "
            "first, the agency seals after."
        ),
    ),
    ErrorCode.PDF_ALREADY_BROKEN: explanation(
        Side.FILE,
        vi="Tệp đã có chữ ký nhưng chữ ký đó không còn đúng.",
        en="The file carries a signature that is no longer intact.",
        next_vi="Không ký thêm lên tệp này; lấy bản gốc còn nguyên chữ ký.",
        next_en="Do not sign this file; get the original with its signature intact.",
    ),
    ErrorCode.PERSON_SIGNATURE_MISSING: explanation(
        Side.SIGNER,
        vi=("Chưa có chữ ký của người có thẩm quyền nên chưa được đóng dấu cơ quan."),
        en="The competent person has not signed yet, so the agency may not seal.",
        next_vi=(
            "Trình người có thẩm quyền ký số trước, sau đó văn thư ký số của cơ quan."
        ),
        next_en="Have the competent person sign first, then seal for the agency.",
    ),
    ErrorCode.ROLE_ALREADY_SIGNED: explanation(
        Side.SIGNER,
        vi="Vai trò này đã ký trên văn bản.",
        en="This role has already signed the document.",
        next_vi="Không cần ký lần nữa; nếu ký nhầm, làm lại từ bản chưa ký.",
        next_en=(
            "No second signature is needed; if it was a mistake, start again from "
            "the unsigned file."
        ),
    ),
    ErrorCode.PLACEMENT_INVALID: explanation(
        Side.SIGNER,
        vi="Vị trí đặt chữ ký nằm ngoài trang hoặc trang không tồn tại.",
        en=(
            "The place chosen for the signature is off the page, or the page does "
            "not exist."
        ),
        next_vi="Chọn lại trang và vị trí nằm trọn trong trang.",
        next_en="Choose a page and a place that lies wholly on it.",
    ),
    ErrorCode.PDF_FORM_XFA: explanation(
        Side.FILE,
        vi="Tệp PDF là biểu mẫu động (XFA), nội dung hiển thị có thể tự thay đổi.",
        en="The PDF is a dynamic form (XFA): what it shows may change by itself.",
        next_vi="In lại thành PDF tĩnh (Print to PDF hoặc PDF/A) rồi ký.",
        next_en="Print it to a plain PDF (or PDF/A), then sign.",
    ),
    ErrorCode.PDF_FILES_EMBEDDED: explanation(
        Side.FILE,
        vi="Tệp PDF có tệp khác nhúng bên trong nên không được ký.",
        en="The PDF has other files embedded and is not signed.",
        next_vi="Bỏ tệp nhúng; gửi phụ lục thành tệp PDF riêng và ký từng tệp.",
        next_en="Remove them; send annexes as PDF files of their own, each signed.",
    ),
    ErrorCode.PDF_HYBRID: explanation(
        Side.FILE,
        vi="Tệp PDF có hai bảng tham chiếu khác nhau nên mỗi phần mềm có thể đọc khác.",
        en="The PDF has two cross-reference tables; programs may read it differently.",
        next_vi="Xuất lại hoặc in lại thành PDF tĩnh rồi ký.",
        next_en="Export it again or print it to a plain PDF, then sign.",
    ),
    ErrorCode.SEALED_ALREADY: explanation(
        Side.SIGNER,
        vi="Cơ quan đã ký số lên văn bản nên không thêm được chữ ký hay số văn bản.",
        en="The agency has sealed the document: no signature or number may follow.",
        next_vi="Làm lại từ bản chưa đóng dấu: người ký trước, cấp số, rồi cơ quan ký.",
        next_en="Start again unsealed: the person, then the number, then the seal.",
    ),
    ErrorCode.SEAL_OF_OTHER_AGENCY: explanation(
        Side.SIGNER,
        vi="Người ký văn bản không thuộc cơ quan có con dấu này.",
        en="The person who signed is not of the agency whose seal this is.",
        next_vi="Văn thư chỉ ký số của cơ quan lên văn bản do cơ quan mình ban hành.",
        next_en="A clerk seals the documents of the clerk's own agency only.",
    ),
    ErrorCode.SIGNER_BLOCK_NOT_FOUND: explanation(
        Side.SIGNER,
        vi="Không tìm thấy chỗ ký: chức vụ, khoảng trống, rồi họ tên người ký.",
        en="No place to sign was found: a title, a space, then the signer's name.",
        next_vi="Nêu họ tên như in trên văn bản (--signer-name) hoặc vị trí (--place).",
        next_en="Give the name as it is printed (--signer-name), or a place (--place).",
    ),
    ErrorCode.NUMBER_PLACE_NOT_FOUND: explanation(
        Side.SIGNER,
        vi="Không có chỗ trống cho số hoặc ngày tháng trên trang đầu.",
        en="The first page has no blank for the number or the date.",
        next_vi="Khi soạn thảo, để trống sau chữ Số và trong dòng ngày, tháng, năm.",
        next_en="When drafting, leave blanks for the number and for the date.",
    ),
    ErrorCode.NUMBER_DIFFERS: explanation(
        Side.SIGNER,
        vi="Văn bản đã ghi số, ký hiệu hoặc ngày tháng khác với yêu cầu.",
        en="The document already bears another number, notation or date.",
        next_vi="Kiểm tra lại số, ký hiệu và ngày tháng trong sổ đăng ký văn bản đi.",
        next_en="Check number, notation and date against the outgoing register.",
    ),
    ErrorCode.SIGN_LIST_INVALID: explanation(
        Side.FILE,
        vi="Danh sách ký hàng loạt có chỗ sai hoặc thiếu.",
        en="Something in the list of documents to sign is wrong or missing.",
        next_vi=(
            "Sửa dòng được nêu; dòng đầu phải có cột file, có thể có role, number, "
            "date, place, field, signer_name, copy_form, text."
        ),
        next_en=(
            "Correct the row named; the first line must have the column file and may "
            "have role, number, date, place, field, signer_name, copy_form, text."
        ),
    ),
    ErrorCode.GLYPH_MISSING: explanation(
        Side.SIGNER,
        vi="Có ký tự không hiển thị được bằng phông chữ của chữ ký.",
        en="A character cannot be drawn with the signature's font.",
        next_vi="Bỏ hoặc thay ký tự đặc biệt trong họ tên, chức vụ hoặc tên cơ quan.",
        next_en=(
            "Remove or replace the unusual character in the name, position or "
            "agency name."
        ),
    ),
    ErrorCode.IMAGE_INVALID: explanation(
        Side.SIGNER,
        vi="Ảnh chữ ký hoặc con dấu không dùng được.",
        en="The picture of the signature or seal cannot be used.",
        next_vi="Dùng ảnh PNG nền trong suốt, kích thước vừa phải.",
        next_en="Use a PNG of moderate size with a transparent background.",
    ),
}
