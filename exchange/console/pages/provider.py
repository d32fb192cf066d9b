"""Signing in and out by an identity provider.

The page that begins is asked for by our own pages alone, and the answer is taken by a
page that leads on: a redirect from another site would not carry the session's cookie
(SameSite=Strict), and a form may be sent nowhere else (Content-Security-Policy).
"""

import re
from typing import Final

from aiohttp import web

from exchange.console.federation import Federation, new_token
from exchange.console.keys import ACCOUNTS, FEDERATION, IS_SECURE
from exchange.console.pages.sign_in import asking, trying
from exchange.console.rendering import page
from exchange.console.session import keep_session, token_in
from exchange.console.visiting import ROLE_PATH, require_own_site
from exchange.domain.accounts import Grant, Identity
from exchange.errors import ExchangeError
from exchange.usecases.accounts.office import AccountOffice
from exchange.usecases.accounts.signing_in import forget, sign_in_by_identity
from exchange.usecases.accounts.trying import note_refused
from schemas.errors import ErrorCode

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TEN_MINUTES: Final = 600


async def begun(request: web.Request) -> web.StreamResponse:
    """Lead to the provider."""
    federation = _federation(request)
    require_own_site(request)
    browser = request.cookies.get(_cookie_name(request), "")
    if not _TOKEN.fullmatch(browser):
        browser = new_token()
    try:
        address = await federation.begin(browser)
    except ExchangeError as error:
        return asking(request, error=error)
    await forget(request.app[ACCOUNTS], token_in(request))
    response = web.Response(status=303, headers={"Location": address})
    # Lax: the provider's page leads back with it.
    response.set_cookie(
        _cookie_name(request),
        browser,
        path="/",
        max_age=_TEN_MINUTES,
        httponly=True,
        samesite="Lax",
        secure=request.app[IS_SECURE],
    )
    return response


async def finished(request: web.Request) -> web.StreamResponse:
    """Take the provider's answer, and begin a session of whom it names."""
    federation, office = _federation(request), request.app[ACCOUNTS]
    try:
        with trying(request):
            identity, grants = await _named(office, federation, request)
            found = await sign_in_by_identity(office, identity, grants)
    except ExchangeError as error:
        return asking(request, error=error)
    onward = "/" if found.session.role else ROLE_PATH
    response = page(request, "onward.html", onward=onward, words="sign_in.onward")
    keep_session(request, response, found.token)
    return response


async def _named(
    office: AccountOffice, federation: Federation, request: web.Request
) -> tuple[Identity, tuple[Grant, ...] | None]:
    """Return whom the provider names, and the roles it gives.

    Raises:
        ExchangeError: its answer is not believed, which is on the audit trail.
    """
    browser = request.cookies.get(_cookie_name(request), "")
    try:
        return await federation.finish(browser, dict(request.query))
    except ExchangeError as error:
        await note_refused(office, error.code)
        raise


def _federation(request: web.Request) -> Federation:
    """Return the provider's side.

    Raises:
        ExchangeError: nobody signs in so here (NOT_FOUND).
    """
    found = request.app.get(FEDERATION)
    if found is None:
        raise ExchangeError(ErrorCode.NOT_FOUND)
    return found


def _cookie_name(request: web.Request) -> str:
    return "__Host-provider" if request.app[IS_SECURE] else "provider"
