"""The connections of a listener: how they begin, and what they say when it goes wrong.

What aiohttp cannot read it answers itself, in plain text with pieces of what came, and
logs the same. Here such a request gets a problem document like every other, and the
log learns the kind of error alone.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from ssl import SSLContext

import structlog
from aiohttp import web
from ulid import ULID

from exchange.errors import ExchangeError
from exchange.http.last_connections import stop_accepting
from exchange.http.problems import problem
from schemas.errors import ErrorCode

_KEEPALIVE_SECONDS = 75.0
_OWNER_AND_GROUP = 0o660
_NAME = "lienthong"
_log = structlog.get_logger()


class Connection(web.RequestHandler):
    """One connection; it repeats nothing of what it could not read."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 aiohttp's; it may quote the request
    ) -> web.StreamResponse:
        """Answer a request that could not be read, and close the connection.

        Raises:
            ConnectionError: an answer has been begun.
        """
        occurrence, kind = str(ULID()), type(exc).__name__
        _log.warning("http.unreadable", occurrence=occurrence, error=kind)
        if request.writer.output_size > 0:
            raise ConnectionError(kind)
        is_theirs = status < HTTPStatus.INTERNAL_SERVER_ERROR
        code = ErrorCode.REQUEST_INVALID if is_theirs else ErrorCode.INTERNAL
        response = problem(ExchangeError(code), occurrence=occurrence)
        response.headers["Server"] = _NAME
        response.force_close()
        return response


@asynccontextmanager
async def accepting(
    server: web.Server,
    address: tuple[str, int],
    tls: SSLContext | None,
    *,
    shares_port: bool = False,
) -> AsyncIterator[int]:
    """Accept connections until the end of the block; give the port.

    Args:
        server: answers.
        address: host and port.
        tls: None for a plain listener.
        shares_port: other processes listen there too, each for a part of the peers.

    Raises:
        OSError: the address is taken, or not ours.
    """
    loop = asyncio.get_running_loop()
    host, port = address
    listening = await loop.create_server(
        *(_connections(server), host, port),
        ssl=tls,
        backlog=128,
        reuse_port=shares_port or None,
    )
    try:
        yield int(listening.sockets[0].getsockname()[1])
    finally:
        await stop_accepting(listening)


@asynccontextmanager
async def accepting_locally(server: web.Server, path: Path) -> AsyncIterator[None]:
    """Accept connections on a Unix socket until the end of the block.

    Who may connect, its folder says; the socket itself is for owner and group. One that
    a process left behind is replaced.

    Raises:
        OSError: there is something else, or the path is too long or not ours.
    """
    with _bound(path) as local:
        listening = await asyncio.get_running_loop().create_unix_server(
            _connections(server), sock=local, backlog=128
        )
        try:
            yield
        finally:
            await stop_accepting(listening)


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    """Give a socket at `path`, gone at the end of the block."""
    if path.is_socket():
        path.unlink()
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(path))
        try:
            path.chmod(_OWNER_AND_GROUP)
            yield local
        finally:
            path.unlink(missing_ok=True)


def _connections(server: web.Server) -> Callable[[], Connection]:
    return partial(
        Connection,
        server,
        loop=asyncio.get_running_loop(),
        keepalive_timeout=_KEEPALIVE_SECONDS,
        # Bodies are kept as they come; a compressed one is refused, not inflated.
        auto_decompress=False,
    )


async def unnamed(_request: web.Request, response: web.StreamResponse) -> None:
    """Keep to ourselves which software in which version answers."""
    response.headers["Server"] = _NAME
