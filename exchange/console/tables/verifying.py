"""Pages of verifying files."""

from exchange.console.pages import verifying
from exchange.domain.roles import AccessRole
from exchange.http.form_data import TYPE as FORM
from exchange.http.route import Route

_PEOPLE = frozenset(AccessRole) - {AccessRole.SYSTEM}

VERIFYING_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/verify",
        operation_id="verifyForm",
        summary="Kiểm tra chữ ký / verify a file",
        handler=verifying.verify_form,
        allowed=_PEOPLE,
    ),
    Route(
        method="POST",
        path="/verify",
        operation_id="verifyUploaded",
        summary="Kiểm tra chữ ký / verify a file",
        handler=verifying.verified,
        allowed=_PEOPLE,
        request=(FORM,),
        is_transfer=True,
    ),
)
