"""Ways to answer: XML, JSON, and bytes that are streamed."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

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


async def stream(
    request: web.Request,
    chunks: AsyncIterator[bytes],
    *,
    headers: Mapping[str, str],
    status: int = 200,
) -> web.StreamResponse:
    """Answer with bytes that are read while they are sent.

    What goes wrong before the first byte is an error like any other; afterwards the
    connection is cut, so that no peer takes a part for the whole.
    """
    first = await anext(chunks, b"")
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    try:
        with cut_on_failure(request):
            await response.write(first)
            async for chunk in chunks:
                await response.write(chunk)
            await response.write_eof()
    except CodedError as error:
        _log.error("stream.broken", code=error.code, place=error.place)
    return response


@contextmanager
def cut_on_failure(request: web.Request) -> Iterator[None]:
    """Cut the connection when an answer that was begun fails, whatever of.

    The error goes on and is written down like any other; the problem document that
    is made of it would stand in the middle of the answer, and reaches nobody.
    """
    try:
        yield
    except BaseException:
        if request.transport is not None:
            request.transport.abort()
        raise
