"""Asking servers that were named over HTTP/1.1, with an end to everything.

Redirects are errors; answers have a type and a greatest size. Blocking: for worker
threads and commands. Threads may share what is here.
"""

import socket
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from pki.errors import PkiError
from schemas.errors import ErrorCode

SECONDS = 10.0
"""Longest time for one request, from connecting to the last octet."""

PORTS = {"http": 80, "https": 443}
"""The usual ones, by scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request.

    Args:
        server: where, as `read_address` gave it.
        body: sent by POST; None for GET.
        sends: media type of the body.
        takes: media types of a good answer.
        limit: greatest size of the answer in octets.
        name: what an answer is, for error messages.
    """

    server: SplitResult
    body: bytes | None = None
    sends: str = ""
    takes: tuple[str, ...]
    limit: int
    name: str = "answer"


class HttpFetcher:
    """Sends questions.

    Args:
        anchors: PEM files of the roots believed for ``https``; the operating system's
            are not.
        seconds: longest time for one request.

    Raises:
        PkiError: an anchor is unreadable.
    """

    def __init__(
        self, *, anchors: Sequence[Path] = (), seconds: float = SECONDS
    ) -> None:
        self._seconds = seconds
        self._tls = _context(anchors) if anchors else None

    @property
    def has_anchors(self) -> bool:
        """Whether ``https`` can be spoken."""
        return self._tls is not None

    def ask(self, question: Question) -> bytes:
        """Return the body of a good answer.

        Raises:
            OSError: the server cannot be reached in time, or answers otherwise than
                with one answer of a usable size.
        """
        try:
            with closing(self._connection(question.server)) as connection:
                return self._exchange(connection, question)
        except HTTPException as error:
            raise ConnectionError(type(error).__name__) from error

    def _connection(self, server: SplitResult) -> HTTPConnection:
        # Without a port the library looks for one behind the last colon of an address.
        host, port = server.hostname or "", server.port or PORTS[server.scheme]
        if server.scheme != "https":
            return HTTPConnection(host, port, timeout=self._seconds)
        if self._tls is None:
            raise PermissionError("no anchors for https")
        return HTTPSConnection(host, port, timeout=self._seconds, context=self._tls)

    def _exchange(self, connection: HTTPConnection, question: Question) -> bytes:
        connection.connect()
        # The time-out of a socket counts from octet to octet; this one does not.
        timer = Timer(self._seconds, _cut, (connection.sock,))
        timer.daemon = True
        timer.start()
        try:
            headers = {"Accept": ", ".join(question.takes)}
            if question.body is not None:
                headers["Content-Type"] = question.sends
            method = "GET" if question.body is None else "POST"
            target = _target(question.server)
            connection.request(method, target, question.body, headers)
            with connection.getresponse() as response:
                return _body(response, question)
        finally:
            timer.cancel()


def read_address(address: str) -> SplitResult | None:
    """Take an address apart; None if it is none that may be asked.

    It is ``http`` or ``https``, with a host, and without a user's name or a fragment.
    """
    if not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or not has_port:
        return None
    if parts.username is not None or parts.fragment:
        return None
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


def _body(response: HTTPResponse, question: Question) -> bytes:
    """Return the body of a good answer.

    Raises:
        OSError: any other.
    """
    if response.status != HTTPStatus.OK:
        raise ConnectionError(f"status {response.status}")
    if response.headers.get_content_type() not in question.takes:
        raise ConnectionError(f"not a {question.name}")
    body = response.read(question.limit + 1)
    if len(body) > question.limit:
        raise ConnectionError(f"{question.name} is too large")
    if response.length:
        raise ConnectionError(f"{question.name} is cut off")
    return body


def _cut(connected: socket.socket) -> None:
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
