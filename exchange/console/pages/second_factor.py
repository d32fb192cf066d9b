"""A person enrols their own second factor."""

from base64 import b64decode, b64encode

from aiohttp import web

from exchange.console.forms import Fields, fields_of
from exchange.console.keys import ACCOUNTS
from exchange.console.problem_page import card_of
from exchange.console.rendering import page, visitor_of
from exchange.domain.accounts import Account
from exchange.errors import ExchangeError
from exchange.http.problems import status_of
from exchange.usecases.accounts.enrolling import (
    Enrolment,
    begin_totp,
    enrol_totp,
    go_on_with_totp,
)
from schemas.errors import ErrorCode


async def second_factor_form(request: web.Request) -> web.StreamResponse:
    """Show a new secret; nothing is stored before its application gave a code."""
    return _asking(request, await _begun(request))


async def enrolled(request: web.Request) -> web.StreamResponse:
    """Take the secret whose application shows the right code.

    Who mistypes it is asked for another code of the same secret.
    """
    fields, account = await fields_of(request), _account(request)
    try:
        await enrol_totp(
            request.app[ACCOUNTS],
            account,
            password=fields.exactly("password"),
            sealed=_sealed(fields),
            code=fields.text("code"),
        )
    except ExchangeError as error:
        is_refused = error.code is ErrorCode.SIGN_IN_REFUSED
        began = await _begun(request, _sealed(fields) if is_refused else None)
        return _asking(request, began, error=error)
    return page(request, "second_factor.html", done=True, card=None)


def _sealed(fields: Fields) -> bytes:
    try:
        return b64decode(fields.text("sealed"), validate=True)
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="sealed") from error


async def _begun(request: web.Request, sealed: bytes | None = None) -> Enrolment:
    office, account = request.app[ACCOUNTS], _account(request).account_id
    if sealed is None:
        return await begin_totp(office, account)
    return await go_on_with_totp(office, account, sealed)


def _asking(
    request: web.Request, began: Enrolment, *, error: ExchangeError | None = None
) -> web.Response:
    return page(
        request,
        "second_factor.html",
        status=status_of(error.code) if error else 200,
        done=False,
        card=card_of(error) if error else None,
        address=began.address,
        sealed=b64encode(began.sealed).decode(),
    )


def _account(request: web.Request) -> Account:
    account = visitor_of(request).account
    if account is None:
        raise ExchangeError(ErrorCode.SESSION_MISSING)
    return account
