"""Streams of news for pages that are open."""

from exchange.console.pages import live
from exchange.domain.roles import OPERATORS, AccessRole
from exchange.http.events import EVENTS
from exchange.http.route import Handler, Route

_DESK = frozenset({AccessRole.CLERK, AccessRole.OFFICIAL})
_AUDITORS = frozenset({AccessRole.AUDITOR})


def _stream(
    path: str, operation_id: str, handler: Handler, allowed: frozenset[AccessRole]
) -> Route:
    return Route(
        method="GET",
        path=f"/live{path}",
        operation_id=operation_id,
        summary="Theo dõi thay đổi / hints that there is news",
        handler=handler,
        allowed=allowed,
        answers={200: EVENTS},
        is_transfer=True,
    )


LIVE_STREAMS: tuple[Route, ...] = (
    _stream("/inbox", "inboxNews", live.inbox_news, _DESK),
    _stream("/signing", "signingNews", live.signing_news, _DESK),
    _stream("/signing/{id}", "taskNews", live.task_news, _DESK),
    _stream(
        "/operations", "operationsNews", live.operations_news, OPERATORS | _AUDITORS
    ),
    _stream("/documents/{id}", "documentNews", live.document_news, _DESK | _AUDITORS),
)
