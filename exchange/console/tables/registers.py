"""Pages of registers and statistics."""

from exchange.console.pages import registers as pages
from exchange.domain.roles import READERS, AccessRole
from exchange.http import registers
from exchange.http.route import Route

_DESK = READERS - {AccessRole.SYSTEM}
_COUNTS = _DESK | {AccessRole.AUDITOR, AccessRole.OPERATOR}

REGISTER_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/registers",
        operation_id="register",
        summary="Sổ đăng ký văn bản / registers",
        handler=pages.register,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/registers/incoming.csv",
        operation_id="incomingRegisterFile",
        summary="Sổ văn bản đến, CSV / register of what arrived",
        handler=registers.incoming_register,
        allowed=_DESK,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/registers/outgoing.csv",
        operation_id="outgoingRegisterFile",
        summary="Sổ văn bản đi, CSV / register of what was sent",
        handler=registers.outgoing_register,
        allowed=_DESK,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/statistics",
        operation_id="statistics",
        summary="Thống kê theo tháng / counts by month",
        handler=pages.counts,
        allowed=_COUNTS,
    ),
    Route(
        method="GET",
        path="/statistics.csv",
        operation_id="statisticsFile",
        summary="Thống kê theo tháng, CSV / counts by month",
        handler=pages.counts_file,
        allowed=_COUNTS,
    ),
    Route(
        method="GET",
        path="/registers/incoming.pdf",
        operation_id="incomingRegisterPrinted",
        summary="Sổ văn bản đến, PDF / register of what arrived",
        handler=registers.incoming_register,
        allowed=_DESK,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/registers/outgoing.pdf",
        operation_id="outgoingRegisterPrinted",
        summary="Sổ văn bản đi, PDF / register of what was sent",
        handler=registers.outgoing_register,
        allowed=_DESK,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/statistics.pdf",
        operation_id="statisticsPrinted",
        summary="Thống kê theo tháng, PDF / counts by month",
        handler=pages.counts_file,
        allowed=_COUNTS,
        is_transfer=True,
    ),
)
