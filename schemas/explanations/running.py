"""Problems of running the programs."""

from schemas.errors import ErrorCode, Explanation, Side
from schemas.explanations.wording import explanation

EXPLANATIONS: dict[ErrorCode, Explanation] = {
    ErrorCode.CONFIGURATION_INVALID: explanation(
        Side.OPERATOR,
        vi="Cấu hình có mục sai hoặc không được phép.",
        en="A setting is wrong or not allowed.",
        next_vi=(
            "Sửa mục nêu trên trong lienthong.toml hoặc biến môi trường rồi khởi "
            "động lại."
        ),
        next_en=(
            "Correct the setting named in lienthong.toml or the environment, then "
            "start again."
        ),
    ),
    ErrorCode.EXTRA_MISSING: explanation(
        Side.OPERATOR,
        vi="Máy này chưa cài phần mềm cần cho lệnh vừa gọi.",
        en="This command needs software that is not installed here.",
        next_vi="Cài phần bổ sung nêu trên rồi chạy lại.",
        next_en="Install the extra named, then run the command again.",
    ),
    ErrorCode.DATABASE_UNAVAILABLE: explanation(
        Side.OPERATOR,
        vi="Không kết nối được cơ sở dữ liệu.",
        en="The database cannot be reached.",
        next_vi=(
            "Kiểm tra MongoDB đang chạy và địa chỉ kết nối; dữ liệu đã nhận vẫn "
            "an toàn."
        ),
        next_en=(
            "Check that MongoDB runs and its address is right; what was accepted "
            "is safe."
        ),
    ),
    ErrorCode.STORAGE_FULL: explanation(
        Side.OPERATOR,
        vi="Ổ đĩa của trục liên thông sắp hết chỗ nên tạm ngừng nhận văn bản.",
        en="The hub's disk is nearly full, so nothing is taken in for now.",
        next_vi=(
            "Gửi lại đúng văn bản này sau; đơn vị vận hành thêm dung lượng. Văn bản đã "
            "nhận vẫn an toàn và vẫn đọc được."
        ),
        next_en=(
            "Send exactly the same again later; the operator adds room. What was "
            "accepted is safe and can be read."
        ),
    ),
    ErrorCode.HUB_KEY_NOT_BELIEVED: explanation(
        Side.OPERATOR,
        vi=(
            "Chứng thư của chính trục không còn được tin, biên nhận sẽ không có giá "
            "trị, nên tạm ngừng nhận văn bản."
        ),
        en=(
            "The hub's own certificate would not be believed, its receipts neither, so "
            "nothing is taken in for now."
        ),
        next_vi=(
            "Gửi lại đúng văn bản này sau; đơn vị vận hành cấp khóa mới cho trục rồi "
            "khởi động lại dịch vụ."
        ),
        next_en=(
            "Send exactly the same again later; the operator gives the hub a new key "
            "and starts the service again."
        ),
    ),
    ErrorCode.DATABASE_LOCKED: explanation(
        Side.OPERATOR,
        vi="Cơ sở dữ liệu đang được một tiến trình khác sử dụng.",
        en="Another process is using the database.",
        next_vi="Dừng tiến trình kia, hoặc chọn thư mục --var khác, rồi chạy lại.",
        next_en=(
            "Stop the other process or choose another --var folder, then run again."
        ),
    ),
    ErrorCode.DATABASE_NEWER: explanation(
        Side.OPERATOR,
        vi="Cơ sở dữ liệu do phiên bản phần mềm mới hơn tạo ra.",
        en="The database was written by a newer version of the program.",
        next_vi=(
            "Cập nhật phần mềm lên phiên bản mới rồi khởi động lại; không có dữ "
            "liệu nào bị thay đổi."
        ),
        next_en="Update the program, then start again; no data was changed.",
    ),
    ErrorCode.DATABASE_NOT_EMPTY: explanation(
        Side.OPERATOR,
        vi="Cơ sở dữ liệu đích đã có dữ liệu nên không khôi phục vào đó.",
        en="The database already holds something, so nothing is restored into it.",
        next_vi="Chọn thư mục --var mới hoặc cơ sở dữ liệu trống rồi chạy lại.",
        next_en="Name a new --var folder or an empty database, then run again.",
    ),
    ErrorCode.DATABASE_OLDER: explanation(
        Side.OPERATOR,
        vi=(
            "Cơ sở dữ liệu không nối tiếp nhật ký đã biết. Bản sao lưu đã được ghi; "
            "đầu nhật ký đã biết được giữ nguyên."
        ),
        en=(
            "The database does not go on from the known log. The backup was made; the "
            "known head of the log is kept."
        ),
        next_vi=(
            "Tìm xem ai đã đưa dữ liệu cũ trở lại và giữ các bản sao lưu trước; nếu đó "
            "là chủ ý, chuyển VAR/log-head.json sang nơi khác rồi chạy lại."
        ),
        next_en=(
            "Find out who put older data back, and keep the earlier backups; if it was "
            "meant, move VAR/log-head.json elsewhere and run again."
        ),
    ),
    ErrorCode.DATABASE_RESTORING: explanation(
        Side.OPERATOR,
        vi="Cơ sở dữ liệu chưa có gì, hoặc đang khôi phục dở từ bản sao lưu.",
        en="The database holds nothing yet, or is half restored from a backup.",
        next_vi="Chạy lại `lienthong backup restore` đến khi xong rồi khởi động.",
        next_en="Run `lienthong backup restore` again to its end, then start.",
    ),
    ErrorCode.BACKUP_NOT_OPENED: explanation(
        Side.OPERATOR,
        vi="Không mở được bản sao lưu bằng mật khẩu hoặc khóa đã đưa.",
        en="The passphrase or key given does not open the backup.",
        next_vi="Đưa đúng mật khẩu hoặc khóa dùng khi sao lưu.",
        next_en="Give the passphrase or key that the backup was made for.",
    ),
    ErrorCode.BACKUP_DAMAGED: explanation(
        Side.FILE,
        vi="Bản sao lưu không nguyên vẹn; chưa có gì được khôi phục từ đó.",
        en="The backup is not whole; nothing of it is in use.",
        next_vi="Dùng bản sao lưu khác và kiểm tra nơi lưu trữ bản này.",
        next_en="Use another backup, and look at where this one was kept.",
    ),
    ErrorCode.BACKUP_FOREIGN: explanation(
        Side.FILE,
        vi="Bản sao lưu của trục khác, hoặc không do khóa của trục này ký.",
        en="The backup is of another hub, or this hub's key did not sign it.",
        next_vi=(
            "Kiểm tra tệp và cấu hình; nếu trục đã đổi khóa, chỉ ra chứng thư cũ "
            "bằng --signer."
        ),
        next_en=(
            "Check the file and the settings; if the hub has a new key, name the "
            "former certificate with --signer."
        ),
    ),
    ErrorCode.BACKUP_OLDER: explanation(
        Side.OPERATOR,
        vi="Bản sao lưu cũ hơn nhật ký đã biết: khôi phục sẽ mất các mục nêu trên.",
        en="The backup is older than the known log: the entries named would be lost.",
        next_vi=(
            "Dùng bản sao lưu mới hơn; nếu không còn, chạy lại với --accept-loss và "
            "đúng số mục sẽ mất, rồi báo các cơ quan gửi lại."
        ),
        next_en=(
            "Use a later backup; if there is none, run again with --accept-loss and "
            "exactly the number of entries lost, and tell agencies to send again."
        ),
    ),
    ErrorCode.STORED_BYTES_DAMAGED: explanation(
        Side.HUB,
        vi=("Nội dung lưu trữ không còn khớp với lúc tiếp nhận nên không được trả ra."),
        en=(
            "The stored content no longer matches what was accepted, so it is not "
            "handed out."
        ),
        next_vi=(
            "Báo đơn vị vận hành khôi phục từ bản sao lưu; trong lúc đó, đề nghị "
            "bên gửi gửi lại nếu cần gấp."
        ),
        next_en=(
            "Tell the operator to restore it from a backup; if it is urgent, ask "
            "the sender to send it again."
        ),
    ),
    ErrorCode.LIBRARY_MISSING: explanation(
        Side.OPERATOR,
        vi="Thiếu thư viện hệ thống cần thiết.",
        en="A system library is missing.",
        next_vi=(
            "Cài gói nêu trên bằng trình quản lý gói của hệ điều hành rồi chạy lại."
        ),
        next_en=(
            "Install the package named with the system's package manager, then "
            "run again."
        ),
    ),
    ErrorCode.PLATFORM_UNSUPPORTED: explanation(
        Side.OPERATOR,
        vi="Hệ điều hành hoặc bộ xử lý này không chạy được thành phần cần dùng.",
        en=(
            "This operating system or processor cannot run a component that is needed."
        ),
        next_vi=(
            "Dùng máy Linux x86-64 (bộ xử lý có AVX), hoặc khai báo mongodb.uri "
            "tới một MongoDB sẵn có."
        ),
        next_en=(
            "Use Linux on x86-64 (with AVX), or set mongodb.uri to a MongoDB that "
            "already runs."
        ),
    ),
    ErrorCode.USAGE: explanation(
        Side.OPERATOR,
        vi="Lệnh hoặc tham số chưa đúng.",
        en="The command or its arguments are wrong.",
        next_vi="Xem hướng dẫn bằng tùy chọn --help rồi gõ lại.",
        next_en="See --help, then try again.",
    ),
    ErrorCode.FILE_UNREADABLE: explanation(
        Side.OPERATOR,
        vi="Không đọc được tệp.",
        en="The file cannot be read.",
        next_vi="Kiểm tra đường dẫn và quyền đọc của tệp.",
        next_en="Check the path and that you may read it.",
    ),
    ErrorCode.FILE_NOT_WRITTEN: explanation(
        Side.OPERATOR,
        vi="Không ghi được tệp: tệp đã có sẵn hoặc thư mục không cho ghi.",
        en=(
            "The file was not written: it exists already or the folder does not "
            "allow it."
        ),
        next_vi="Chọn tên tệp hoặc thư mục khác rồi chạy lại.",
        next_en="Choose another name or folder, then run again.",
    ),
    ErrorCode.HUB_UNREACHABLE: explanation(
        Side.HUB,
        vi="Không kết nối được với trục liên thông.",
        en="The exchange cannot be reached.",
        next_vi=(
            "Kiểm tra mạng và địa chỉ máy chủ; văn bản vẫn nằm trong hàng chờ và "
            "sẽ được gửi lại."
        ),
        next_en=(
            "Check the network and the address; the document stays in the outbox "
            "and will be sent again."
        ),
    ),
    ErrorCode.HUB_NOT_RECOGNISED: explanation(
        Side.OPERATOR,
        vi="Máy chủ ở địa chỉ này không chứng minh được mình là trục liên thông.",
        en="What answers at this address does not prove that it is the exchange.",
        next_vi=(
            "Kiểm tra ngày giờ của máy này, địa chỉ và tệp authority, và xem có thiết "
            "bị nào mở kết nối ở giữa không; không có gì đã được gửi đi."
        ),
        next_en=(
            "Check the clock of this machine, the address and the authority file, and "
            "whether something in between opens the connection; nothing was sent."
        ),
    ),
    ErrorCode.ANSWER_MALFORMED: explanation(
        Side.HUB,
        vi="Máy chủ trả lời không đúng dạng đã quy định.",
        en="The server's answer does not have the form agreed on.",
        next_vi=(
            "Kiểm tra địa chỉ máy chủ và phiên bản phần mềm; nếu vẫn lỗi, báo đơn "
            "vị vận hành."
        ),
        next_en=(
            "Check the address and the versions of the software; if it persists, "
            "tell the operator."
        ),
    ),
}
