"""What an operator sees of an account: whether it is locked, and how one signs in."""

from collections.abc import Iterator
from datetime import datetime

from exchange.commands.words import local_time
from exchange.domain.accounts import Account
from schemas.errors import Text

_HOW = (
    Text("mật khẩu", "password"),
    Text("hai yếu tố", "second factor"),
    Text("chứng thư", "certificate"),
    Text("định danh", "identity"),
)


def standing(account: Account, now: datetime) -> Text:
    """Say what keeps a person from signing in, if anything does."""
    if account.is_disabled:
        return Text("khóa", "locked")
    until = account.locked_until
    if until is not None and now < until:
        at = local_time(until)
        return Text(f"sai mật khẩu, chờ đến {at}", f"wrong passwords, until {at}")
    if not account.grants_at(now):
        return Text("không còn vai trò", "no role")
    if account.must_change:
        return Text("phải đổi mật khẩu", "must change the password")
    return Text("dùng được", "in use")


def ways_in(account: Account) -> Iterator[Text]:
    """Yield how a person signs in."""
    has = (account.password, account.totp, account.certificates, account.identities)
    for text, one in zip(_HOW, has, strict=True):
        if one:
            yield text
