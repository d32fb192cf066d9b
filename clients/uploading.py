"""Bringing a large body to the hub in parts, over a line that may break (tus 1.0).

The hub tells how much it has; the rest is sent from there. Where an upload is kept in
mind between two runs, the second goes on where the first one ended.
"""

import hashlib
import re
from base64 import b64encode
from typing import Protocol

from clients.errors import ClientError, RefusedError
from clients.transport import Request, Response, Transport
from schemas.errors import ErrorCode

PATH = "/v1/uploads"
_ADDRESS = re.compile(rf"{PATH}/[0-9A-Z]{{26}}")
_PROTOCOL = {"Tus-Resumable": "1.0.0"}
_PART_BYTES = 4 << 20
_MOST_FAULTS = 20
"""Parts refused one after the other, without any being stored."""

GONE = frozenset({ErrorCode.UPLOAD_NOT_FOUND, ErrorCode.UPLOAD_USED})
"""The hub does not have the upload any more, or not for this."""

_AGAIN = frozenset({ErrorCode.UPLOAD_OFFSET_WRONG, ErrorCode.UPLOAD_CHECKSUM_WRONG})
"""Ask how much is stored, and go on from there."""


class UploadMemory(Protocol):
    """What is remembered of one upload, and who looks on."""

    @property
    def path(self) -> str:
        """Where at the hub it is; empty if it has not begun."""

    def remember(self, path: str) -> None:
        """Keep where it is; empty to begin anew."""

    def stored(self, size: int, total: int) -> None:
        """Take note that the hub has `size` bytes of `total`."""


async def upload(transport: Transport, body: bytes, memory: UploadMemory) -> str:
    """Bring all of `body` to the hub; return where the upload is.

    Raises:
        RefusedError: the hub refused it.
        UnreachableError: the hub did not answer; try later with the same memory.
    """
    path, offset = await _begun(transport, body, memory)
    faults = 0
    while offset < len(body):
        memory.stored(offset, len(body))
        part = body[offset : offset + _PART_BYTES]
        try:
            answer = await transport.send(_patch(path, part, offset))
            offset, faults = _offset(answer, path, len(body)), 0
        except RefusedError as error:
            faults += 1
            if error.code not in _AGAIN or faults > _MOST_FAULTS:
                raise
            offset = await _stored(transport, path, len(body))
    memory.stored(offset, len(body))
    return path


async def _begun(
    transport: Transport, body: bytes, memory: UploadMemory
) -> tuple[str, int]:
    """Return where the upload is and how much is stored, a new one if need be."""
    if memory.path:
        try:
            return memory.path, await _stored(transport, memory.path, len(body))
        except RefusedError as error:
            # Of a refusal to HEAD the status is all there is.
            if error.problem.status != 404:
                raise
    headers = {**_PROTOCOL, "Upload-Length": str(len(body))}
    answer = await transport.send(Request(method="POST", path=PATH, headers=headers))
    path = answer.headers.get("Location", "")
    if not _ADDRESS.fullmatch(path):
        raise ClientError(ErrorCode.ANSWER_MALFORMED, place=PATH)
    memory.remember(path)
    return path, 0


async def _stored(transport: Transport, path: str, total: int) -> int:
    request = Request(method="HEAD", path=path, headers=_PROTOCOL)
    return _offset(await transport.send(request), path, total)


def _offset(answer: Response, path: str, total: int) -> int:
    text = answer.headers.get("Upload-Offset", "")
    if not text.isdecimal() or int(text) > total:
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
    return Request(method="PATCH", path=path, body=part, headers=headers)
