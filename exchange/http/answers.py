"""Ways to answer: XML, JSON, and bytes that are streamed."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from schemas.errors import CodedError

XML = "application/xml"
JSON = "application/json"
ZIP = "application/zip"
OCTETS = "application/octet-stream"
TEXT = "text/plain"
CERTIFICATE = "application/pkix-cert"
_log = structlog.get_logger()


def xml(
    content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with an XML document."""
    return web.Response(
        body=content, status=status, content_type=XML, headers=headers or {}
    )


def as_json(fields: Mapping[str, object], *, status: int = 200) -> web.Response:
    """Answer with a JSON object."""
    return web.Response(
        body=json.dumps(fields, ensure_ascii=False).encode(),
        status=status,
        content_type=JSON,
    )


@asynccontextmanager
async def begun(
    request: web.Request, *, headers: Mapping[str, str], status: int = 200
) -> AsyncIterator[web.StreamResponse]:
    """Begin an answer that the block writes and ends.

    Whatever keeps the block from its end cuts the connection, so that no peer takes a
    part for the whole.
    """
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    try:
        yield response
    except BaseException:
        _cut(request)
        raise


async def stream(
    request: web.Request,
    chunks: AsyncIterator[bytes],
    *,
    headers: Mapping[str, str],
    status: int = 200,
) -> web.StreamResponse:
    """Answer with bytes that are read while they are sent.

    What goes wrong before the first byte is an error like any other; afterwards the
    connection is cut. Files and cursors behind the bytes are given back at once: what
    a peer that is gone leaves suspended would wait for a search for cycles.
    """
    try:
        first = await anext(chunks, b"")
        async with begun(request, headers=headers, status=status) as response:
            await response.write(first)
            async for chunk in chunks:
                await response.write(chunk)
            await response.write_eof()
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    return response


def require_unanswered(request: web.Request, error: CodedError) -> None:
    """Require that `error` can be told: within an answer it would be bytes of that.

    Raises:
        ConnectionError: an answer has begun; its connection is cut.
    """
    if request.writer.output_size > 0:
        _log.error("stream.broken", code=error.code, place=error.place)
        _cut(request)
        raise ConnectionError(error.code) from error


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
