"""Handlers: sending envelopes and reading them."""

from dataclasses import replace
from urllib.parse import quote

from aiohttp import web

from exchange.domain.records import StoredAttachment
from exchange.errors import ExchangeError
from exchange.http import answers, wire
from exchange.http.keys import GATE, SERVICES
from exchange.http.limits import body_chunks, require_length
from exchange.http.ranges import asked_range, entity_tag, extent
from exchange.http.request import caller_of, envelope_id_of
from exchange.http.wishes import first_wished
from exchange.services import Services
from exchange.usecases.accept_envelope import accept_envelope
from exchange.usecases.convert_envelope import convert_envelope
from exchange.usecases.preflight_envelope import preflight_envelope, signed_answer
from exchange.usecases.read_attachment import (
    FoundAttachment,
    ReadAttachment,
    find_attachment,
    read_attachment,
)
from exchange.usecases.read_envelope import (
    OpenedEnvelope,
    ReadEnvelope,
    read_envelope,
    read_part,
    read_receipt,
)
from exchange.usecases.receiving import Submission
from exchange.usecases.uploads import find_uploaded
from schemas.edxml.content_type import MULTIPART
from schemas.edxml.converting import form_of_body
from schemas.errors import ErrorCode

_FORMS = (answers.XML, MULTIPART)


def submission_of(request: web.Request) -> Submission:
    """Return the message a request carries, unread.

    Raises:
        ExchangeError: it announces more than is taken in.
    """
    limits = request.app[SERVICES].limits
    require_length(request, limit=limits.body_bytes)
    return Submission(
        caller=caller_of(request),
        content_type=request.headers.get("Content-Type", ""),
        chunks=body_chunks(request, idle_seconds=limits.idle_seconds),
        message_id=request.headers.get("Message-Id"),
    )


async def _submitted(request: web.Request) -> Submission:
    """Return the document a request carries, or whose upload it names.

    Raises:
        ExchangeError: it does both, or the upload cannot be taken.
    """
    reference = request.headers.get("Upload-Reference")
    submission = submission_of(request)
    if reference is None:
        return submission
    if request.body_exists:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="Upload-Reference")
    services, upload_id = request.app[SERVICES], reference.rpartition("/")[2]
    upload = await find_uploaded(services, submission.caller, upload_id)
    return replace(
        submission, upload=upload, chunks=services.storage.uploads.read(upload)
    )


async def accept(request: web.Request) -> web.Response:
    """POST /v1/envelopes."""
    services = request.app[SERVICES]
    with request.app[GATE].passed():
        accepted = await accept_envelope(services, await _submitted(request))
    return answers.xml(
        accepted.envelope.receipt,
        status=200 if accepted.repeated else 201,
        headers={"Location": f"/v1/envelopes/{accepted.envelope.envelope_id}"},
    )


async def preflight(request: web.Request) -> web.Response:
    """POST /v1/envelopes:preflight."""
    services = request.app[SERVICES]
    with request.app[GATE].passed():
        submission = await _submitted(request)
        found = await preflight_envelope(services, submission)
    wished = first_wished(
        request.headers.get("Accept", ""), (answers.JSON, answers.XML)
    )
    if wished == answers.XML:
        return answers.xml(signed_answer(services, submission, found))
    return answers.as_json(wire.preflight(found))


async def body(request: web.Request) -> web.StreamResponse:
    """GET /v1/envelopes/{id}."""
    services = request.app[SERVICES]
    opened = await read_envelope(services, _one(request))
    form = _other_form(request, opened)
    if form is not None:
        other = await convert_envelope(services, opened, form)
        if other is not None:
            headers = {"Content-Type": other.content_type, "Vary": "Accept"}
            return await answers.stream(request, other.chunks, headers=headers)
        opened = await read_envelope(services, _one(request))
    return await _as_sent(request, services, opened)


async def _as_sent(
    request: web.Request, services: Services, opened: OpenedEnvelope
) -> web.StreamResponse:
    envelope = opened.envelope
    tag = entity_tag(envelope.body_sha256)
    wanted = asked_range(request.headers, size=envelope.size, tag=tag)
    headers = {
        "Vary": "Accept",
        "Content-Type": envelope.content_type,
        "ETag": tag,
        "Lienthong-Body-Sha256": envelope.body_sha256,
        **extent(wanted, size=envelope.size),
    }
    chunks = read_part(services, envelope, wanted) if wanted else opened.chunks
    status = 206 if wanted else 200
    return await answers.stream(request, chunks, headers=headers, status=status)


def _other_form(request: web.Request, opened: OpenedEnvelope) -> str | None:
    """Return the form a caller asks for, if it is not that of the envelope."""
    wished = first_wished(request.headers.get("Accept", ""), _FORMS)
    return None if wished == form_of_body(opened.envelope.content_type) else wished


async def receipt(request: web.Request) -> web.Response:
    """GET /v1/envelopes/{id}/receipt."""
    return answers.xml(await read_receipt(request.app[SERVICES], _one(request)))


async def attachment(request: web.Request) -> web.StreamResponse:
    """GET /v1/envelopes/{id}/attachments/{n}."""
    services = request.app[SERVICES]
    command = ReadAttachment(
        caller=caller_of(request),
        envelope_id=envelope_id_of(request),
        number=int(request.match_info["n"]),
    )
    found = await find_attachment(services, command)
    tag = entity_tag(found.attachment.content_sha256)
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers={"ETag": tag})
    return await _content(request, services, found)


async def _content(
    request: web.Request, services: Services, found: FoundAttachment
) -> web.StreamResponse:
    size = found.attachment.content_size
    tag = entity_tag(found.attachment.content_sha256)
    wanted = asked_range(request.headers, size=size, tag=tag)
    headers = {
        **_content_headers(found.attachment),
        "ETag": tag,
        **extent(wanted, size=size),
    }
    chunks = read_attachment(services, found, wanted)
    status = 206 if wanted else 200
    return await answers.stream(request, chunks, headers=headers, status=status)


def _content_headers(attachment: StoredAttachment) -> dict[str, str]:
    return {
        "Content-Type": _content_type(attachment.content_type),
        "Content-Disposition": disposition(attachment.name),
        "X-Content-Type-Options": "nosniff",
    }


def disposition(name: str) -> str:
    """Return the header that names a file to save (RFC 6266, RFC 8187).

    The name is what the sender wrote; it is quoted here and never used as a path.
    """
    plain = "".join(
        one if one.isascii() and one.isprintable() and one not in '"\\%/' else "_"
        for one in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _content_type(written: str) -> str:
    """Return the sender's media type where it is one, else that of plain bytes."""
    is_token = written.isascii() and written.isprintable() and "/" in written
    return written if is_token else "application/octet-stream"


def _one(request: web.Request) -> ReadEnvelope:
    return ReadEnvelope(caller=caller_of(request), envelope_id=envelope_id_of(request))
