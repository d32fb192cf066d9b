"""Handlers: tokens of systems."""

from hashlib import sha256

from aiohttp import web

from exchange.domain.tokens import Scope
from exchange.errors import ExchangeError
from exchange.http import answers
from exchange.http.json_body import json_object, texts_member
from exchange.http.keys import AUTHENTICATOR, SERVICES
from exchange.http.request import caller_of
from exchange.usecases.issue_token import IssueToken, issue_token
from schemas.errors import ErrorCode
from schemas.identifiers import parse_organ_id
from schemas.timestamps import format_utc


async def issue(request: web.Request) -> web.Response:
    """POST /v1/tokens."""
    fields = await json_object(request, known=("agencies", "scopes"))
    der = request.app[AUTHENTICATOR].certificate(request)
    issued = await issue_token(
        request.app[SERVICES],
        IssueToken(
            caller=caller_of(request),
            certificate=sha256(der).hexdigest() if der else "",
            agencies=frozenset(map(parse_organ_id, texts_member(fields, "agencies"))),
            scopes=frozenset(map(_scope, texts_member(fields, "scopes"))),
        ),
    )
    claims = issued.claims
    fields_told = {
        "access_token": issued.text,
        "token_type": "Bearer",
        "expires_in": int((claims.expires_at - claims.issued_at).total_seconds()),
        "expires_at": format_utc(claims.expires_at),
        "scope": " ".join(sorted(claims.scopes)),
        "agencies": sorted(claims.agencies),
    }
    response = answers.as_json(fields_told)
    response.headers["Cache-Control"] = "no-store"
    return response


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="scopes") from error
