"""Findings when a PDF document is judged."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.FILE_EMPTY: explanation(
        Side.FILE,
        vi="Tệp rỗng, không có gì để kiểm tra.",
        en="The file is empty: there is nothing to verify.",
        next_vi="Lấy lại tệp từ nơi gửi; có thể việc tải về bị gián đoạn.",
        next_en="Get the file again from its sender; a download may have stopped.",
    ),
    ErrorCode.NOT_SIGNED: explanation(
        Side.FILE,
        vi="Tệp chưa có chữ ký số.",
        en="The file is not signed.",
        next_vi="Yêu cầu bản có chữ ký số nếu văn bản cần giá trị pháp lý.",
        next_en="Ask for a signed copy if the document must have legal effect.",
    ),
    ErrorCode.FORMAT_UNKNOWN: explanation(
        Side.FILE,
        vi="Không nhận ra loại tệp này.",
        en="This kind of file is not recognised.",
        next_vi="Chọn tệp PDF, gói tin edXML, biên nhận hoặc hồ sơ chứng cứ.",
        next_en="Choose a PDF, an edXML message, a receipt or an evidence bundle.",
    ),
    ErrorCode.CONTENTS_GAP_INVALID: explanation(
        Side.FILE,
        vi="Vùng chứa chữ ký trong tệp có dữ liệu lạ chèn vào.",
        en="Foreign data stands in the space reserved for the signature.",
        next_vi="Không dùng tệp này; lấy lại bản gốc từ nơi gửi.",
        next_en="Do not rely on this file; get the original from its sender.",
    ),
    ErrorCode.CONTENTS_PADDING_NOT_ZERO: explanation(
        Side.FILE,
        vi="Phần đệm sau chữ ký không trống như quy định.",
        en="The padding after the signature is not empty as it must be.",
        next_vi="Không dùng tệp này; lấy lại bản gốc từ nơi gửi.",
        next_en="Do not rely on this file; get the original from its sender.",
    ),
    ErrorCode.BYTE_RANGE_INVALID: explanation(
        Side.FILE,
        vi="Chữ ký không phủ đúng nội dung của tệp.",
        en="The signature does not cover the file's content properly.",
        next_vi="Không dùng tệp này; lấy lại bản gốc từ nơi gửi.",
        next_en="Do not rely on this file; get the original from its sender.",
    ),
    ErrorCode.TRAILING_BYTES: explanation(
        Side.FILE,
        vi="Có dữ liệu thêm vào sau phần đã ký.",
        en="Data was added after the signed part.",
        next_vi="So với bản gốc; nếu không có phần thêm hợp lệ, không dùng tệp này.",
        next_en=(
            "Compare it with the original; without a legitimate reason for the "
            "addition, do not rely on the file."
        ),
    ),
    ErrorCode.SIGNATURE_DICTIONARY_INVALID: explanation(
        Side.FILE,
        vi="Thông tin chữ ký trong tệp PDF không đúng chuẩn.",
        en="The signature's entry in the PDF does not follow the standard.",
        next_vi="Đề nghị người ký ký lại bằng phần mềm ký đạt chuẩn.",
        next_en="Ask the signer to sign again with conforming software.",
    ),
    ErrorCode.CMS_INVALID: explanation(
        Side.FILE,
        vi="Dữ liệu chữ ký bị hỏng hoặc không đúng chuẩn.",
        en="The signature data is damaged or does not follow the standard.",
        next_vi="Đề nghị người ký ký lại bằng phần mềm ký đạt chuẩn.",
        next_en="Ask the signer to sign again with conforming software.",
    ),
    ErrorCode.DOCUMENT_DIGEST_MISMATCH: explanation(
        Side.FILE,
        vi="Nội dung văn bản đã bị thay đổi sau khi ký.",
        en="The document was changed after it was signed.",
        next_vi="Không dùng văn bản này; lấy lại bản gốc từ nơi gửi.",
        next_en="Do not rely on this document; get the original from its sender.",
    ),
    ErrorCode.MODIFIED_AFTER_SIGNING: explanation(
        Side.FILE,
        vi="Sau khi ký, tệp có thêm thay đổi không được phép.",
        en="Changes that are not allowed were added after signing.",
        next_vi="Không dùng bản này; xem lại bản trước khi bị sửa hoặc lấy bản gốc.",
        next_en=(
            "Do not rely on this copy; get the original, or look at the revision "
            "before the change."
        ),
    ),
    ErrorCode.MODIFICATION_NOT_ASSESSED: explanation(
        Side.FILE,
        vi=(
            "Chưa đánh giá được các thay đổi sau khi ký, nên chưa thể kết luận "
            "văn bản còn nguyên."
        ),
        en=(
            "Later changes could not be assessed, so the document cannot be "
            "called unmodified."
        ),
        next_vi="Nhờ bộ phận kỹ thuật xem lại hoặc yêu cầu bản gốc chỉ có phần đã ký.",
        next_en="Have it examined, or ask for the original without later additions.",
    ),
    ErrorCode.CONTENT_ACTIVE: explanation(
        Side.SIGNER,
        vi="Tệp có mã lệnh, thao tác tự chạy hoặc tham chiếu ra ngoài.",
        en="The file has scripts, actions or references to other files.",
        next_vi="Chỉ tin nội dung xem ở chế độ tắt mã lệnh; đề nghị bản PDF tĩnh.",
        next_en="Trust what shows with scripts off only; ask for a plain PDF.",
    ),
    ErrorCode.CONTENT_ATTACHED: explanation(
        Side.SIGNER,
        vi="Tệp có tệp khác đính kèm bên trong.",
        en="Other files are attached inside the file.",
        next_vi="Tệp bên trong không được kiểm tra ở đây; lưu ra và kiểm tra riêng.",
        next_en="They were not checked here: save and check each of them.",
    ),
    ErrorCode.CONTENT_LAYERED: explanation(
        Side.SIGNER,
        vi="Tệp có các lớp nội dung có thể ẩn hoặc hiện.",
        en="The file has layers that may be shown or hidden.",
        next_vi="Bật tất cả các lớp khi đọc; đề nghị người ký gửi bản PDF tĩnh.",
        next_en="Show all layers when reading; ask the signer for a plain PDF.",
    ),
    ErrorCode.CONTENT_COVERED: explanation(
        Side.SIGNER,
        vi="Một chữ ký hiển thị che mất nội dung đã ký trước đó.",
        en="A signature hides content that was signed before it.",
        next_vi="Xem bản trước chữ ký ấy; đề nghị ký lại ở chỗ trống.",
        next_en="Look at the file from before it; ask for a signature in a free place.",
    ),
    ErrorCode.SIGNATURE_COVERED: explanation(
        Side.SIGNER,
        vi="Một chữ ký hiển thị đè lên phần lớn chữ ký trước đó.",
        en="A signature shows over most of an earlier one.",
        next_vi="Xem tên từng người ký trong kết quả, không chỉ hình trên trang.",
        next_en="Go by the signers named in the verdict, not by what the page shows.",
    ),
    ErrorCode.APPEARANCE_SHARED: explanation(
        Side.SIGNER,
        vi="Một chữ ký dùng lại hình của chữ ký khác.",
        en="A signature shows the drawing of another one.",
        next_vi="Xem tên từng người ký trong kết quả, không chỉ hình trên trang.",
        next_en="Go by the signers named in the verdict, not by what the page shows.",
    ),
    ErrorCode.SIGNATURE_FORMAT_LEGACY: explanation(
        Side.SIGNER,
        vi=(
            "Chữ ký theo khuôn dạng cũ, không phải PAdES, nên chưa đủ căn cứ kết luận."
        ),
        en=(
            "The signature has an older form than PAdES, which is not enough for "
            "a full verdict."
        ),
        next_vi=(
            "Đề nghị người ký dùng phần mềm ký theo chuẩn PAdES cho các văn bản sau."
        ),
        next_en=(
            "Ask the signer to use software that makes PAdES signatures from now on."
        ),
    ),
    ErrorCode.TIME_STAMP_UNCHECKED: explanation(
        Side.FILE,
        vi=(
            "Dấu thời gian trong tệp không được chấp nhận, nên không dùng làm bằng "
            "chứng về thời điểm ký."
        ),
        en=(
            "The time stamp in the file does not count, so it proves no time of "
            "signing here."
        ),
        next_vi=(
            "Xem lý do đi kèm. Nếu cần bằng chứng về thời điểm, bổ sung dấu thời gian "
            "của nơi được tin cậy."
        ),
        next_en=(
            "Look at the reason beside it. If the time must be proven, add a time "
            "stamp of an authority that is trusted."
        ),
    ),
    ErrorCode.SIGNING_TIME_CONTRADICTED: explanation(
        Side.SIGNER,
        vi=(
            "Thời điểm ký do bên ký khai muộn hơn dấu thời gian chứng minh chữ ký đã "
            "tồn tại."
        ),
        en=(
            "The signing time claimed is later than the time stamp that proves the "
            "signature existed."
        ),
        next_vi="Dùng thời điểm của dấu thời gian; nhắc người ký chỉnh đồng hồ máy.",
        next_en="Go by the time stamp; have the signer set the clock of the computer.",
    ),
    ErrorCode.LIMIT_EXCEEDED: explanation(
        Side.FILE,
        vi="Tệp quá lớn hoặc quá phức tạp nên chưa kiểm tra xong.",
        en="The file is too large or complex to be checked within limits.",
        next_vi=(
            "Chưa coi tệp là hợp lệ; nhờ đơn vị vận hành kiểm tra với hạn mức cao hơn."
        ),
        next_en=(
            "Do not count it as valid; ask the operator to check it with higher limits."
        ),
    ),
    ErrorCode.PARSER_FAILED: explanation(
        Side.FILE,
        vi="Không đọc hết được tệp nên chưa kiểm tra xong.",
        en="The file could not be read to its end, so the check is incomplete.",
        next_vi=(
            "Chưa coi tệp là hợp lệ; lấy lại bản gốc hoặc nhờ bộ phận kỹ thuật xem."
        ),
        next_en=(
            "Do not count it as valid; get the original again or have it examined."
        ),
    ),
}
