"""Words of every page: header, navigation, problems."""

from schemas.errors import Side, Text

WORDS: dict[str, Text] = {
    "frame.product": Text(vi="Liên thông văn bản", en="Document exchange"),
    "frame.skip": Text(vi="Đến nội dung chính", en="Skip to the content"),
    "frame.navigation": Text(vi="Điều hướng chính", en="Main navigation"),
    "frame.language": Text(vi="English", en="Tiếng Việt"),
    "frame.sign_out": Text(vi="Đăng xuất", en="Sign out"),
    "frame.change_role": Text(vi="Đổi vai trò", en="Change role"),
    "frame.whole_hub": Text(vi="toàn hệ thống", en="the whole hub"),
    "frame.newer": Text(vi="← Mới hơn", en="← Newer"),
    "frame.older": Text(vi="Cũ hơn →", en="Older →"),
    "frame.first": Text(vi="Về đầu danh sách", en="Back to the top of the list"),
    "frame.nothing": Text(vi="Chưa có gì ở đây.", en="There is nothing here yet."),
    "frame.back": Text(vi="Quay lại", en="Back"),
    "frame.home": Text(vi="Trang đầu", en="Home"),
    "frame.search": Text(vi="Tìm", en="Search"),
    "frame.print": Text(vi="In trang này", en="Print this page"),
    "frame.done": Text(vi="Đã thực hiện.", en="Done."),
    "frame.cut": Text(
        vi="Không kết nối được với trục liên thông. Nội dung trên trang vẫn còn; "
        "hãy thử lại khi có mạng.",
        en="The hub cannot be reached. The page keeps what is on it; try again when "
        "the line is back.",
    ),
    "frame.between": Text(
        vi="Câu trả lời không phải của trục liên thông mà của thiết bị hoặc máy chủ "
        "trung gian trên đường truyền. Nội dung trên trang vẫn còn; hãy thử lại, nếu "
        "vẫn vậy hãy báo người quản trị mạng mã trạng thái HTTP:",
        en="The answer is not the hub's but that of something between: a proxy or a "
        "gateway. The page keeps what is on it; try again, and if it stays so tell "
        "whoever runs the network this HTTP status:",
    ),
    "problem.title": Text(vi="Chưa thực hiện được", en="This could not be done"),
    "problem.side": Text(vi="Thuộc về", en="Whose side"),
    "problem.next": Text(vi="Việc cần làm", en="What to do next"),
    "problem.code": Text(vi="Mã lỗi", en="Code"),
    "problem.place": Text(vi="Vị trí", en="Place"),
    "problem.occurrence": Text(vi="Số hiệu sự việc", en="Occurrence"),
    "role.clerk": Text(vi="Văn thư", en="Clerk"),
    "role.official": Text(vi="Người ký", en="Official"),
    "role.operator": Text(vi="Vận hành", en="Operator"),
    "role.auditor": Text(vi="Giám sát", en="Auditor"),
    "role.system": Text(vi="Hệ thống", en="System"),
    f"side.{Side.SENDER}": Text(vi="Bên gửi", en="Sender"),
    f"side.{Side.RECIPIENT}": Text(vi="Bên nhận", en="Recipient"),
    f"side.{Side.SIGNER}": Text(vi="Người ký", en="Signer"),
    f"side.{Side.HUB}": Text(vi="Trục liên thông", en="The hub"),
    f"side.{Side.OPERATOR}": Text(vi="Đơn vị vận hành", en="Operator of the hub"),
    f"side.{Side.FILE}": Text(vi="Bản thân tệp", en="The file itself"),
}
