"""Words of the directory and of merging agencies."""

from schemas.errors import Text
from schemas.vocabulary import AgencyChange

WORDS: dict[str, Text] = {
    "directory.title": Text(vi="Danh bạ cơ quan", en="Directory"),
    "directory.search": Text(
        vi="Tìm theo tên (không cần dấu) hoặc mã",
        en="Search by name (marks do not matter) or code",
    ),
    "directory.top": Text(vi="Cấp cao nhất", en="Top"),
    "directory.about": Text(vi="Thông tin về {name}", en="About {name}"),
    "directory.choose": Text(vi="Chọn", en="Choose"),
    "directory.code": Text(vi="Mã", en="Code"),
    "directory.code_2016": Text(vi="Mã 13 ký tự", en="Code of 2016"),
    "directory.name": Text(vi="Tên", en="Name"),
    "directory.level": Text(vi="Cấp", en="Level"),
    "directory.parent": Text(vi="Cấp trên", en="Above it"),
    "directory.children": Text(vi="Trực thuộc", en="Below it"),
    "directory.open": Text(vi="hoạt động", en="open"),
    "directory.closed": Text(vi="đã chấm dứt", en="closed"),
    "directory.merge_chosen": Text(
        vi="Sáp nhập các cơ quan đã chọn…", en="Merge the chosen agencies…"
    ),
    "directory.at_date": Text(vi="Xem tại ngày", en="As of the day"),
    "directory.look": Text(vi="Xem", en="Show"),
    "directory.standing": Text(vi="Tại ngày {day}", en="On {day}"),
    "directory.valid": Text(vi="Hiệu lực", en="Valid"),
    "directory.successors": Text(vi="Cơ quan kế thừa", en="Succeeded by"),
    "directory.systems": Text(
        vi="Hệ thống được đứng tên", en="Systems that act for it"
    ),
    "directory.none": Text(vi="không có", en="none"),
    "directory.show_below": Text(
        vi="Xem các cơ quan trực thuộc", en="Show the agencies below it"
    ),
    "directory.former": Text(vi="Trước đây", en="Before"),
    "directory.until": Text(vi="Đến ngày", en="Until"),
    "directory.delegations": Text(vi="Ủy quyền đang hiệu lực", en="Delegations"),
    "directory.events": Text(vi="Thay đổi đã ghi nhận", en="Recorded changes"),
    "directory.recorded": Text(vi="ghi nhận {at}", en="recorded {at}"),
    "merge.title": Text(vi="Sáp nhập cơ quan", en="Merge agencies"),
    "merge.stage_fill": Text(vi="1. Khai báo", en="1. Fill in"),
    "merge.stage_effects": Text(
        vi="2. Xem hệ quả và xác nhận", en="2. Look at the effects and confirm"
    ),
    "merge.sources": Text(vi="Cơ quan được sáp nhập", en="Agencies that merge"),
    "merge.more": Text(
        vi="Thêm mã (cách nhau bằng dấu cách)", en="More codes, separated by spaces"
    ),
    "merge.into": Text(vi="Mã cơ quan về sau", en="Code of the agency afterwards"),
    "merge.name": Text(
        vi="Tên, nếu là cơ quan mới (để trống nếu đã có)",
        en="Its name if it is new (leave empty if it exists)",
    ),
    "merge.parent": Text(
        vi="Mã cấp trên, nếu khác trước", en="Code above it, if another than before"
    ),
    "merge.effective": Text(
        vi="Ngày hiệu lực (để trống: ngay bây giờ)", en="In force from (empty: now)"
    ),
    "merge.reason": Text(vi="Lý do", en="Reason"),
    "merge.legal_basis": Text(
        vi="Căn cứ pháp lý (số nghị quyết, quyết định)",
        en="Legal basis (number of the resolution or decision)",
    ),
    "merge.preview": Text(vi="Xem hệ quả", en="Show the effects"),
    "merge.effects": Text(
        vi="Nếu xác nhận, từ ngày {day}", en="If you confirm, from {day}"
    ),
    "merge.changes": Text(vi="Thay đổi", en="What changes"),
    "merge.ends": Text(vi="chấm dứt từ {day}", en="ends on {day}"),
    "merge.succeeded_by": Text(vi="kế thừa bởi", en="succeeded by"),
    "merge.waiting": Text(
        vi="Văn bản chưa nhận, cơ quan kế thừa vẫn đọc được",
        en="Documents not taken yet; the successor can read them",
    ),
    "merge.amend": Text(vi="Chứng thư cần sửa tên", en="Certificates to amend"),
    "merge.revoke": Text(vi="Chứng thư cần thu hồi", en="Certificates to revoke"),
    "merge.command": Text(vi="Lệnh chạy nơi có CA", en="To be run where the CA is"),
    "merge.systems": Text(
        vi="Hệ thống đang đứng tên (cần giao lại quyền)",
        en="Systems that act for them (rights to be given anew)",
    ),
    "merge.people": Text(
        vi="Người dùng cần giao lại vai trò", en="People to be given roles anew"
    ),
    "merge.lists": Text(
        vi="Danh sách nơi nhận có tên", en="Saved lists that name them"
    ),
    "merge.confirm": Text(vi="Xác nhận sáp nhập", en="Confirm the merger"),
    f"change.{AgencyChange.MERGE}": Text(vi="Sáp nhập", en="Merged"),
    f"change.{AgencyChange.SPLIT}": Text(vi="Chia, tách", en="Split"),
    f"change.{AgencyChange.RENAME}": Text(vi="Đổi tên", en="Renamed"),
    f"change.{AgencyChange.MOVE}": Text(vi="Chuyển cấp trên", en="Moved"),
    f"change.{AgencyChange.CLOSE}": Text(vi="Chấm dứt", en="Closed"),
    f"change.{AgencyChange.RECODE}": Text(vi="Đổi mã", en="Recoded"),
}
