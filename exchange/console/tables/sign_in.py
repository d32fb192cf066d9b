"""Pages of signing in."""

from exchange.console.pages import second_factor, sign_in
from exchange.domain.roles import AccessRole
from exchange.http.route import Route

_PEOPLE = frozenset(AccessRole) - {AccessRole.SYSTEM}

SIGN_IN_PAGES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/",
        operation_id="home",
        summary="Bàn làm việc / desk",
        handler=sign_in.home,
        allowed=_PEOPLE,
    ),
    Route(
        method="GET",
        path="/sign-in",
        operation_id="signInForm",
        summary="Đăng nhập / sign in",
        handler=sign_in.sign_in_form,
        is_open=True,
    ),
    Route(
        method="POST",
        path="/sign-in",
        operation_id="signIn",
        summary="Đăng nhập / sign in",
        handler=sign_in.signed_in,
        is_open=True,
    ),
    Route(
        method="POST",
        path="/sign-in/certificate",
        operation_id="signInByCertificate",
        summary="Đăng nhập bằng chứng thư số / sign in by certificate",
        handler=sign_in.signed_in_by_certificate,
        is_open=True,
    ),
    Route(
        method="POST",
        path="/sign-out",
        operation_id="signOut",
        summary="Đăng xuất / sign out",
        handler=sign_in.signed_out,
        is_open=True,
    ),
    Route(
        method="POST",
        path="/sign-out/everywhere",
        operation_id="signOutEverywhere",
        summary="Đăng xuất mọi nơi / sign out everywhere",
        handler=sign_in.signed_out_everywhere,
        is_open=True,
    ),
    Route(
        method="GET",
        path="/password",
        operation_id="passwordForm",
        summary="Đổi mật khẩu / change the password",
        handler=sign_in.password_form,
        is_open=True,
    ),
    Route(
        method="POST",
        path="/password",
        operation_id="changePassword",
        summary="Đổi mật khẩu / change the password",
        handler=sign_in.password_changed,
        is_open=True,
    ),
    Route(
        method="GET",
        path="/second-factor",
        operation_id="secondFactorForm",
        summary="Đăng ký xác thực hai lớp / enrol a second factor",
        handler=second_factor.second_factor_form,
        allowed=_PEOPLE,
    ),
    Route(
        method="POST",
        path="/second-factor",
        operation_id="enrolSecondFactor",
        summary="Đăng ký xác thực hai lớp / enrol a second factor",
        handler=second_factor.enrolled,
        allowed=_PEOPLE,
    ),
    Route(
        method="GET",
        path="/role",
        operation_id="roleForm",
        summary="Chọn vai trò / choose a role",
        handler=sign_in.role_form,
        is_open=True,
    ),
    Route(
        method="POST",
        path="/role",
        operation_id="chooseRole",
        summary="Chọn vai trò / choose a role",
        handler=sign_in.role_chosen,
        is_open=True,
    ),
    Route(
        method="GET",
        path="/language/{language}",
        operation_id="chooseLanguage",
        summary="Đổi ngôn ngữ / change the language",
        handler=sign_in.language_chosen,
        is_open=True,
    ),
)
