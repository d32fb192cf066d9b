"""Pages of mail."""

from exchange.console.pages import acting, mail
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
    *COMPOSE_PAGES,
)
