"""Small JSON objects that callers send."""

import json
from collections.abc import Collection, Mapping

from aiohttp import web

from exchange.errors import ExchangeError
from exchange.http.answers import JSON
from exchange.http.keys import LIMITS
from exchange.http.limits import small_body
from exchange.http.request import media_type_of
from schemas.errors import ErrorCode

_LONGEST_TEXT = 2048


async def json_object(
    request: web.Request, *, known: Collection[str]
) -> Mapping[str, object]:
    """Read the body, an object without other members than those known.

    Raises:
        ExchangeError: it is too large, of another type (CONTENT_TYPE_UNSUPPORTED), or
            no such object (REQUEST_INVALID, the member is named).
    """
    if media_type_of(request) != JSON:
        raise ExchangeError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
    limits = request.app[LIMITS]
    content = await small_body(
        request, limit=limits.small_body_bytes, idle_seconds=limits.idle_seconds
    )
    fields = object_in(content, place="body")
    if unknown := sorted(set(fields) - set(known)):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=unknown[0][:64])
    return fields


def object_in(content: bytes, *, place: str) -> Mapping[str, object]:
    """Read an object whose texts are Unicode: JSON can spell half a surrogate pair.

    Raises:
        ExchangeError: it is none (REQUEST_INVALID, the place is named).
    """
    try:
        fields = json.loads(content)
        json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place) from error
    if not isinstance(fields, dict):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
    return fields


def text_member(
    fields: Mapping[str, object], name: str, *, default: str | None = None
) -> str:
    """Return a text; without a default it must be there.

    Raises:
        ExchangeError: it is none, or too long (REQUEST_INVALID).
    """
    found = fields.get(name, default)
    if not isinstance(found, str) or len(found) > _LONGEST_TEXT:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return found


def texts_member(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a list of texts; none if it is not there.

    Raises:
        ExchangeError: it is no list of texts (REQUEST_INVALID).
    """
    found = fields.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return tuple(found)
