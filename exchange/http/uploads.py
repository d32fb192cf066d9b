"""Handlers: uploads that can be resumed, by tus 1.0.0.

Core, creation, expiration, checksum, termination
(https://tus.io/protocols/resumable-upload).
"""

from base64 import b64decode
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from aiohttp import web

from exchange.domain.uploads import Upload
from exchange.errors import ExchangeError, MethodNotAllowedError
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import body_chunks, require_length
from exchange.http.request import caller_of, media_type_of
from exchange.usecases.uploads import (
    CHECKSUMS,
    Checksum,
    UploadPart,
    begin_upload,
    continue_upload,
    discard_upload,
    find_upload,
)
from schemas.errors import ErrorCode

PATH = "/v1/uploads"
PART = "application/offset+octet-stream"
_VERSION = "1.0.0"
_EXTENSIONS = "creation,expiration,checksum,termination"
_LONGEST_NUMBER = 15
_LONGEST_METADATA = 2_000


async def name_protocol(request: web.Request, response: web.StreamResponse) -> None:
    """Name the protocol in every answer about uploads, refusals as well."""
    if request.path.startswith(PATH):
        response.headers["Tus-Resumable"] = _VERSION
        response.headers["Tus-Version"] = _VERSION


async def describe(request: web.Request) -> web.Response:
    """OPTIONS /v1/uploads."""
    limits = request.app[SERVICES].limits
    headers = {
        "Tus-Extension": _EXTENSIONS,
        "Tus-Max-Size": str(limits.body_bytes),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return web.Response(status=204, headers=headers)


async def begin(request: web.Request) -> web.Response:
    """POST /v1/uploads."""
    _require_protocol(request)
    upload = await begin_upload(
        request.app[SERVICES],
        caller_of(request),
        length=_number(request, "Upload-Length"),
        metadata=_metadata(request),
    )
    headers = {"Location": f"{PATH}/{upload.upload_id}", **_progress(upload)}
    return web.Response(status=201, headers=headers)


async def progress(request: web.Request) -> web.Response:
    """HEAD /v1/uploads/{id}."""
    _require_protocol(request)
    upload = await find_upload(
        request.app[SERVICES], caller_of(request), request.match_info["id"]
    )
    headers = {"Cache-Control": "no-store", "Upload-Length": str(upload.length)}
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    return web.Response(headers={**headers, **_progress(upload)})


async def add(request: web.Request) -> web.Response:
    """PATCH /v1/uploads/{id}."""
    _require_protocol(request)
    limits = request.app[SERVICES].limits
    require_length(request, limit=limits.body_bytes)
    if media_type_of(request) != PART:
        raise ExchangeError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
    part = UploadPart(
        caller=caller_of(request),
        upload_id=request.match_info["id"],
        offset=_number(request, "Upload-Offset"),
        chunks=body_chunks(request, idle_seconds=limits.idle_seconds),
        announced=request.content_length or 0,
        checksum=_checksum(request),
    )
    with request.app[GATE].passed():
        upload = await continue_upload(request.app[SERVICES], part)
    return web.Response(status=204, headers=_progress(upload))


async def remove(request: web.Request) -> web.Response:
    """DELETE /v1/uploads/{id}."""
    _require_protocol(request)
    await discard_upload(
        request.app[SERVICES], caller_of(request), request.match_info["id"]
    )
    return web.Response(status=204)


async def override(request: web.Request) -> web.Response:
    """POST /v1/uploads/{id}: a method that something on the way does not let through.

    tus 1.0.0, X-HTTP-Method-Override.
    """
    named = request.headers.get("X-HTTP-Method-Override", "").upper()
    if named not in _OVERRIDING:
        raise MethodNotAllowedError(set(_OVERRIDING))
    return await _OVERRIDING[named](request)


_OVERRIDING: Final = {"HEAD": progress, "PATCH": add, "DELETE": remove}


def _require_protocol(request: web.Request) -> None:
    if request.headers.get("Tus-Resumable") != _VERSION:
        raise ExchangeError(
            ErrorCode.UPLOAD_PROTOCOL_UNSUPPORTED, place="Tus-Resumable"
        )


def _progress(upload: Upload) -> dict[str, str]:
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": _http_date(upload.expires_at),
    }


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _number(request: web.Request, name: str) -> int:
    text = request.headers.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    if not is_number:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return int(text)


def _metadata(request: web.Request) -> str:
    """Read pairs of a key and a value in base64, parted by commas."""
    text = request.headers.get("Upload-Metadata", "")
    if len(text) > _LONGEST_METADATA or not (text.isascii() and text.isprintable()):
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Upload-Metadata")
    return text


def _checksum(request: web.Request) -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, encoded = header.partition(" ")
    try:
        digest = b64decode(encoded, validate=True)
    except ValueError as error:
        raise ExchangeError(
            ErrorCode.REQUEST_INVALID, place="Upload-Checksum"
        ) from error
    if algorithm not in CHECKSUMS:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Upload-Checksum")
    return Checksum(algorithm, digest)
