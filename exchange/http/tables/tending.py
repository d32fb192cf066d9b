"""Routes of what was sent and is not acknowledged, what is held, failed or stuck."""

from exchange.domain.roles import DOCUMENT_DESK, OPERATORS, OVERSEERS
from exchange.http import tending
from exchange.http.answers import JSON
from exchange.http.route import Query, Route

_AGENCY = Query(name="agency", summary="Mã cơ quan / agency")
_PAGE = (
    Query(name="after", summary="Khóa trang trước / key of the last one seen"),
    Query(name="limit", summary="Số mục / most items", is_number=True),
)

TENDING_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/outbox",
        operation_id="readOutbox",
        summary="Văn bản đi, từng nơi nhận / what was sent, recipient by recipient",
        handler=tending.outbox,
        allowed=OVERSEERS,
        answers={200: JSON},
        query=(
            Query(name="agency", summary=_AGENCY.summary, required=True),
            Query(name="unacknowledged", summary="true: chưa xác nhận / not taken yet"),
            *_PAGE,
        ),
    ),
    Route(
        method="GET",
        path="/v1/deliveries",
        operation_id="listDeliveries",
        summary="Lượt giao theo tình trạng / deliveries in one state",
        handler=tending.deliveries,
        allowed=OPERATORS,
        answers={200: JSON},
        query=(
            Query(name="state", summary="Tình trạng / state", required=True),
            *_PAGE,
        ),
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/release",
        operation_id="releaseDelivery",
        summary="Thôi tạm giữ / let a held delivery through, or quarantine it",
        handler=tending.release,
        allowed=DOCUMENT_DESK | OPERATORS,
        request=(JSON,),
        answers={200: JSON},
        query=(_AGENCY,),
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/resend",
        operation_id="resendDelivery",
        summary="Giao lại / offer a stuck delivery again",
        handler=tending.resend,
        allowed=OPERATORS,
        request=(JSON,),
        answers={200: JSON},
        query=(_AGENCY,),
    ),
)
