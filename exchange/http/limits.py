"""Sizes and times of one request, ahead of everything that would read it."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from exchange.errors import ExchangeError
from schemas.errors import ErrorCode

_PLAIN = "identity"

_SLOWEST = 1024
"""Bytes in a second; who sends less keeps a place from those who send."""


def require_length(request: web.Request, *, limit: int) -> None:
    """Refuse a body that announces more than `limit` bytes, or is compressed.

    Raises:
        ExchangeError: it does (BODY_TOO_LARGE), it is (CONTENT_TYPE_UNSUPPORTED).
    """
    coding = request.headers.get("Content-Encoding", _PLAIN)
    if coding.strip().lower() != _PLAIN:
        raise ExchangeError(
            ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Encoding"
        )
    if (request.content_length or 0) > limit:
        raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="Content-Length")


def require_readable(request: web.Request) -> None:
    """Refuse header fields that are no UTF-8: nothing here stores half a character.

    Raises:
        ExchangeError: one is not (ENCODING_NOT_UTF8); its place is the field's name.
    """
    for name, value in request.raw_headers:
        try:
            value.decode()
        except UnicodeDecodeError as error:
            place = name.decode(errors="replace")
            raise ExchangeError(ErrorCode.ENCODING_NOT_UTF8, place=place) from error


async def body_chunks(
    request: web.Request, *, idle_seconds: float
) -> AsyncIterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        ExchangeError: nothing came for too long, or hardly anything
            (REQUEST_TIMEOUT).
    """
    clock = asyncio.get_running_loop().time
    began, received = clock(), 0
    while True:
        # What has come already needs no deadline, nor does the end.
        chunk = request.content.read_nowait()
        if not chunk and not request.content.at_eof():
            due = began + idle_seconds + received / _SLOWEST
            chunk = await _next(request, min(idle_seconds, due - clock()))
        if not chunk:
            return
        received += len(chunk)
        yield chunk


async def _next(request: web.Request, seconds: float) -> bytes:
    """Wait for more of a body; nothing is its end."""
    try:
        async with asyncio.timeout(seconds):
            return await request.content.readany()
    except TimeoutError as error:
        raise ExchangeError(ErrorCode.REQUEST_TIMEOUT) from error


async def small_body(request: web.Request, *, limit: int, idle_seconds: float) -> bytes:
    """Return a body of at most `limit` bytes.

    Raises:
        ExchangeError: it is empty, larger, or comes too slowly.
    """
    require_length(request, limit=limit)
    body = bytearray()
    async for chunk in body_chunks(request, idle_seconds=idle_seconds):
        body += chunk
        if len(body) > limit:
            raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="body")
    if not body:
        raise ExchangeError(ErrorCode.BODY_EMPTY)
    return bytes(body)
