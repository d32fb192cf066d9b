"""Routes of envelopes and their deliveries."""

from exchange.domain.roles import DOCUMENT_DESK, OVERSEERS, READERS
from exchange.http import deliveries, envelopes, events, recalls
from exchange.http.answers import JSON, OCTETS, XML
from exchange.http.route import Query, Route

_EDXML = (XML, "multipart/related")
_AGENCY = Query(name="agency", summary="Mã cơ quan đứng tên / acting agency")
_NAMED_AGENCY = Query(name="agency", summary=_AGENCY.summary, required=True)
_WHOSE_INBOX = Query(
    name="agency", summary="Hộp thư của cơ quan nào / whose inbox; none: all acted for"
)

ENVELOPE_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/envelopes",
        operation_id="acceptEnvelope",
        summary="Gửi văn bản / send a document; 200 repeats the stored receipt",
        handler=envelopes.accept,
        allowed=DOCUMENT_DESK,
        request=_EDXML,
        answers={201: XML, 200: XML},
        is_transfer=True,
        takes_in=True,
    ),
    Route(
        method="POST",
        path="/v1/envelopes:preflight",
        operation_id="preflightEnvelope",
        summary="Hỏi trước khi gửi / would it be accepted, and why not",
        handler=envelopes.preflight,
        allowed=DOCUMENT_DESK,
        request=_EDXML,
        answers={200: JSON},
        also=(XML,),
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/inbox",
        operation_id="readInbox",
        summary="Văn bản đến / what arrived after a cursor, waiting if asked to",
        handler=deliveries.inbox,
        allowed=READERS,
        answers={200: JSON},
        query=(
            _WHOSE_INBOX,
            Query(name="after", summary="Con trỏ / cursor", is_number=True),
            Query(name="wait", summary="Giây chờ / seconds to wait", is_number=True),
            Query(name="limit", summary="Số mục / most items", is_number=True),
            Query(
                name="lease",
                summary="Giữ riêng bao nhiêu giây / seconds to have the items alone",
                is_number=True,
            ),
        ),
    ),
    Route(
        method="GET",
        path="/v1/inbox/events",
        operation_id="followInbox",
        summary="Theo dõi văn bản đến / the inbox as server-sent events",
        handler=events.inbox_events,
        allowed=READERS,
        answers={200: events.EVENTS},
        query=(
            _WHOSE_INBOX,
            Query(name="after", summary="Con trỏ / cursor", is_number=True),
        ),
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}",
        operation_id="readEnvelope",
        summary="Tải nguyên gói / the raw body as it was sent, or a range",
        handler=envelopes.body,
        allowed=READERS,
        answers={200: OCTETS, 206: OCTETS},
        also=_EDXML,
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/attachments/{n}",
        operation_id="readAttachment",
        summary="Tải tệp đính kèm / the content of an attachment, or a range",
        handler=envelopes.attachment,
        allowed=READERS,
        answers={200: OCTETS, 206: OCTETS},
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/receipt",
        operation_id="readReceipt",
        summary="Biên nhận / the acceptance receipt",
        handler=envelopes.receipt,
        allowed=OVERSEERS,
        answers={200: XML},
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/receipts",
        operation_id="acknowledgeDelivery",
        summary="Xác nhận đã nhận / acknowledge a delivery",
        handler=deliveries.acknowledge,
        allowed=DOCUMENT_DESK,
        request=(XML, JSON),
        answers={201: XML, 200: XML},
        query=(_NAMED_AGENCY,),
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/status",
        operation_id="reportStatus",
        summary="Báo trạng thái xử lý / report a business status",
        handler=deliveries.status,
        allowed=DOCUMENT_DESK,
        request=_EDXML,
        answers={201: XML, 200: XML},
        takes_in=True,
        query=(_AGENCY,),
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/recall",
        operation_id="recallEnvelope",
        summary="Đề nghị thu hồi / ask a document back: signed status 13, or words",
        handler=recalls.recall,
        allowed=DOCUMENT_DESK,
        request=(*_EDXML, JSON),
        answers={201: XML, 200: XML},
        takes_in=True,
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/trace",
        operation_id="traceEnvelope",
        summary="Đường đi của văn bản / states and steps",
        handler=deliveries.trace,
        allowed=OVERSEERS,
        answers={200: JSON},
        query=(_AGENCY,),
    ),
)
