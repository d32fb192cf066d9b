"""Routes of tokens."""

from exchange.domain.roles import AccessRole
from exchange.http import tokens
from exchange.http.answers import JSON
from exchange.http.route import Route

TOKEN_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/tokens",
        operation_id="issueToken",
        summary="Xin mã truy cập ngắn hạn / a short token of this certificate",
        handler=tokens.issue,
        allowed=frozenset({AccessRole.SYSTEM}),
        request=(JSON,),
        answers={200: JSON},
    ),
)
