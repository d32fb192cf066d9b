"""How requests for time stamps travel: HTTP/1.1 by POST (RFC 3161 3.4).

Only servers that were named are asked, redirects are errors, and everything ends in
time. Blocking: for worker threads and commands. Threads may share a transport.
"""

import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from pki.errors import PkiError
from pki.tsa_reply import RESPONSE_BYTES
from schemas.errors import ErrorCode

SECONDS = 10.0
"""Longest time for one request, from connecting to the last octet."""

_QUERY = "application/timestamp-query"
_REPLY = "application/timestamp-reply"
_SCHEMES = ("http", "https")


class HttpTimeStampTransport:
    """Carries requests to named servers; a `pki.tsa_servers.Transport`.

    Args:
        addresses: of the servers, ``http`` or ``https``; no other is asked.
        anchors: PEM files of the roots believed for ``https``; the operating system's
            are not.
        seconds: longest time for one request.

    Raises:
        PkiError: an address is none, is ``https`` without anchors, or holds a user's
            name or a fragment; or an anchor is unreadable.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        anchors: Sequence[Path] = (),
        seconds: float = SECONDS,
    ) -> None:
        self._servers = {one: _server(one) for one in addresses}
        self._seconds = seconds
        self._tls = _context(anchors) if anchors else None
        secure = any(one.scheme == "https" for one in self._servers.values())
        if secure and self._tls is None:
            raise PkiError(ErrorCode.CONFIGURATION_INVALID, place="server_anchors")

    def __call__(self, address: str, request: bytes) -> bytes:
        """Return the server's response.

        Raises:
            OSError: it was not named, cannot be reached in time, or answers otherwise
                than with one response of a usable size.
        """
        if address not in self._servers:
            raise PermissionError("server is not configured")
        server = self._servers[address]
        connection = self._connection(server)
        try:
            return self._exchange(connection, _target(server), request)
        except HTTPException as error:
            raise ConnectionError(type(error).__name__) from error
        finally:
            connection.close()

    def _connection(self, server: SplitResult) -> HTTPConnection:
        host, port = server.hostname or "", server.port
        if server.scheme == "https":
            return HTTPSConnection(host, port, timeout=self._seconds, context=self._tls)
        return HTTPConnection(host, port, timeout=self._seconds)

    def _exchange(
        self, connection: HTTPConnection, target: str, request: bytes
    ) -> bytes:
        connection.connect()
        # The time-out of a socket counts from octet to octet; this one does not.
        timer = Timer(self._seconds, _cut, (connection.sock,))
        timer.daemon = True
        timer.start()
        try:
            headers = {"Content-Type": _QUERY, "Accept": _REPLY}
            connection.request("POST", target, request, headers)
            with connection.getresponse() as response:
                return _body(response)
        finally:
            timer.cancel()


def _server(address: str) -> SplitResult:
    """Take an address apart.

    Raises:
        PkiError: it is none that may be asked.
    """
    invalid = PkiError(ErrorCode.CONFIGURATION_INVALID, place="servers")
    if not address.isascii() or not address.isprintable() or " " in address:
        raise invalid
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0
    except ValueError as error:
        raise invalid from error
    if parts.scheme not in _SCHEMES or not parts.hostname or not has_port:
        raise invalid
    if parts.username is not None or parts.fragment:
        raise invalid
    return parts


def _target(server: SplitResult) -> str:
    query = f"?{server.query}" if server.query else ""
    return f"{server.path or '/'}{query}"


def _context(anchors: Sequence[Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in anchors:
        try:
            context.load_verify_locations(cafile=path)
        except OSError as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
    return context


def _body(response: HTTPResponse) -> bytes:
    """Return the body of a good answer.

    Raises:
        OSError: any other.
    """
    if response.status != HTTPStatus.OK:
        raise ConnectionError(f"status {response.status}")
    if response.headers.get_content_type() != _REPLY:
        raise ConnectionError("not a time stamp response")
    body = response.read(RESPONSE_BYTES + 1)
    if len(body) > RESPONSE_BYTES:
        raise ConnectionError("response is too large")
    if response.length:
        raise ConnectionError("response is cut off")
    return body


def _cut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
