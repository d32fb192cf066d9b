"""Routes of signatures whose key is elsewhere."""

from exchange.domain.roles import READERS
from exchange.http import signing as remote_signing
from exchange.http.answers import JSON
from exchange.http.form_data import TYPE as FORM
from exchange.http.route import Route

SIGNING_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/signing",
        operation_id="prepareSignature",
        summary="Chuẩn bị ký từ xa / prepare a PDF for a key that is elsewhere",
        handler=remote_signing.prepare,
        allowed=READERS,
        request=(FORM,),
        answers={201: JSON},
        is_transfer=True,
        takes_in=True,
    ),
    Route(
        method="GET",
        path="/v1/signing/{id}",
        operation_id="readSigning",
        summary="Trạng thái phiên ký / state of a signing, and what is to be signed",
        handler=remote_signing.state,
        allowed=READERS,
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/signing/{id}/document",
        operation_id="readPrepared",
        summary="Tệp đã chuẩn bị / the prepared file, or a range of it",
        handler=remote_signing.document,
        allowed=READERS,
        answers={200: remote_signing.PDF, 206: remote_signing.PDF},
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/v1/signing/{id}/signature",
        operation_id="completeSignature",
        summary="Nộp giá trị chữ ký / hand in the signature value, once",
        handler=remote_signing.complete,
        allowed=READERS,
        request=(JSON,),
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/signing/{id}/signed",
        operation_id="readSigned",
        summary="Tệp đã ký / the signed file, or a range of it",
        handler=remote_signing.signed,
        allowed=READERS,
        answers={200: remote_signing.PDF, 206: remote_signing.PDF},
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/v1/signing-tasks",
        operation_id="openSigningTask",
        summary="Nhận việc ký bằng mã một lần / take what a code names, once",
        handler=remote_signing.opened,
        allowed=READERS,
        request=(JSON,),
        answers={200: JSON},
    ),
    Route(
        method="GET",
        path="/v1/signing-tasks/{id}/document",
        operation_id="readSigningTask",
        summary="Văn bản cần ký / the document of a task, to whom has opened it",
        handler=remote_signing.task_document,
        allowed=READERS,
        answers={200: remote_signing.PDF, 206: remote_signing.PDF},
        is_transfer=True,
    ),
)
