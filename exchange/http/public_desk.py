"""What the public listener answers: OCSP, time stamps, certificates and lists.

Nobody is asked who he is. All but time stamps lies in memory; a stamp is recorded
before it is made, and its answer comes later.
"""

from base64 import b64decode
from collections.abc import Awaitable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote_to_bytes

from exchange.http.plain_http import PlainAnswer, PlainRequest, http_date
from exchange.publication import PublishedFile
from pki.ocsp.responder import OcspAnswer

OCSP = "/ocsp"
TSA = "/tsa"
_REQUEST_TYPE = b"application/ocsp-request"
_FILE_SECONDS = 300
_HEADERS = (
    b"Content-Type: application/ocsp-response\r\nX-Content-Type-Options: nosniff\r\n"
)
_STAMP_REQUEST_TYPE = b"application/timestamp-query"
_STAMP_HEADERS = (
    b"Content-Type: application/timestamp-reply\r\n"
    b"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
)
_NOT_KEPT = _HEADERS + b"Cache-Control: no-store\r\n"


class Publication(Protocol):
    """What is published; it follows the files it came from."""

    @property
    def files(self) -> Mapping[str, PublishedFile]:
        """Files by the path they are asked for with."""

    def answer(self, request: bytes) -> OcspAnswer:
        """Answer an OCSP request."""


class TimeStamping(Protocol):
    """Makes time stamps."""

    async def answer(self, request: bytes) -> bytes | None:
        """Answer a request for a time stamp; None while there are too many."""


class PublicDesk:
    """Answers requests.

    Args:
        publication: what is published.
        stamping: makes time stamps; None where none are made.
    """

    def __init__(
        self, publication: Publication, stamping: TimeStamping | None = None
    ) -> None:
        self._publication = publication
        self._stamping = stamping

    def answer(
        self, request: PlainRequest, now: datetime
    ) -> PlainAnswer | Awaitable[PlainAnswer]:
        """Answer a request, whatever it asks for; a time stamp comes later."""
        path = request.target.partition("?")[0]
        if path == TSA and self._stamping is not None:
            return _unwilling_to_stamp(request) or _stamp(self._stamping, request.body)
        if path == OCSP or path.startswith(f"{OCSP}/"):
            return self._ocsp(request, path, now)
        file = self._publication.files.get(path)
        if file is None:
            return _plain(HTTPStatus.NOT_FOUND)
        if request.method not in {"GET", "HEAD"}:
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, b"Allow: GET, HEAD\r\n")
        headers = _file_headers(file)
        return _unless_known(request, file.entity_tag, file.body, headers)

    def _ocsp(self, request: PlainRequest, path: str, now: datetime) -> PlainAnswer:
        if request.method == "POST" and path in {OCSP, f"{OCSP}/"}:
            if _media_type(request) != _REQUEST_TYPE:
                return _plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            # Answers to POST are not kept by anybody in between (RFC 9110 9.3.3).
            answer = self._publication.answer(request.body)
            return PlainAnswer(HTTPStatus.OK, answer.body, _NOT_KEPT)
        if request.method not in {"GET", "HEAD"} or path in {OCSP, f"{OCSP}/"}:
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, _allowed_below(path))
        answer = self._publication.answer(_in_path(path))
        if not answer.entity_tag:
            return PlainAnswer(HTTPStatus.OK, answer.body, _NOT_KEPT)
        headers = _ocsp_headers(answer, now)
        return _unless_known(request, answer.entity_tag, answer.body, headers)


def _unwilling_to_stamp(request: PlainRequest) -> PlainAnswer | None:
    """Return why no stamp can be asked for like this (RFC 3161 3.4)."""
    if request.method != "POST":
        return _plain(HTTPStatus.METHOD_NOT_ALLOWED, b"Allow: POST\r\n")
    if _media_type(request) != _STAMP_REQUEST_TYPE:
        return _plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return None


def _media_type(request: PlainRequest) -> bytes:
    """Return what a request carries, without parameters (RFC 9110 8.3.1)."""
    kind = request.headers.get(b"content-type", b"").partition(b";")[0]
    return kind.strip().lower()


async def _stamp(stamping: TimeStamping, request: bytes) -> PlainAnswer:
    response = await stamping.answer(request)
    if response is None:
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, b"Retry-After: 1\r\n")
    return PlainAnswer(HTTPStatus.OK, response, _STAMP_HEADERS)


def _allowed_below(path: str) -> bytes:
    return b"Allow: POST\r\n" if path in {OCSP, f"{OCSP}/"} else b"Allow: GET, HEAD\r\n"


def _in_path(path: str) -> bytes:
    """Return the request in a path (RFC 6960 A.1); what is none stays malformed."""
    try:
        return b64decode(unquote_to_bytes(path[len(OCSP) + 1 :]), validate=True)
    except ValueError:
        return b""


def _ocsp_headers(answer: OcspAnswer, now: datetime) -> bytes:
    """Let caches keep an answer until a new one is signed (RFC 5019 6.2)."""
    if answer.period is None or answer.refresh_at is None:
        return _NOT_KEPT
    seconds = max(0, int((answer.refresh_at - now).total_seconds()))
    begin, end = map(http_date, (answer.period.this_update, answer.period.next_update))
    lines = (
        f'ETag: "{answer.entity_tag}"\r\n'
        f"Last-Modified: {begin}\r\n"
        f"Expires: {end}\r\n"
        f"Cache-Control: max-age={seconds}, public, no-transform, must-revalidate\r\n"
    )
    return _HEADERS + lines.encode()


def _file_headers(file: PublishedFile) -> bytes:
    return (
        f"Content-Type: {file.content_type}\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f'ETag: "{file.entity_tag}"\r\n'
        f"Last-Modified: {http_date(file.modified)}\r\n"
        f"Cache-Control: max-age={_FILE_SECONDS}, public, no-transform\r\n"
    ).encode()


def _unless_known(
    request: PlainRequest, entity_tag: str, body: bytes, headers: bytes
) -> PlainAnswer:
    known = request.headers.get(b"if-none-match", b"")
    if known and (known == b"*" or f'"{entity_tag}"'.encode() in known):
        return PlainAnswer(HTTPStatus.NOT_MODIFIED, b"", headers)
    return PlainAnswer(HTTPStatus.OK, body, headers)


def _plain(status: HTTPStatus, headers: bytes = b"") -> PlainAnswer:
    kind = b"Content-Type: text/plain\r\n"
    return PlainAnswer(status, f"{status.phrase}\n".encode(), kind + headers)
