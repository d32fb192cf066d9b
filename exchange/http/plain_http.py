"""HTTP/1.1 as far as the public listener needs it (RFC 9112): bytes in, bytes out.

Short requests without transfer codings, short answers that lie in memory. What could
be read in two ways is refused and the connection closed (docs/adr/0017).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from types import MappingProxyType

HEAD_BYTES = 8192
"""Longest request line with headers; an OCSP request may stand in the target."""

BODY_BYTES = 4096
"""Longest body: an OCSP request (`pki.ocsp.request.REQUEST_BYTES`)."""

_MOST_HEADERS = 64
_END = b"\r\n\r\n"
_LINE = re.compile(rb"([A-Z]{1,16}) ([!-~]{1,8000}) HTTP/1\.([01])")
_HEADER = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*"
)
_AUTHORITY = re.compile(r"http://[^/?]*", re.IGNORECASE)
_GO_ON = b"100-continue"
_LENGTH = re.compile(rb"[0-9]{1,9}")
# What is read; of these none may come twice.
_SINGLE = frozenset(
    {b"host", b"content-length", b"content-type", b"transfer-encoding", b"expect"}
)


class UnreadableError(Exception):
    """A request is not taken; the connection ends with this status.

    Args:
        status: of the answer.
    """

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """A request.

    Args:
        method: in capitals.
        target: path and query, as they came.
        headers: by name in lower case.
        body: whole.
        keeps_open: whether the connection serves another request afterwards.
    """

    method: str
    target: str
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    keeps_open: bool = True


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An answer.

    Args:
        status: its status.
        body: whole.
        headers: encoded lines, each with its end; those of the connection are added.
    """

    status: HTTPStatus
    body: bytes = b""
    headers: bytes = b""


@dataclass(slots=True)
class RequestReader:
    """Takes bytes as they come and gives requests as they are complete."""

    _buffer: bytes = b""
    _head: tuple[PlainRequest, int, int] | None = field(default=None)
    _waits: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no request has begun."""
        return not self._buffer

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data

    def next(self) -> PlainRequest | None:
        """Return the next complete request; None while there is none.

        Raises:
            UnreadableError: malformed, ambiguous, or too large.
        """
        head = self._head or self._read_head()
        if head is None:
            return None
        request, start, end = head
        if len(self._buffer) < end:
            self._head = head
            return None
        self._waits = False
        body, self._buffer, self._head = (
            self._buffer[start:end],
            self._buffer[end:],
            None,
        )
        return PlainRequest(
            request.method, request.target, request.headers, body, request.keeps_open
        )

    def take_wait(self) -> bool:
        """Tell, once for a request, whether the peer waits before it sends the body."""
        waits, self._waits = self._waits, False
        return waits

    def _read_head(self) -> tuple[PlainRequest, int, int] | None:
        end = self._buffer.find(_END, 0, HEAD_BYTES)
        if end < 0:
            if len(self._buffer) >= HEAD_BYTES:
                raise UnreadableError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return None
        line, *lines = self._buffer[:end].split(b"\r\n")
        found = _LINE.fullmatch(line)
        if found is None:
            raise UnreadableError(HTTPStatus.BAD_REQUEST)
        method, target, minor = found.groups()
        headers = _headers(lines)
        start = end + len(_END)
        # An older peer does not wait, and would not know the word (RFC 9110 10.1.1).
        self._waits = minor == b"1" and b"expect" in headers
        request = PlainRequest(
            method.decode(),
            _AUTHORITY.sub("", target.decode(), count=1),
            headers,
            keeps_open=_keeps_open(headers, is_old=minor == b"0"),
        )
        return request, start, start + _body_length(headers)


def _headers(lines: list[bytes]) -> Mapping[bytes, bytes]:
    if len(lines) > _MOST_HEADERS:
        raise UnreadableError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    headers: dict[bytes, bytes] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise UnreadableError(HTTPStatus.BAD_REQUEST)
        name = found[1].lower()
        if name in _SINGLE and name in headers:
            raise UnreadableError(HTTPStatus.BAD_REQUEST)
        headers[name] = found[2]
    return headers


def _body_length(headers: Mapping[bytes, bytes]) -> int:
    if b"transfer-encoding" in headers:
        raise UnreadableError(HTTPStatus.NOT_IMPLEMENTED)
    if headers.get(b"expect", _GO_ON).lower() != _GO_ON:
        raise UnreadableError(HTTPStatus.EXPECTATION_FAILED)
    text = headers.get(b"content-length", b"0")
    if _LENGTH.fullmatch(text) is None:
        raise UnreadableError(HTTPStatus.BAD_REQUEST)
    if int(text) > BODY_BYTES:
        raise UnreadableError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)


def _keeps_open(headers: Mapping[bytes, bytes], *, is_old: bool) -> bool:
    if not is_old and b"host" not in headers:
        raise UnreadableError(HTTPStatus.BAD_REQUEST)
    wish = headers.get(b"connection", b"").lower()
    return b"keep-alive" in wish if is_old else b"close" not in wish


_STATUS_LINES: Mapping[HTTPStatus, bytes] = MappingProxyType(
    {one: f"HTTP/1.1 {one.value} {one.phrase}\r\n".encode() for one in HTTPStatus}
)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""What a peer is told that waits before its body (RFC 9110 15.2.1)."""

_LENGTHLESS = frozenset({HTTPStatus.NOT_MODIFIED})


def encode(
    answer: PlainAnswer, *, date: bytes, keeps_open: bool, with_body: bool
) -> bytes:
    """Return an answer as bytes.

    Args:
        answer: what is told.
        date: the time now, as `http_date` writes it.
        keeps_open: whether the connection serves on; else the peer is told.
        with_body: False for HEAD.
    """
    connection = b"keep-alive" if keeps_open else b"close"
    head = b"%sDate: %s\r\nConnection: %s\r\n%s" % (
        _STATUS_LINES[answer.status],
        date,
        connection,
        answer.headers,
    )
    if answer.status in _LENGTHLESS:
        return head + b"\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(answer.body)
    return head + length + (answer.body if with_body else b"")


def http_date(at: datetime) -> str:
    """Return a time as HTTP writes it (RFC 9110 5.6.7)."""
    return format_datetime(at.astimezone(UTC), usegmt=True)
