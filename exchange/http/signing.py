"""Handlers: signatures whose key is elsewhere."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256

from aiohttp import web

from exchange.domain.signing import RemoteSigning
from exchange.errors import ExchangeError
from exchange.http import answers
from exchange.http.form_data import read_fields
from exchange.http.json_body import object_in, text_member
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import small_body
from exchange.http.ranges import extent, parse_range
from exchange.http.request import caller_of
from exchange.usecases.complete_signature import (
    CompleteSignature,
    complete_signature,
    find_signing,
    read_prepared,
    read_signed,
)
from exchange.usecases.prepare_signature import PrepareSignature, prepare_signature
from exchange.usecases.signing_tasks import open_task, read_task
from schemas.errors import ErrorCode
from schemas.timestamps import format_utc
from signing.pades.kept import KeptState

PDF = "application/pdf"
_FIELDS = ("document", "certificates", "request", "image", "task")
_FORM_ROOM = 1024 * 1024
_LONGEST_CODE = 100


async def prepare(request: web.Request) -> web.Response:
    """POST /v1/signing."""
    limits = request.app[SERVICES].limits
    with request.app[GATE].passed():
        body = await small_body(
            request,
            limit=limits.signing_bytes + _FORM_ROOM,
            idle_seconds=limits.idle_seconds,
        )
        content_type = request.headers.get("Content-Type", "")
        fields = read_fields(body, content_type, known=_FIELDS)
        for name in ("document", "certificates"):
            if not fields.get(name):
                raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
        if len(fields["document"]) > limits.signing_bytes:
            raise ExchangeError(ErrorCode.BODY_TOO_LARGE, place="document")
        signing = await prepare_signature(
            request.app[SERVICES],
            PrepareSignature(
                caller=caller_of(request),
                document=fields["document"],
                certificates=fields["certificates"],
                request=fields.get("request", b"{}"),
                image=fields.get("image", b""),
                task=fields.get("task", b"").decode("ascii", "replace"),
            ),
        )
    answer = answers.as_json(_described(signing), status=201)
    answer.headers["Location"] = f"/v1/signing/{signing.signing_id}"
    return answer


async def state(request: web.Request) -> web.Response:
    """GET /v1/signing/{id}."""
    return answers.as_json(_described(await _found(request)))


async def document(request: web.Request) -> web.Response:
    """GET /v1/signing/{id}/document."""
    signing = await _found(request)
    return _file(request, await read_prepared(request.app[SERVICES], signing))


async def signed(request: web.Request) -> web.Response:
    """GET /v1/signing/{id}/signed."""
    signing = await _found(request)
    return _file(request, await read_signed(request.app[SERVICES], signing))


async def complete(request: web.Request) -> web.Response:
    """POST /v1/signing/{id}/signature."""
    limits = request.app[SERVICES].limits
    body = await small_body(
        request, limit=limits.small_body_bytes, idle_seconds=limits.idle_seconds
    )
    command = CompleteSignature(
        caller=caller_of(request),
        signing_id=request.match_info["id"],
        value=_value(body),
    )
    signing = await complete_signature(request.app[SERVICES], command)
    return answers.as_json(_described(signing))


async def opened(request: web.Request) -> web.Response:
    """POST /v1/signing-tasks."""
    limits = request.app[SERVICES].limits
    body = await small_body(
        request, limit=limits.small_body_bytes, idle_seconds=limits.idle_seconds
    )
    task = await open_task(request.app[SERVICES], caller_of(request), _code(body))
    fields = {
        "id": task.task_id,
        "agency": task.agency,
        "name": task.name,
        "size": task.document.size,
        "sha256": task.document.sha256,
        "request": task.request.decode(),
        "document": f"/v1/signing-tasks/{task.task_id}/document",
    }
    return answers.as_json(fields)


async def task_document(request: web.Request) -> web.Response:
    """GET /v1/signing-tasks/{id}/document."""
    task_id = request.match_info["id"]
    data = await read_task(request.app[SERVICES], caller_of(request), task_id)
    return _file(request, data)


def _code(body: bytes) -> str:
    code = text_member(object_in(body, place="code"), "code")
    if len(code) > _LONGEST_CODE:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="code")
    return code


async def _found(request: web.Request) -> RemoteSigning:
    return await find_signing(
        request.app[SERVICES], caller_of(request), request.match_info["id"]
    )


def _value(body: bytes) -> bytes:
    try:
        fields = json.loads(body)
        return b64decode(fields["value"], validate=True)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="value") from error


def _described(signing: RemoteSigning) -> dict[str, object]:
    kept = KeptState.from_json(signing.kept)
    path = f"/v1/signing/{signing.signing_id}"
    return {
        "id": signing.signing_id,
        "state": signing.state,
        "agency": signing.agency,
        "prepared_at": format_utc(signing.prepared_at),
        "expires_at": format_utc(signing.expires_at),
        "scheme": kept.scheme,
        "attributes": b64encode(kept.attributes).decode("ascii"),
        "digest": kept.digest.hex(),
        "document": f"{path}/document",
        "signed": f"{path}/signed" if signing.signed else None,
        "wanted": kept.level,
        "level": signing.level or None,
        "code": signing.code or None,
    }


def _file(request: web.Request, data: bytes) -> web.Response:
    """Answer with a file or a part of it: the client has the beginning already."""
    wanted = parse_range(request.headers.get("Range"), size=len(data))
    headers = {
        **extent(wanted, size=len(data)),
        "Cache-Control": "no-store",
        "Lienthong-Body-Sha256": sha256(data).hexdigest(),
        "X-Content-Type-Options": "nosniff",
    }
    if wanted is None:
        return web.Response(body=data, content_type=PDF, headers=headers)
    part = data[wanted.first : wanted.last + 1]
    return web.Response(status=206, body=part, content_type=PDF, headers=headers)
