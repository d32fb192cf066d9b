"""Routes of registers, statistics and what is overdue."""

from exchange.domain.roles import DOCUMENT_DESK, OVERSEERS, READERS
from exchange.http import registers
from exchange.http.answers import JSON
from exchange.http.route import Query, Route

_AGENCY = Query(name="agency", summary="Mã cơ quan / agency", required=True)
_DAYS = (
    Query(name="from", summary="Từ ngày / first day (2026-01-31)", required=True),
    Query(name="to", summary="Đến ngày / last day", required=True),
)

REGISTER_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/registers/incoming",
        operation_id="readIncomingRegister",
        summary="Sổ đăng ký văn bản đến / register of what arrived",
        handler=registers.incoming_register,
        allowed=READERS,
        answers={200: registers.CSV},
        also=(registers.PDF,),
        query=(_AGENCY, *_DAYS),
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/registers/outgoing",
        operation_id="readOutgoingRegister",
        summary="Sổ đăng ký văn bản đi / register of what was sent",
        handler=registers.outgoing_register,
        allowed=READERS,
        answers={200: registers.CSV},
        also=(registers.PDF,),
        query=(_AGENCY, *_DAYS),
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/register-number",
        operation_id="tellRegisterNumber",
        summary="Số đến / number under which a document is registered",
        handler=registers.register_number,
        allowed=DOCUMENT_DESK,
        request=(JSON,),
        answers={200: JSON},
        query=(_AGENCY,),
    ),
    Route(
        method="GET",
        path="/v1/overdue",
        operation_id="listOverdue",
        summary="Văn bản quá hạn / what is overdue",
        handler=registers.overdue,
        allowed=OVERSEERS,
        answers={200: JSON},
        query=(
            _AGENCY,
            Query(name="after", summary="Khóa trang trước / key of the last one seen"),
            Query(name="limit", summary="Số mục / most items", is_number=True),
        ),
    ),
    Route(
        method="GET",
        path="/v1/statistics",
        operation_id="readStatistics",
        summary="Thống kê theo tháng / counts by month",
        handler=registers.counts,
        allowed=OVERSEERS,
        answers={200: JSON},
        also=(registers.CSV, registers.PDF),
        query=(
            _AGENCY,
            Query(
                name="from", summary="Từ tháng / first month (2026-01)", required=True
            ),
            Query(name="to", summary="Đến tháng / last month", required=True),
            Query(name="below", summary="true: cả cấp dưới / agencies below too"),
            Query(name="level", summary="Chỉ cấp này / only of this level"),
            Query(name="by_level", summary="true: gộp theo cấp / one row for a level"),
        ),
        is_transfer=True,
    ),
)
