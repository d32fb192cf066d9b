"""Pages of requests for certificates."""

from exchange.console.pages import approvals
from exchange.domain.roles import OPERATORS
from exchange.http.route import Route

APPROVAL_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/approvals",
        operation_id="approvals",
        summary="Duyệt chứng thư / requests that wait",
        handler=approvals.approvals,
        allowed=OPERATORS,
    ),
    Route(
        method="GET",
        path="/approvals/{request}",
        operation_id="approval",
        summary="Một yêu cầu chứng thư / one request",
        handler=approvals.approval,
        allowed=OPERATORS,
    ),
    Route(
        method="POST",
        path="/approvals/{request}/{action}",
        operation_id="decideApproval",
        summary="Duyệt hoặc từ chối / approve or refuse",
        handler=approvals.decided,
        allowed=OPERATORS,
    ),
)
