"""Bringing a large body to the hub in parts, over a line that may break (tus 1.0).

The hub tells how much it has; the rest is sent from there, in parts that get smaller
where the line breaks, and larger again where it holds. Where an upload is kept in
mind between two runs, the second goes on where the first one ended.
"""

import hashlib
import re
from base64 import b64encode
from http import HTTPStatus
from typing import Protocol

from clients.errors import ClientError, RefusedError, UnreachableError
from clients.transport import Request, Response, Transport
from schemas.errors import ErrorCode

PATH = "/v1/uploads"
_ADDRESS = re.compile(rf"{PATH}/[0-9A-Z]{{26}}")
_PROTOCOL = {"Tus-Resumable": "1.0.0"}
_LARGEST_PART = 4 << 20
SMALLEST_PART = 64 << 10
_LONGEST_NUMBER = 15
_MOST_FAULTS = 20
"""Parts refused one after the other, without any being stored."""

GONE = frozenset({ErrorCode.UPLOAD_NOT_FOUND, ErrorCode.UPLOAD_USED})
"""The hub does not have the upload any more, or not for this."""

_AGAIN = frozenset({ErrorCode.UPLOAD_OFFSET_WRONG, ErrorCode.UPLOAD_CHECKSUM_WRONG})
"""Ask how much is stored, and go on from there."""

_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Refusals for now of whatever is sent; a smaller part would not do either."""


class UploadMemory(Protocol):
    """What is remembered of one upload, and who looks on."""

    @property
    def path(self) -> str:
        """Where at the hub it is; empty if it has not begun."""

    def remember(self, path: str) -> None:
        """Keep where it is; empty to begin anew."""

    def stored(self, size: int, total: int) -> None:
        """Take note that the hub has `size` bytes of `total`."""


class _Parts:
    """How much is sent at a time, and how long it is tried.

    The hub stores a part only once it is there and right: over a line that breaks
    within each, none ever would be.

    Attributes:
        size: of the next part.
    """

    def __init__(self) -> None:
        self.size = _LARGEST_PART
        self._faults = 0

    def succeeded(self) -> None:
        """Send more at a time."""
        self.size = min(self.size * 2, _LARGEST_PART)
        self._faults = 0

    def failed(self, size: int, error: ClientError) -> None:
        """Send less at a time after a break, and try again for a while.

        Args:
            size: of the part.
            error: what became of it; raised where it is of no use to go on.
        """
        self._faults += 1
        if isinstance(error, UnreachableError):
            if size <= SMALLEST_PART or _says_later(error):
                raise error
            self.size = max(size // 2, SMALLEST_PART)
        elif self._faults > _MOST_FAULTS or not _is_worth_asking(error):
            raise error


async def upload(transport: Transport, body: bytes, memory: UploadMemory) -> str:
    """Bring all of `body` to the hub; return where the upload is, or was.

    One that another program has sent from meanwhile is not there any more: the hub
    tells when it is named by the message.

    Raises:
        RefusedError: the hub refused it.
        UnreachableError: the hub did not answer; try later with the same memory.
        ClientError: the hub's answers make no sense (ANSWER_MALFORMED).
    """
    path, offset = await _begun(transport, body, memory)
    try:
        await _bring(transport, path, body, offset, memory)
    except RefusedError as error:
        if not _is_gone(error):
            raise
    return path


async def _bring(
    transport: Transport, path: str, body: bytes, offset: int, memory: UploadMemory
) -> None:
    parts = _Parts()
    while offset < len(body):
        memory.stored(offset, len(body))
        part = body[offset : offset + parts.size]
        try:
            await _add(transport, path, part, offset)
        except ClientError as error:
            parts.failed(len(part), error)
            offset = await _stored(transport, path, len(body))
        else:
            parts.succeeded()
            offset += len(part)
    memory.stored(offset, len(body))


def _says_later(error: UnreachableError) -> bool:
    return error.problem is not None and error.problem.status in _LATER


def _is_worth_asking(error: ClientError) -> bool:
    """Tell whether the hub may say by itself where to go on."""
    return not isinstance(error, RefusedError) or error.code in _AGAIN


def _is_gone(error: RefusedError) -> bool:
    # Of a refusal to HEAD the status is all there is.
    return error.code in GONE or error.problem.status == HTTPStatus.NOT_FOUND


async def _begun(
    transport: Transport, body: bytes, memory: UploadMemory
) -> tuple[str, int]:
    """Return where the upload is and how much is stored, a new one if need be."""
    if memory.path:
        try:
            return memory.path, await _stored(transport, memory.path, len(body))
        except RefusedError as error:
            if not _is_gone(error):
                raise
    headers = {**_PROTOCOL, "Upload-Length": str(len(body))}
    answer = await transport.send(Request(method="POST", path=PATH, headers=headers))
    path = answer.headers.get("Location", "")
    if not _ADDRESS.fullmatch(path):
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=PATH)
    memory.remember(path)
    return path, 0


async def _add(transport: Transport, path: str, part: bytes, offset: int) -> None:
    end = offset + len(part)
    answer = await transport.send(_patch(path, part, offset))
    if _offset(answer, path, end) != end:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=path)


async def _stored(transport: Transport, path: str, total: int) -> int:
    request = Request(method="HEAD", path=path, headers=_PROTOCOL)
    return _offset(await transport.send(request), path, total)


def _offset(answer: Response, path: str, total: int) -> int:
    text = answer.headers.get("Upload-Offset", "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    if not is_number or int(text) > total:
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=path)
    return int(text)


def _patch(path: str, part: bytes, offset: int) -> Request:
    digest = b64encode(hashlib.sha256(part).digest()).decode()
    headers = {
        **_PROTOCOL,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {digest}",
    }
    return Request(
        method="PATCH",
        path=path,
        body=part,
        headers=headers,
        # The smallest is as small as it gets: that one is sent again as it is.
        is_part=len(part) > SMALLEST_PART,
    )
