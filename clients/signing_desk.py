"""The hub's side of a signature, as a client asks for it over HTTP.

What comes back is untrusted until `signing.remote_client` has looked at it. Of a file
the hub made, only what is new is fetched; the beginning is the client's own.
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from clients.errors import ClientError
from clients.transport import Request, Response, Transport
from pki.keys.api import Credential
from schemas.errors import CodedError, ErrorCode
from schemas.timestamps import parse_utc
from signing.pades.remote_request import RemoteRequest
from signing.remote_client import Checked, Offer

_JSON = "application/json"
_PARTIAL = 206


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a hub prepared.

    Args:
        signing_id: the hub's name of it.
        expires_at: until when it takes a value.
        file: the document with room for a signature.
        attributes: DER of what is to be signed.
    """

    signing_id: str
    expires_at: datetime
    file: bytes = field(repr=False)
    attributes: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What became of a value.

    Args:
        file: the signed file.
        level: reached.
        wanted: asked for.
        code: why the level wanted was not reached; empty if it was.
    """

    file: bytes = field(repr=False)
    level: str
    wanted: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """A document that its owner asks to sign, as the hub handed it out.

    Args:
        task_id: the hub's name of it.
        name: of the file, as somebody handed it in; not a path.
        document: whole, of the digest that the hub told.
    """

    task_id: str
    name: str
    request: RemoteRequest
    document: bytes = field(repr=False)


class SigningDesk:
    """Asks a hub to prepare and to complete.

    Args:
        transport: open.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def prepare(
        self,
        document: bytes,
        *,
        credential: Credential,
        request: RemoteRequest,
        image: bytes | None = None,
        task_id: str = "",
    ) -> Prepared:
        """Have a document prepared; the private key stays where it is.

        Raises:
            ClientError: refused, unreachable, or an answer that is none.
        """
        certificates = (credential.certificate, *credential.chain)
        parts = {
            "document": document,
            "certificates": b"".join(
                one.public_bytes(Encoding.PEM) for one in certificates
            ),
            "request": request.to_json(),
            **({"image": image} if image else {}),
            **({"task": task_id.encode("ascii")} if task_id else {}),
        }
        content_type, body = encode_form(parts)
        answer = await self._transport.send(
            Request(
                method="POST",
                path="/v1/signing",
                body=body,
                headers={"Content-Type": content_type},
            )
        )
        fields = _fields(answer)
        signing_id = _text(fields, "id")
        rest = await self._from(f"/v1/signing/{signing_id}/document", document)
        return Prepared(
            signing_id=signing_id,
            expires_at=_time(fields, "expires_at"),
            file=rest,
            attributes=_octets(fields, "attributes"),
        )

    async def open_task(self, code: str) -> AskedFor:
        """Take what a code from the console names; it names nothing afterwards.

        Raises:
            ClientError: refused, unreachable, or an answer that is none.
            SigningError: a request that cannot be read (REQUEST_INVALID).
        """
        answer = await self._transport.send(
            Request(
                method="POST",
                path="/v1/signing-tasks",
                body=json.dumps({"code": code}).encode(),
                headers={"Content-Type": _JSON},
            )
        )
        fields = _fields(answer)
        task_id = _text(fields, "id")
        path = f"/v1/signing-tasks/{task_id}/document"
        document = await self._transport.send(Request(method="GET", path=path))
        if sha256(document.body).hexdigest() != _text(fields, "sha256"):
            raise _malformed("sha256")
        written, name = fields.get("request"), fields.get("name")
        if not isinstance(written, str) or not isinstance(name, str):
            raise _malformed("request")
        return AskedFor(
            task_id=task_id,
            name=name,
            request=RemoteRequest.from_json(written.encode()),
            document=document.body,
        )

    async def complete(
        self, signing_id: str, *, offer: Offer, checked: Checked, value: bytes
    ) -> Completed:
        """Hand a value in and fetch the signed file; the same again does no harm.

        Raises:
            ClientError: refused, unreachable, or an answer that is none.
        """
        body = json.dumps({"value": b64encode(value).decode("ascii")}).encode()
        answer = await self._transport.send(
            Request(
                method="POST",
                path=f"/v1/signing/{signing_id}/signature",
                body=body,
                headers={"Content-Type": _JSON},
            )
        )
        fields = _fields(answer)
        before = offer.prepared[: checked.gap[0]]
        return Completed(
            file=await self._from(f"/v1/signing/{signing_id}/signed", before),
            level=_text(fields, "level"),
            wanted=_text(fields, "wanted"),
            code=fields.get("code") or "",
        )

    async def _from(self, path: str, known: bytes) -> bytes:
        """Fetch a file that begins with what is known; the rest alone travels."""
        headers = {"Range": f"bytes={len(known)}-"}
        answer = await self._transport.send(
            Request(method="GET", path=path, headers=headers)
        )
        if answer.status != _PARTIAL:
            return answer.body
        if not _begins_at(answer, len(known)):
            raise _malformed("Content-Range")
        return known + answer.body


def encode_form(parts: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return Content-Type and body of a form (RFC 7578)."""
    boundary = secrets.token_hex(24)
    pieces: list[bytes] = []
    for name, content in parts.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        pieces += (head.encode("ascii"), content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    return f'multipart/form-data; boundary="{boundary}"', b"".join(pieces)


def _begins_at(answer: Response, start: int) -> bool:
    found = answer.headers.get("Content-Range", "")
    return found.startswith(f"bytes {start}-")


def _fields(answer: Response) -> Mapping[str, Any]:
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise _malformed("JSON") from error
    if not isinstance(fields, dict):
        raise _malformed("JSON")
    return fields


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.isascii() or not value:
        raise _malformed(name)
    if name == "id" and not value.isalnum():
        raise _malformed(name)
    return value


def _octets(fields: Mapping[str, Any], name: str) -> bytes:
    try:
        return b64decode(_text(fields, name), validate=True)
    except ValueError as error:
        raise _malformed(name) from error


def _time(fields: Mapping[str, Any], name: str) -> datetime:
    try:
        return parse_utc(_text(fields, name))
    except CodedError as error:
        raise _malformed(name) from error


def _malformed(place: str) -> ClientError:
    return ClientError(ErrorCode.ANSWER_MALFORMED, place=place)
