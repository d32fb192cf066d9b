"""Pages of signing."""

from exchange.console.pages import signing
from exchange.domain.roles import AccessRole
from exchange.http.form_data import TYPE as FORM
from exchange.http.route import Route

_DESK = frozenset({AccessRole.CLERK, AccessRole.OFFICIAL})

SIGNING_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/signing",
        operation_id="signingList",
        summary="Ký văn bản / what one asked to sign",
        handler=signing.signing_list,
        allowed=_DESK,
    ),
    Route(
        method="POST",
        path="/signing",
        operation_id="signingUploaded",
        summary="Nộp văn bản cần ký / hand in a document to sign",
        handler=signing.uploaded,
        allowed=_DESK,
        request=(FORM,),
        is_transfer=True,
    ),
    Route(
        method="POST",
        path="/signing/attachment",
        operation_id="signingAttachment",
        summary="Ký tệp của văn bản / sign an attachment",
        handler=signing.attachment_chosen,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/signing/{id}",
        operation_id="signingTask",
        summary="Một việc ký / one task of signing",
        handler=signing.task_page,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/signing/{id}/page/{n}",
        operation_id="signingPage",
        summary="Một trang của văn bản / a page of the document",
        handler=signing.page_picture,
        allowed=_DESK,
    ),
    Route(
        method="POST",
        path="/signing/{id}/code",
        operation_id="signingCode",
        summary="Lấy mã ký một lần / get the code for one's client",
        handler=signing.code_given,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/signing/{id}/state",
        operation_id="signingProgress",
        summary="Tình trạng việc ký / how far it is",
        handler=signing.state_part,
        allowed=_DESK,
    ),
    Route(
        method="GET",
        path="/signing/{id}/signed",
        operation_id="signingResult",
        summary="Tệp đã ký / the signed file",
        handler=signing.signed_file,
        allowed=_DESK,
        is_transfer=True,
    ),
)
