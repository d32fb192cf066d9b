"""Routes of the directory, of lists of recipients and of delegations."""

from exchange.domain.roles import ANYBODY_KNOWN, DOCUMENT_DESK
from exchange.http import delegations, directory, recipient_lists
from exchange.http.answers import JSON, XML
from exchange.http.route import Query, Route

_OWNER = Query(name="agency", summary="Mã cơ quan / acting agency", required=True)

DIRECTORY_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/agencies",
        operation_id="listAgencies",
        summary="Danh bạ cơ quan / the directory, or what changed since a version",
        handler=directory.agencies,
        allowed=ANYBODY_KNOWN,
        answers={200: JSON},
        query=(
            Query(name="since", summary="Phiên bản / version", is_number=True),
            Query(name="page", summary="Trang tiếp theo / the page that follows"),
            Query(name="limit", summary="Số mục / most items", is_number=True),
        ),
    ),
    Route(
        method="GET",
        path="/v1/agencies/{code}",
        operation_id="readAgency",
        summary="Một cơ quan / one agency, as it is on record or at a moment",
        handler=directory.agency,
        allowed=ANYBODY_KNOWN,
        answers={200: JSON},
        query=(Query(name="at", summary="Thời điểm / a day or a time"),),
    ),
    Route(
        method="GET",
        path="/v1/lists",
        operation_id="listRecipientLists",
        summary="Các danh sách nơi nhận / saved lists of recipients",
        handler=recipient_lists.every,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
        query=(_OWNER,),
    ),
    Route(
        method="GET",
        path="/v1/lists/{name}",
        operation_id="readRecipientList",
        summary="Một danh sách nơi nhận / one list",
        handler=recipient_lists.one,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
        query=(_OWNER,),
    ),
    Route(
        method="PUT",
        path="/v1/lists/{name}",
        operation_id="saveRecipientList",
        summary="Lưu danh sách nơi nhận / save a list",
        handler=recipient_lists.save,
        allowed=DOCUMENT_DESK,
        request=(JSON,),
        answers={200: JSON},
        query=(_OWNER,),
    ),
    Route(
        method="DELETE",
        path="/v1/lists/{name}",
        operation_id="removeRecipientList",
        summary="Xóa danh sách nơi nhận / remove a list",
        handler=recipient_lists.remove,
        allowed=DOCUMENT_DESK,
        answers={204: JSON},
        query=(_OWNER,),
    ),
    Route(
        method="GET",
        path="/v1/delegations",
        operation_id="listDelegations",
        summary="Các ủy quyền / delegations given and received",
        handler=delegations.every,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
        query=(_OWNER,),
    ),
    Route(
        method="POST",
        path="/v1/delegations",
        operation_id="fileDelegation",
        summary="Nộp ủy quyền đã đóng dấu số / file a sealed delegation",
        handler=delegations.file,
        allowed=DOCUMENT_DESK,
        request=(XML,),
        answers={201: JSON},
    ),
    Route(
        method="POST",
        path="/v1/delegations/{digest}/revocation",
        operation_id="revokeDelegation",
        summary="Chấm dứt ủy quyền / revoke a delegation of one's own",
        handler=delegations.revoke,
        allowed=DOCUMENT_DESK,
        answers={200: JSON},
    ),
)
