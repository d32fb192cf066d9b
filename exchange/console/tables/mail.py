"""Pages of mail."""

from exchange.console.pages import mail
from exchange.domain.roles import AccessRole
from exchange.http.route import Route

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
)
