"""Whoever tries passwords at many accounts is held by the address."""

from contextlib import ExitStack

import pytest

from exchange.console.sign_in_guard import WRONG_TRIES, SignInGuard, is_near
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode
from tests.support.console import running_console
from tests.support.world import make_world

FAR = "192.0.2.1"


def tried(
    guard: SignInGuard, site: str, code: ErrorCode | None = ErrorCode.SIGN_IN_REFUSED
) -> ErrorCode | None:
    """Try once, ending in `code`; return what came of it."""
    try:
        with guard.trying(site):
            end_in(code)
    except ExchangeError as error:
        return error.code
    return None


def end_in(code: ErrorCode | None) -> None:
    if code is not None:
        raise ExchangeError(code)


def test_address_with_many_wrong_tries_waits_and_others_do_not() -> None:
    guard = SignInGuard(lambda: 0.0)
    for _ in range(WRONG_TRIES):
        assert tried(guard, FAR) is ErrorCode.SIGN_IN_REFUSED

    assert tried(guard, FAR, None) is ErrorCode.TOO_MANY_REQUESTS
    assert tried(guard, "192.0.2.2", None) is None


def test_tries_at_once_count_like_tries_one_after_another() -> None:
    guard = SignInGuard(lambda: 0.0)
    with ExitStack() as under_way:
        for _ in range(WRONG_TRIES):
            under_way.enter_context(guard.trying(FAR))
        assert tried(guard, FAR, None) is ErrorCode.TOO_MANY_REQUESTS

    assert tried(guard, FAR, None) is None


@pytest.mark.parametrize("code", [None, ErrorCode.IDENTITY_PROVIDER_UNAVAILABLE])
def test_what_is_no_wrong_try_does_not_count(code: ErrorCode | None) -> None:
    guard = SignInGuard(lambda: 0.0)
    for _ in range(WRONG_TRIES + 1):
        tried(guard, FAR, code)

    assert tried(guard, FAR, None) is None


@pytest.mark.parametrize(
    ("site", "near"),
    [("", True), ("127.0.0.1", True), (FAR, False), ("2001:db8::/64", False)],
)
def test_proxy_on_this_machine_counts_itself(site: str, *, near: bool) -> None:
    assert is_near(site) is near


async def test_page_says_to_wait_once_there_were_too_many_wrong_tries() -> None:
    guard = SignInGuard(lambda: 0.0, is_exempt=lambda _: False)
    async with (
        running_console(await make_world(), guard=guard) as console,
        console.visit() as visit,
    ):
        for number in range(WRONG_TRIES):
            page = await visit.sign_in(f"ai.do{number}", "không phải mật khẩu này")
            assert page.status == 401
        page = await visit.sign_in("thu.van")

    assert page.status == 429
    assert ErrorCode.TOO_MANY_REQUESTS in page.text
