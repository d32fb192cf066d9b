"""The session of a request, and its cookie.

The cookie is not sent with requests other sites cause (SameSite=Strict), is not
readable by scripts, and over TLS is bound to this host (RFC 6265bis 4.1.3.2). A session
that began by certificate counts only while the connection proves the same key and its
certificate holds.
"""

from hashlib import sha256

from aiohttp import web

from exchange.console.keys import ACCOUNTS, IS_SECURE
from exchange.console.rendering import is_look
from exchange.domain.sessions import SignInWay
from exchange.errors import ExchangeError
from exchange.http.auth import require_valid_client
from exchange.http.keys import SERVICES
from exchange.http.passed_certificate import connection_certificate
from exchange.usecases.accounts.signing_in import SignedIn, session_of
from pki.purposes import KeyPurpose
from schemas.errors import CodedError, ErrorCode


async def session_in(request: web.Request) -> SignedIn:
    """Return the session of whoever asks.

    Raises:
        ExchangeError: there is none (SESSION_MISSING).
    """
    der = connection_certificate(request)
    found = await session_of(
        request.app[ACCOUNTS],
        token_in(request),
        certificate=sha256(der).hexdigest() if der else "",
        is_used=not is_look(request),
    )
    if found.session.way is SignInWay.CERTIFICATE:
        _require_still_valid(request)
    return found


def _require_still_valid(request: web.Request) -> None:
    try:
        proven_certificate(request)
    except CodedError as error:
        raise ExchangeError(ErrorCode.SESSION_MISSING) from error


def proven_certificate(request: web.Request) -> str:
    """Return SHA-256 of the certificate whose key the connection proved.

    Raises:
        ExchangeError: there is none (CLIENT_CERTIFICATE_MISSING), it is no one to sign
            in by or does not hold now (CLIENT_CERTIFICATE_REFUSED), or the hub cannot
            tell (REVOCATION_UNCHECKED, REVOCATION_STALE).
    """
    der = connection_certificate(request)
    if der is None:
        raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_MISSING)
    require_valid_client(request.app[SERVICES], der, KeyPurpose.TLS_PERSON)
    return sha256(der).hexdigest()


def token_in(request: web.Request) -> str:
    """Return the token a browser keeps; empty without one."""
    return request.cookies.get(_cookie_name(request), "")


def keep_session(
    request: web.Request, response: web.StreamResponse, token: str
) -> None:
    """Hand the session to the browser."""
    response.set_cookie(
        _cookie_name(request),
        token,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=request.app[IS_SECURE],
    )


def forget_session(request: web.Request, response: web.StreamResponse) -> None:
    """Take the session from the browser."""
    response.del_cookie(
        _cookie_name(request),
        path="/",
        secure=request.app[IS_SECURE],
        samesite="Strict",
    )


def _cookie_name(request: web.Request) -> str:
    return "__Host-session" if request.app[IS_SECURE] else "session"
