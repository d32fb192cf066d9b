"""Words of signing."""

from exchange.domain.signing_tasks import TaskState
from schemas.errors import Text
from schemas.verdict import Indication
from schemas.vocabulary import SigningState
from signing.profiles import SignatureLevel, SignerRole

WORDS: dict[str, Text] = {
    "signing.title": Text(vi="Ký văn bản", en="Sign a document"),
    "signing.hint": Text(
        vi="Khóa ký không rời máy của bạn: trang này chuẩn bị văn bản, phần mềm trên "
        "máy bạn ký bằng mã một lần.",
        en="Your key stays with you: this page prepares the document, the client on "
        "your computer signs it by a code used once.",
    ),
    "signing.file": Text(vi="Văn bản PDF cần ký", en="PDF document to sign"),
    "signing.limit": Text(
        vi="Mỗi tệp tối đa {size}, mỗi lần tối đa {number} tệp.",
        en="At most {size} each, {number} files at once.",
    ),
    "signing.queue": Text(
        vi="Còn {number} văn bản chờ đặt chữ ký", en="{number} more wait for a place"
    ),
    "signing.upload": Text(vi="Tiếp tục", en="Go on"),
    "signing.own": Text(vi="Việc ký của tôi", en="My signings"),
    "signing.name": Text(vi="Tên tệp", en="File"),
    "signing.asked_at": Text(vi="Thời điểm", en="Time"),
    "signing.state": Text(vi="Tình trạng", en="State"),
    "signing.digest": Text(vi="SHA-256 của văn bản", en="SHA-256 of the document"),
    "signing.place": Text(vi="Vị trí chữ ký", en="Place of the signature"),
    "signing.place_hint": Text(
        vi="Kéo khung trên trang, hoặc chọn khung rồi dùng phím mũi tên (giữ Shift để "
        "đi nhanh), hoặc nhập số (điểm, tính từ góc dưới bên trái).",
        en="Drag the frame on the page, or focus it and use the arrow keys (with Shift "
        "for larger steps), or type numbers (points from the lower left corner).",
    ),
    "signing.frame": Text(vi="Khung chữ ký", en="Frame of the signature"),
    "signing.page": Text(vi="Trang", en="Page"),
    "signing.page_of": Text(vi="Trang {number}/{pages}", en="Page {number} of {pages}"),
    "signing.show_page": Text(vi="Xem trang", en="Show the page"),
    "signing.x": Text(vi="Từ trái", en="From the left"),
    "signing.y": Text(vi="Từ dưới", en="From below"),
    "signing.width": Text(vi="Rộng", en="Width"),
    "signing.height": Text(vi="Cao", en="Height"),
    "signing.where_here": Text(vi="Đặt tại khung này", en="In this frame"),
    "signing.where_found": Text(
        vi="Tự tìm theo thể thức văn bản", en="Find the place by the text"
    ),
    "signing.role": Text(vi="Ký với vai trò", en="Sign as"),
    "signing.level": Text(vi="Mức chữ ký", en="Level"),
    "signing.get_code": Text(vi="Lấy mã ký", en="Get the code"),
    "signing.code": Text(vi="Mã ký một lần", en="Code, to be used once"),
    "signing.code_hint": Text(
        vi="Mã chỉ hiện lần này, dùng được một lần trong 10 phút. Chạy trên máy có "
        "khóa ký:",
        en="Shown this once, good once within 10 minutes. On the computer with your "
        "key, run:",
    ),
    "signing.download": Text(vi="Tải tệp đã ký", en="Download the signed file"),
    "signing.look_again": Text(vi="Xem lại tình trạng", en="Look again"),
    "signing.reached": Text(vi="Mức đạt được", en="Level reached"),
    f"signing_role.{SignerRole.PERSON}": Text(
        vi="Người có thẩm quyền", en="Authorised person"
    ),
    f"signing_role.{SignerRole.AGENCY_SEAL}": Text(
        vi="Cơ quan (con dấu)", en="Agency (seal)"
    ),
    f"signing_level.{SignatureLevel.B_B}": Text(vi="cơ bản", en="basic"),
    f"signing_level.{SignatureLevel.B_T}": Text(
        vi="có dấu thời gian", en="with a time stamp"
    ),
    f"signing_level.{SignatureLevel.B_LT}": Text(
        vi="kèm dữ liệu kiểm tra lâu dài", en="with long-term evidence"
    ),
    f"signing_level.{SignatureLevel.B_LTA}": Text(vi="lưu trữ", en="archival"),
    f"signing_verdict.{Indication.TOTAL_PASSED}": Text(
        vi="chữ ký hợp lệ", en="the signature is valid"
    ),
    f"signing_verdict.{Indication.INDETERMINATE}": Text(
        vi="chưa kết luận được", en="undecided"
    ),
    f"signing_verdict.{Indication.TOTAL_FAILED}": Text(
        vi="chữ ký KHÔNG hợp lệ", en="the signature is NOT valid"
    ),
    f"signing_state.{TaskState.DRAFT}": Text(vi="đang soạn", en="being prepared"),
    f"signing_state.{TaskState.WAITING}": Text(
        vi="chờ phần mềm ký dùng mã", en="waiting for the client to use the code"
    ),
    f"signing_state.{TaskState.LAPSED}": Text(
        vi="mã đã hết hạn; hãy lấy mã khác", en="the code has lapsed; get another"
    ),
    f"signing_state.{TaskState.OPENED}": Text(
        vi="phần mềm ký đã nhận văn bản", en="the client has the document"
    ),
    f"signing_state.{SigningState.PREPARED}": Text(
        vi="đã chuẩn bị, chờ chữ ký", en="prepared, waiting for the signature"
    ),
    f"signing_state.{SigningState.COMPLETING}": Text(
        vi="đang hoàn tất", en="being completed"
    ),
    f"signing_state.{SigningState.SIGNED}": Text(vi="đã ký", en="signed"),
    f"signing_state.{SigningState.EXPIRED}": Text(vi="đã hết hạn", en="expired"),
    f"signing_state.{SigningState.REFUSED}": Text(vi="bị từ chối", en="refused"),
}
