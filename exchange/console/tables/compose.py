"""Pages of writing a document."""

from dataclasses import replace

from exchange.console.pages import compose
from exchange.domain.roles import AccessRole
from exchange.http.route import Route
from exchange.http.tables.uploads import UPLOAD_ROUTES

_CLERKS = frozenset({AccessRole.CLERK})

COMPOSE_PAGES: tuple[Route, ...] = (
    # Files that are sent ahead of the form.
    *(replace(one, allowed=_CLERKS) for one in UPLOAD_ROUTES),
    Route(
        method="GET",
        path="/compose",
        operation_id="letterForm",
        summary="Soạn văn bản / write a document",
        handler=compose.letter_form,
        allowed=_CLERKS,
    ),
    Route(
        method="GET",
        path="/compose/recipients",
        operation_id="foundRecipients",
        summary="Tìm nơi nhận / find recipients",
        handler=compose.found_recipients,
        allowed=_CLERKS,
    ),
    Route(
        method="POST",
        path="/compose/check",
        operation_id="checkLetter",
        summary="Kiểm tra trước khi gửi / check before sending",
        handler=compose.checked,
        allowed=_CLERKS,
    ),
    Route(
        method="POST",
        path="/compose",
        operation_id="sendLetter",
        summary="Gửi văn bản / send a document",
        handler=compose.sent,
        allowed=_CLERKS,
        is_transfer=True,
        takes_in=True,
    ),
)
