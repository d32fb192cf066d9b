"""The one table of what can be called; OpenAPI is generated from it."""

from aiohttp import web

from exchange.http import (
    deliveries,
    directory,
    envelopes,
    evidence,
    health,
    verifying,
)
from exchange.http import signing as remote_signing
from exchange.http.answers import JSON, OCTETS, TEXT, XML, ZIP
from exchange.http.form_data import TYPE as FORM
from exchange.http.keys import ROUTES
from exchange.http.openapi import description_handler
from exchange.http.route import Query, Route

_EDXML = (XML, "multipart/related")
_AGENCY = Query(name="agency", summary="Mã cơ quan đứng tên / acting agency")
_NAMED_AGENCY = Query(name="agency", summary=_AGENCY.summary, required=True)
_VARIABLES = {
    "{id}": "{id:[0-9A-HJKMNP-TV-Z]{26}}",
    "{n}": "{n:[1-9][0-9]{0,3}}",
    "{code}": "{code:[A-Za-z0-9._-]{1,35}}",
}

SIGNING_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/signing",
        operation_id="prepareSignature",
        summary="Chuẩn bị ký từ xa / prepare a PDF for a key that is elsewhere",
        handler=remote_signing.prepare,
        request=(FORM,),
        answers={201: JSON},
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/signing/{id}",
        operation_id="readSigning",
        summary="Trạng thái phiên ký / state of a signing, and what is to be signed",
        handler=remote_signing.state,
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/signing/{id}/document",
        operation_id="readPrepared",
        summary="Tệp đã chuẩn bị / the prepared file, or a range of it",
        handler=remote_signing.document,
        answers={200: remote_signing.PDF, 206: remote_signing.PDF},
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/v1/signing/{id}/signature",
        operation_id="completeSignature",
        summary="Nộp giá trị chữ ký / hand in the signature value, once",
        handler=remote_signing.complete,
        request=(JSON,),
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/signing/{id}/signed",
        operation_id="readSigned",
        summary="Tệp đã ký / the signed file, or a range of it",
        handler=remote_signing.signed,
        answers={200: remote_signing.PDF, 206: remote_signing.PDF},
        is_transfer=True,
    ),
)

AGENCY_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/envelopes",
        operation_id="acceptEnvelope",
        summary="Gửi văn bản / send a document; 200 repeats the stored receipt",
        handler=envelopes.accept,
        request=_EDXML,
        answers={201: XML, 200: XML},
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/v1/envelopes:preflight",
        operation_id="preflightEnvelope",
        summary="Hỏi trước khi gửi / would it be accepted, and why not",
        handler=envelopes.preflight,
        request=_EDXML,
        answers={200: JSON},
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/inbox",
        operation_id="readInbox",
        summary="Văn bản đến / what arrived after a cursor, waiting if asked to",
        handler=deliveries.inbox,
        answers={200: JSON},
        query=(
            _NAMED_AGENCY,
            Query(name="after", summary="Con trỏ / cursor", is_number=True),
            Query(name="wait", summary="Giây chờ / seconds to wait", is_number=True),
            Query(name="limit", summary="Số mục / most items", is_number=True),
        ),
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}",
        operation_id="readEnvelope",
        summary="Tải nguyên gói / the raw body exactly as it was sent",
        handler=envelopes.body,
        answers={200: OCTETS},
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/attachments/{n}",
        operation_id="readAttachment",
        summary="Tải tệp đính kèm / the content of an attachment, or a range",
        handler=envelopes.attachment,
        answers={200: OCTETS, 206: OCTETS},
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/receipt",
        operation_id="readReceipt",
        summary="Biên nhận / the acceptance receipt",
        handler=envelopes.receipt,
        answers={200: XML},
    ),
    Route(
        method="POST",
        path="/v1/envelopes/{id}/receipts",
        operation_id="acknowledgeDelivery",
        summary="Xác nhận đã nhận / acknowledge a delivery",
        handler=deliveries.acknowledge,
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
        request=_EDXML,
        answers={201: XML, 200: XML},
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/trace",
        operation_id="traceEnvelope",
        summary="Đường đi của văn bản / states and steps",
        handler=deliveries.trace,
        answers={200: JSON},
        query=(_AGENCY,),
    ),
    Route(
        method="GET",
        path="/v1/envelopes/{id}/evidence",
        operation_id="readEvidence",
        summary="Hồ sơ chứng cứ / the evidence bundle",
        handler=evidence.bundle,
        answers={200: ZIP},
        query=(_AGENCY,),
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/v1/verify",
        operation_id="verifyFile",
        summary="Kiểm tra tệp đã ký / the verdict on a signed file; nothing is kept",
        handler=verifying.verify,
        request=(OCTETS, "application/pdf", XML, "multipart/related", ZIP),
        answers={200: JSON},
        also=(XML, "text/html"),
        query=(Query(name="lang", summary="vi, en: tiếng của trang / of the page"),),
        is_transfer=True,
    ),
    Route(
        method="GET",
        path="/v1/agencies",
        operation_id="listAgencies",
        summary="Danh bạ cơ quan / the directory",
        handler=directory.agencies,
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/agencies/{code}",
        operation_id="readAgency",
        summary="Một cơ quan / one agency, by either form of its code",
        handler=directory.agency,
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/log/head",
        operation_id="readLogHead",
        summary="Đầu nhật ký / the signed tree head of the log",
        handler=evidence.log_head,
        answers={200: XML},
    ),
    *SIGNING_ROUTES,
)

_SEEN_BY_ALL: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/health/live",
        operation_id="isLive",
        summary="Còn chạy / the process answers",
        handler=health.live,
        answers={200: JSON},
        is_open=True,
    ),
    Route(
        method="GET",
        path="/health/ready",
        operation_id="isReady",
        summary="Sẵn sàng / the database answers too",
        handler=health.ready,
        answers={200: JSON},
        is_open=True,
    ),
    Route(
        method="GET",
        path="/openapi.json",
        operation_id="describe",
        summary="Mô tả giao diện / this description",
        handler=description_handler(AGENCY_ROUTES),
        answers={200: JSON},
        is_open=True,
    ),
)

AGENCY_LISTENER: tuple[Route, ...] = (*AGENCY_ROUTES, *_SEEN_BY_ALL)
ADMIN_LISTENER: tuple[Route, ...] = (
    *_SEEN_BY_ALL,
    Route(
        method="GET",
        path="/metrics",
        operation_id="metrics",
        summary="Số đo / counters for operators",
        handler=health.metrics,
        answers={200: TEXT},
        is_open=True,
    ),
)


def add_routes(app: web.Application, routes: tuple[Route, ...]) -> None:
    """Make `routes` callable."""
    app[ROUTES] = {one.operation_id: one for one in routes}
    for route in routes:
        path = route.path
        for variable, pattern in _VARIABLES.items():
            path = path.replace(variable, pattern)
        app.router.add_route(route.method, path, route.handler, name=route.operation_id)


def route_of(request: web.Request) -> Route | None:
    """Return the row of the table that a request matched."""
    return request.app[ROUTES].get(request.match_info.route.name or "")
