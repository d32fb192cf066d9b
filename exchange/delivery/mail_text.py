"""What a notice says by mail: where to look; nothing of a document."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from exchange.domain.mail_address import address_header
from exchange.domain.notices import Notice, NoticeEvent

_SUBJECTS = {
    NoticeEvent.ARRIVED: "Có văn bản mới trên trục liên thông / New document",
    NoticeEvent.OVERDUE: "Văn bản quá hạn trên trục liên thông / Overdue document",
    NoticeEvent.TEST: "Thử thông báo của trục liên thông / Test notice",
}
_WORDS = {
    NoticeEvent.ARRIVED: (
        "có một văn bản mới đang chờ trong hộp đến của cơ quan trên trục liên thông.",
        "a new document waits in your agency's inbox on the exchange.",
    ),
    NoticeEvent.OVERDUE: (
        "có một văn bản đã quá hạn xử lý của cơ quan trên trục liên thông.",
        "a document is overdue at your agency on the exchange.",
    ),
    NoticeEvent.TEST: ("đây là thư thử.", "this is a test."),
}


def mail_of(
    notice: Notice, *, sender: str, recipient: str, hub_id: str
) -> EmailMessage:
    """Write the mail of a notice; the same notice has the same Message-ID.

    Raises:
        ValueError: an address is none.
    """
    vietnamese, english = _WORDS[notice.event]
    envelope = notice.envelope_id or "-"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = address_header("From", sender)
    mail["To"] = address_header("To", recipient)
    mail["Subject"] = _SUBJECTS[notice.event]
    mail["Date"] = format_datetime(notice.created_at)
    mail["Message-ID"] = f"<{notice.notice_id}@{hub_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"Kính gửi cơ quan {notice.agency},\n{vietnamese}\n"
        f"Mã trên trục: {envelope}\n"
        "Thư tự động, không chứa nội dung văn bản; xin mở hệ thống quản lý văn bản.\n"
        "\n"
        f"To agency {notice.agency}:\n{english}\n"
        f"Id on the exchange: {envelope}\n"
        "An automatic message without any of the document; please open your document "
        "system.\n"
    )
    return mail
