"""Pages of those who keep the hub running, and of those who watch them."""

from exchange.console.pages import audit, deliveries, operations
from exchange.console.tables.approvals import APPROVAL_PAGES
from exchange.console.tables.registers import REGISTER_PAGES
from exchange.domain.roles import OPERATORS, AccessRole
from exchange.http.route import Route

_WATCHERS = OPERATORS | {AccessRole.AUDITOR}

OPERATIONS_PAGES: tuple[Route, ...] = (
    *APPROVAL_PAGES,
    *REGISTER_PAGES,
    Route(
        method="GET",
        path="/operations",
        operation_id="operations",
        summary="Vận hành / how the hub is",
        handler=operations.dashboard,
        allowed=_WATCHERS,
    ),
    Route(
        method="POST",
        path="/operations/maintenance",
        operation_id="switchMaintenance",
        summary="Bảo trì / begin or end maintenance",
        handler=operations.maintenance_switched,
        allowed=OPERATORS,
    ),
    Route(
        method="POST",
        path="/operations/check",
        operation_id="checkParts",
        summary="Hỏi thử TSA, OCSP / ask the authorities now",
        handler=operations.parts_checked,
        allowed=OPERATORS,
    ),
    Route(
        method="GET",
        path="/audit",
        operation_id="audit",
        summary="Nhật ký giám sát / the audit trail",
        handler=audit.audit,
        allowed=frozenset({AccessRole.AUDITOR}),
    ),
    Route(
        method="GET",
        path="/deliveries",
        operation_id="deliveries",
        summary="Chuyển giao theo tình trạng / deliveries by state",
        handler=deliveries.deliveries,
        allowed=_WATCHERS,
    ),
    Route(
        method="GET",
        path="/deliveries/{id}",
        operation_id="delivery",
        summary="Mọi lần chuyển của một gói tin / all attempts for one envelope",
        handler=deliveries.delivery,
        allowed=_WATCHERS,
    ),
    Route(
        method="POST",
        path="/deliveries/{id}/{action}",
        operation_id="tendDelivery",
        summary="Chuyển lại, cho qua, cách ly / resend, let through, quarantine",
        handler=deliveries.tended,
        allowed=OPERATORS,
    ),
)
