"""Routes of bodies that come in pieces."""

from exchange.domain.roles import DOCUMENT_DESK
from exchange.http import uploads
from exchange.http.answers import OCTETS
from exchange.http.route import Route

UPLOAD_ROUTES: tuple[Route, ...] = (
    Route(
        method="OPTIONS",
        path=uploads.PATH,
        operation_id="describeUploads",
        summary="Khả năng tải lên / what uploads may be (tus 1.0.0)",
        handler=uploads.describe,
        allowed=DOCUMENT_DESK,
        answers={204: OCTETS},
    ),
    Route(
        method="POST",
        path=uploads.PATH,
        operation_id="beginUpload",
        summary="Bắt đầu tải lên từng phần / begin an upload that can be resumed",
        handler=uploads.begin,
        allowed=DOCUMENT_DESK,
        answers={201: OCTETS},
        takes_in=True,
    ),
    Route(
        method="HEAD",
        path=f"{uploads.PATH}/{{id}}",
        operation_id="readUploadOffset",
        summary="Đã nhận đến đâu / how much of it is stored",
        handler=uploads.progress,
        allowed=DOCUMENT_DESK,
        answers={200: OCTETS},
    ),
    Route(
        method="PATCH",
        path=f"{uploads.PATH}/{{id}}",
        operation_id="continueUpload",
        summary="Tải lên phần tiếp theo / the next bytes of an upload",
        handler=uploads.add,
        allowed=DOCUMENT_DESK,
        request=(uploads.PART,),
        answers={204: OCTETS},
        is_transfer=True,
        takes_in=True,
    ),
    Route(
        method="POST",
        path=f"{uploads.PATH}/{{id}}",
        operation_id="overrideUploadMethod",
        summary="Phương thức khác qua POST / another method, by X-HTTP-Method-Override",
        handler=uploads.override,
        allowed=DOCUMENT_DESK,
        request=(uploads.PART,),
        answers={200: OCTETS, 204: OCTETS},
        is_transfer=True,
        takes_in=True,
    ),
    Route(
        method="DELETE",
        path=f"{uploads.PATH}/{{id}}",
        operation_id="discardUpload",
        summary="Bỏ phần đã tải lên / remove an upload",
        handler=uploads.remove,
        allowed=DOCUMENT_DESK,
        answers={204: OCTETS},
    ),
)
