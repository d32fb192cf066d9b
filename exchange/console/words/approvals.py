"""Words of requests for certificates."""

from pki.registration.records import RequestState
from schemas.errors import Text

WORDS: dict[str, Text] = {
    "approvals.title": Text(vi="Duyệt chứng thư", en="Certificate requests"),
    "approvals.elsewhere": Text(
        vi="CA không chạy trong tiến trình này. Hãy duyệt tại nơi có CA: "
        "lienthong pki requests, approve, refuse.",
        en="The CA is not in this process. Decide where it is: "
        "lienthong pki requests, approve, refuse.",
    ),
    "approvals.request": Text(vi="Yêu cầu", en="Request"),
    "approvals.kind": Text(vi="Loại", en="Kind"),
    "approvals.name": Text(vi="Tên trong chứng thư", en="Name in the certificate"),
    "approvals.given": Text(vi="Đã duyệt", en="Approved by"),
    "approvals.submitted": Text(vi="Nộp lúc", en="Submitted"),
    "approvals.submitter": Text(vi="Người nộp", en="Submitted by"),
    "approvals.key": Text(vi="Khóa", en="Key"),
    "approvals.asks_for": Text(
        vi="Yêu cầu tự khai (không dùng)", en="What the request says (not used)"
    ),
    "approvals.days": Text(vi="Số ngày", en="Days"),
    "approvals.by_profile": Text(vi="theo loại chứng thư", en="as its kind allows"),
    "approvals.lint": Text(vi="Kiểm tra trước khi ký", en="Inspection before signing"),
    "approvals.lint_good": Text(vi="đạt mọi quy tắc", en="keeps every rule"),
    "approvals.serial": Text(vi="Số hiệu chứng thư", en="Serial number"),
    "approvals.decide": Text(vi="Quyết định", en="Decide"),
    "approvals.two_persons": Text(
        vi="Mỗi người duyệt bằng tài khoản và mật khẩu quầy của mình; một người không "
        "duyệt hai lần, người nộp không tự duyệt.",
        en="Each approves with an account and a desk passphrase of their own; nobody "
        "twice, and nobody what they submitted.",
    ),
    "approvals.operator": Text(vi="Tên tại quầy đăng ký", en="Name at the desk"),
    "approvals.passphrase": Text(vi="Mật khẩu tại quầy", en="Desk passphrase"),
    "approvals.approve": Text(vi="Duyệt", en="Approve"),
    "approvals.refuse": Text(vi="Từ chối", en="Refuse"),
    f"request.{RequestState.PENDING}": Text(vi="chờ duyệt", en="waits"),
    f"request.{RequestState.APPROVED}": Text(vi="đã duyệt, đang cấp", en="approved"),
    f"request.{RequestState.ISSUED}": Text(vi="đã cấp", en="issued"),
    f"request.{RequestState.REFUSED}": Text(vi="bị từ chối", en="refused"),
    f"request.{RequestState.EXPIRED}": Text(vi="quá hạn", en="expired"),
}
