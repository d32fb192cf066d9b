"""Signing in and out, and choosing a role and a language."""

from contextlib import AbstractContextManager
from dataclasses import replace

from aiohttp import web

from exchange.console.forms import fields_of
from exchange.console.keys import ACCOUNTS, CONSOLE, FEDERATION, GUARD, VISITOR
from exchange.console.problem_page import card_of
from exchange.console.rendering import page, see_other, visitor_of
from exchange.console.session import (
    forget_session,
    keep_session,
    proven_certificate,
    session_in,
    token_in,
)
from exchange.console.visiting import (
    BACK,
    LANGUAGE_COOKIE,
    ROLE_PATH,
    SIGN_IN_PATH,
)
from exchange.console.visitor import Visitor
from exchange.console.words.catalogue import LANGUAGES
from exchange.domain.directory import standing
from exchange.domain.roles import AccessRole
from exchange.domain.sessions import SignInWay
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.problems import status_of
from exchange.http.request import site_of_peer
from exchange.usecases.accounts.keeping import change_password
from exchange.usecases.accounts.signing_in import (
    SignedIn,
    SignIn,
    choose_role,
    forget,
    sign_in,
    sign_in_by_certificate,
    sign_out,
    sign_out_everywhere,
)
from schemas.errors import CodedError, ErrorCode
from schemas.identifiers import OrganId

_HOME = "/"
_A_YEAR_SECONDS = 365 * 24 * 3600


async def home(request: web.Request) -> web.StreamResponse:
    """Show where a person can go from here."""
    return page(request, "home.html")


async def sign_in_form(request: web.Request) -> web.StreamResponse:
    """Ask who it is."""
    return asking(request, back=request.query.get(BACK, ""))


def asking(
    request: web.Request,
    *,
    account: str = "",
    back: str = "",
    error: CodedError | None = None,
) -> web.Response:
    """Answer with the page that asks who it is.

    Args:
        request: what is answered.
        account: that was typed before.
        back: the page that was asked for; empty for none.
        error: why nobody is signed in yet.
    """
    federation = request.app.get(FEDERATION)
    return page(
        request,
        "sign_in.html",
        status=status_of(error.code) if error else 200,
        account=account,
        back=back,
        card=card_of(error) if error else None,
        by_certificate=request.app[CONSOLE].client_ca is not None,
        provider=federation.provider.settings.name if federation else "",
    )


def trying(request: web.Request) -> AbstractContextManager[None]:
    """Count what is refused within the block against the peer's address."""
    return request.app[GUARD].trying(site_of_peer(request))


async def signed_in_by_certificate(request: web.Request) -> web.StreamResponse:
    """Begin a session of whom the certificate of the connection is bound to.

    The browser asked for it during the handshake; TLS proved the key.
    """
    back = (await fields_of(request)).text(BACK)
    try:
        with trying(request):
            digest = proven_certificate(request)
            found = await sign_in_by_certificate(request.app[ACCOUNTS], digest)
    except ExchangeError as error:
        return asking(request, back=back, error=error)
    return await begun(request, found, back)


async def signed_in(request: web.Request) -> web.StreamResponse:
    """Begin a session, or say that it does not begin with these."""
    fields = await fields_of(request)
    command = SignIn(
        account=fields.text("account"),
        password=fields.exactly("password"),
        code=fields.text("code"),
    )
    back = fields.text(BACK)
    try:
        with trying(request):
            found = await sign_in(request.app[ACCOUNTS], command)
    except ExchangeError as error:
        return asking(request, account=command.account, back=back, error=error)
    return await begun(request, found, back)


async def begun(request: web.Request, found: SignedIn, back: str) -> web.StreamResponse:
    """Hand a session that began to the browser, in place of the one it had."""
    await forget(request.app[ACCOUNTS], token_in(request))
    response = see_other(_own_path(back) if found.session.role else ROLE_PATH)
    keep_session(request, response, found.token)
    return response


async def signed_out(request: web.Request) -> web.StreamResponse:
    """End the session; one that has ended by itself is as good."""
    try:
        found = await session_in(request)
    except ExchangeError as error:
        if error.code is ErrorCode.SESSION_MISSING:
            return _forgotten(request)
        raise
    await sign_out(request.app[ACCOUNTS], found)
    return await _left(request, found)


async def signed_out_everywhere(request: web.Request) -> web.StreamResponse:
    """End all sessions of the person, wherever they are open."""
    found = await session_in(request)
    await sign_out_everywhere(request.app[ACCOUNTS], found)
    return await _left(request, found)


async def _left(request: web.Request, found: SignedIn) -> web.StreamResponse:
    """Lead whom a provider signed in to where they sign out there too."""
    federation = request.app.get(FEDERATION)
    if federation is None or found.session.way is not SignInWay.PROVIDER:
        return _forgotten(request)
    address = await federation.sign_out_address()
    if not address:
        return _forgotten(request)
    request[VISITOR] = Visitor(language=visitor_of(request).language)
    response = page(request, "onward.html", onward=address, words="sign_in.also_there")
    forget_session(request, response)
    return response


def _forgotten(request: web.Request) -> web.StreamResponse:
    response = see_other(SIGN_IN_PATH)
    forget_session(request, response)
    return response


async def password_form(request: web.Request) -> web.StreamResponse:
    """Ask for a new password."""
    await session_in(request)
    return page(request, "password.html", card=None)


async def password_changed(request: web.Request) -> web.StreamResponse:
    """Set one's own password; all sessions end, so one signs in with it."""
    found, fields = await session_in(request), await fields_of(request)
    old, new = fields.exactly("old"), fields.exactly("new")
    try:
        _require_same(new, fields.exactly("again"))
        await change_password(request.app[ACCOUNTS], found.account, old=old, new=new)
    except ExchangeError as error:
        status, card = status_of(error.code), card_of(error)
        return page(request, "password.html", status=status, card=card)
    return _forgotten(request)


def _require_same(new: str, again: str) -> None:
    if new != again:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="again")


async def role_form(request: web.Request) -> web.StreamResponse:
    """Show the roles a person may act in."""
    account = (await session_in(request)).account
    now = request.app[ACCOUNTS].now()
    directory = request.app[SERVICES].storage.directory
    choices = []
    for grant in account.grants_at(now):
        agency = await directory.agency(grant.agency) if grant.agency else None
        choices.append((grant, standing(agency, now).name if agency else ""))
    return page(request, "role.html", choices=choices)


async def role_chosen(request: web.Request) -> web.StreamResponse:
    """Act in another role from now on."""
    fields = await fields_of(request)
    agency = fields.text("agency")
    try:
        role = AccessRole(fields.text("role"))
    except ValueError as error:
        raise ExchangeError(ErrorCode.ROLE_NOT_ALLOWED, place="role") from error
    await choose_role(
        request.app[ACCOUNTS],
        await session_in(request),
        role,
        OrganId(agency) if agency else None,
    )
    return see_other(_HOME)


async def language_chosen(request: web.Request) -> web.StreamResponse:
    """Speak another language from now on; nothing else changes."""
    language = request.match_info["language"]
    if language not in LANGUAGES:
        raise ExchangeError(ErrorCode.NOT_FOUND)
    request[VISITOR] = replace(visitor_of(request), language=language)
    response = see_other(_own_path(request.query.get(BACK, _HOME)))
    response.set_cookie(
        LANGUAGE_COOKIE, language, path="/", max_age=_A_YEAR_SECONDS, samesite="Strict"
    )
    return response


def _own_path(path: str) -> str:
    """Return a path of this console; anything else leads home."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() else _HOME
