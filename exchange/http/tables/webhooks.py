"""Routes of webhooks."""

from exchange.domain.roles import DOCUMENT_DESK
from exchange.http import webhooks
from exchange.http.answers import JSON
from exchange.http.route import Query, Route

_AGENCY = Query(name="agency", summary="Mã cơ quan / agency", required=True)

WEBHOOK_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/webhooks",
        operation_id="registerWebhook",
        summary="Đăng ký webhook / register an endpoint for notices",
        handler=webhooks.register,
        allowed=DOCUMENT_DESK,
        request=(JSON,),
        answers={201: JSON},
        query=(_AGENCY,),
    ),
    Route(
        method="GET",
        path="/v1/webhooks",
        operation_id="listWebhooks",
        summary="Webhook của cơ quan / an agency's endpoints",
        handler=webhooks.listed,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
        query=(_AGENCY,),
    ),
    Route(
        method="GET",
        path="/v1/webhooks/{id}",
        operation_id="readWebhook",
        summary="Một webhook / one endpoint, and the key that signs its notices",
        handler=webhooks.read,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
    ),
    Route(
        method="PUT",
        path="/v1/webhooks/{id}",
        operation_id="changeWebhook",
        summary="Sửa webhook / change an endpoint",
        handler=webhooks.change,
        allowed=DOCUMENT_DESK,
        request=(JSON,),
        answers={200: JSON},
    ),
    Route(
        method="DELETE",
        path="/v1/webhooks/{id}",
        operation_id="forgetWebhook",
        summary="Bỏ webhook / forget an endpoint",
        handler=webhooks.forget,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{id}/test",
        operation_id="testWebhook",
        summary="Gửi thử / send a test notice",
        handler=webhooks.test,
        allowed=DOCUMENT_DESK,
        answers={202: JSON},
    ),
    Route(
        method="GET",
        path="/v1/webhooks/{id}/notices",
        operation_id="listNotices",
        summary="Thông báo và các lần gửi / notices with their attempts",
        handler=webhooks.notices,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
        query=(
            Query(name="state", summary="waiting, sent, dead_letter"),
            Query(name="after", summary="Mã cuối đã xem / id of the last one seen"),
            Query(name="limit", summary="Số mục / most items", is_number=True),
        ),
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{id}/resend",
        operation_id="resendNotice",
        summary="Gửi lại thông báo / send a dead letter again",
        handler=webhooks.resend,
        allowed=DOCUMENT_DESK,
        request=(JSON,),
        answers={202: JSON},
    ),
)
