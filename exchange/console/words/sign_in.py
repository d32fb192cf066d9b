"""Words of signing in, and of choosing a role."""

from schemas.errors import Text

WORDS: dict[str, Text] = {
    "sign_in.title": Text(vi="Đăng nhập", en="Sign in"),
    "sign_in.account": Text(vi="Tài khoản", en="Account"),
    "sign_in.password": Text(vi="Mật khẩu", en="Password"),
    "sign_in.code": Text(
        vi="Mã xác thực 6 số (nếu đã đăng ký)",
        en="Six-digit code (if you enrolled one)",
    ),
    "sign_in.submit": Text(vi="Đăng nhập", en="Sign in"),
    "sign_in.by_certificate": Text(
        vi="Đăng nhập bằng chứng thư số", en="Sign in with your certificate"
    ),
    "sign_in.certificate_hint": Text(
        vi="Trình duyệt sẽ hỏi chứng thư của bạn; cắm thiết bị lưu khóa trước.",
        en="The browser will ask for your certificate; insert your token first.",
    ),
    "sign_in.by_provider": Text(vi="Đăng nhập bằng {name}", en="Sign in with {name}"),
    "sign_in.onward": Text(vi="Bạn đã đăng nhập", en="You are signed in"),
    "sign_in.go_on": Text(vi="Tiếp tục", en="Go on"),
    "sign_in.also_there": Text(
        vi="Bạn đã đăng xuất ở đây; đang đăng xuất cả ở nhà cung cấp định danh.",
        en="You are signed out here; now sign out of the identity provider too.",
    ),
    "sign_in.beside": Text(
        vi="Đăng nhập lại trong thẻ khác rồi làm tiếp ở đây; phần đã nhập vẫn còn.",
        en="Sign in again in another tab, then go on here; what you wrote is kept.",
    ),
    "sign_in.roles": Text(vi="Chọn vai trò làm việc", en="Choose a role"),
    "sign_in.role_hint": Text(
        vi="Mỗi phiên làm việc đứng tên một cơ quan, trong một vai trò.",
        en="A session acts for one agency, in one role.",
    ),
    "sign_in.no_role": Text(
        vi="Tài khoản này chưa được giao vai trò nào còn hiệu lực. "
        "Hãy liên hệ đơn vị vận hành.",
        en="This account has no role at present. Ask the operator of the hub.",
    ),
    "sign_in.signed_out": Text(vi="Bạn đã đăng xuất.", en="You have signed out."),
    "password.title": Text(vi="Đổi mật khẩu", en="Change your password"),
    "password.hint": Text(
        vi="Ít nhất 12 ký tự; độ dài quan trọng hơn ký tự đặc biệt. Đổi xong, mọi "
        "phiên làm việc kết thúc và bạn đăng nhập lại.",
        en="At least 12 characters; length counts more than symbols. All sessions end "
        "afterwards and you sign in again.",
    ),
    "password.old": Text(vi="Mật khẩu hiện tại", en="Present password"),
    "password.new": Text(vi="Mật khẩu mới", en="New password"),
    "password.again": Text(vi="Nhập lại mật khẩu mới", en="New password once more"),
    "password.submit": Text(vi="Đổi mật khẩu", en="Change password"),
    "second_factor.title": Text(
        vi="Xác thực hai yếu tố", en="Second factor of your account"
    ),
    "second_factor.hint": Text(
        vi="Nhập địa chỉ dưới đây vào ứng dụng xác thực trên điện thoại, rồi gõ mã 6 "
        "số ứng dụng đang hiện. Đăng ký mới thay đăng ký cũ.",
        en="Enter the address below in the authenticator application of your "
        "telephone, then type the six digits it shows. A new one replaces the last.",
    ),
    "second_factor.address": Text(vi="Địa chỉ (bí mật)", en="Address (a secret)"),
    "second_factor.submit": Text(vi="Đăng ký", en="Enrol"),
    "second_factor.done": Text(
        vi="Đã đăng ký. Lần đăng nhập sau cần mã này.",
        en="Enrolled. The next sign-in asks for a code.",
    ),
    "home.everywhere": Text(vi="Đăng xuất mọi nơi", en="Sign out everywhere"),
    "home.account": Text(vi="Tài khoản của bạn", en="Your account"),
    "home.title": Text(vi="Bàn làm việc", en="Desk"),
}
