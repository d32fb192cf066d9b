"""Pages of mail."""

from exchange.console.pages import acting, attachments, mail
from exchange.console.tables.compose import COMPOSE_PAGES
from exchange.domain.roles import AccessRole
from exchange.http.route import Route

_CLERKS = frozenset({AccessRole.CLERK})
_DESK = frozenset({AccessRole.CLERK, AccessRole.OFFICIAL})

MAIL_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/inbox",
        operation_id="inbox",
        summary="Văn bản đến / what arrived",
        handler=mail.inbox,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/outbox",
        operation_id="outbox",
        summary="Văn bản đi / what was sent",
        handler=mail.outbox,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/documents/{id}",
        operation_id="document",
        summary="Một văn bản / one document",
        handler=mail.document,
        allowed=_DESK | {AccessRole.AUDITOR},
    ),
    Route(
        method="POST",
        path="/documents/{id}/take",
        operation_id="take",
        summary="Xác nhận đã nhận / take a document",
        handler=acting.taken,
        allowed=_CLERKS,
    ),
    Route(
        method="POST",
        path="/documents/{id}/status",
        operation_id="report",
        summary="Báo trạng thái / report a status",
        handler=acting.reported,
        allowed=_CLERKS,
        takes_in=True,
    ),
    Route(
        method="POST",
        path="/documents/{id}/answer",
        operation_id="answer",
        summary="Trả lời yêu cầu / answer a request",
        handler=acting.answered,
        allowed=_CLERKS,
        takes_in=True,
    ),
    Route(
        method="POST",
        path="/documents/{id}/recall",
        operation_id="askBack",
        summary="Lấy lại văn bản / ask a document back",
        handler=acting.asked_back,
        allowed=_CLERKS,
        takes_in=True,
    ),
    Route(
        method="GET",
        path="/documents/{id}/attachments/{n}",
        operation_id="attachmentPage",
        summary="Một tệp kèm theo / one attachment",
        handler=attachments.attachment,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/documents/{id}/attachments/{n}/picture",
        operation_id="attachmentPicture",
        summary="Ảnh một trang / a page as a picture",
        handler=attachments.picture,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/documents/{id}/attachments/{n}/verdict",
        operation_id="attachmentVerdict",
        summary="Kết luận về chữ ký / the verdict",
        handler=attachments.verdict,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/documents/{id}/attachments/{n}/report",
        operation_id="attachmentReport",
        summary="Báo cáo về chữ ký / the report",
        handler=attachments.report_page,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/documents/{id}/attachments/{n}/content",
        operation_id="attachmentContent",
        summary="Tải tệp về / save a file",
        handler=attachments.content,
        allowed=_DESK,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/documents/{id}/evidence",
        operation_id="evidence",
        summary="Tải hồ sơ chứng cứ / save the evidence bundle",
        handler=attachments.evidence,
        allowed=_DESK,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/documents/{id}/receipt",
        operation_id="stepReceipt",
        summary="Tải biên nhận của một bước / save the receipt of a step",
        handler=attachments.receipt,
        allowed=_DESK | {AccessRole.AUDITOR},
    ),
    *COMPOSE_PAGES,
)
