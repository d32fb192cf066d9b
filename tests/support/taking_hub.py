"""A hub that takes letters, whole and in parts, over a line that may break."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from schemas.identifiers import MessageId
from signing.xmldsig.sign import sign_receipt
from tests.support import receipts
from tests.support.pki import TestPki
from tests.support.receipts import write_acceptance
from tests.support.scripted_hub import ScriptedHub, refused, scripted_hub

UPLOADS = "/v1/uploads"
Instead = Callable[[web.Request, bytes], web.StreamResponse | None]


def _nothing(_request: web.Request, _body: bytes) -> web.StreamResponse | None:
    return None


@dataclass(slots=True)
class TakingHub:
    """Keeps in memory what came, and gives its receipt.

    Args:
        brings: bytes of one body the line lets through before it breaks.
        instead: answers a request, or gives None for the hub's own answer.
        now: the time of the receipts.
        parts: sizes of the parts that were tried.
        broken: paths of the requests the line broke within, in turn.
        letters: bodies of the letters that were accepted, in turn.
    """

    hub: ScriptedHub
    pki: TestPki
    brings: int = 1 << 40
    instead: Instead = _nothing
    now: datetime | None = None
    parts: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == "PATCH":
            self.parts.append(request.content_length or 0)
        if (request.content_length or 0) > self.brings and request.transport:
            self.broken.append(request.path)
            await request.content.readexactly(self.brings)
            request.transport.close()
            return web.Response()
        body = await request.read()
        return self.instead(request, body) or self._answer(request, body)

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        if request.path == UPLOADS:
            path = f"{UPLOADS}/{len(self.uploads):026}"
            self.uploads[path] = b""
            return web.Response(status=201, headers={"Location": path})
        if request.path.startswith(UPLOADS):
            return self._upload(request, body)
        return self._letter(request, body)

    def _upload(self, request: web.Request, part: bytes) -> web.Response:
        if request.path not in self.uploads:
            return refused("upload_not_found", status=404)
        stored = self.uploads[request.path]
        if request.method == "PATCH":
            if int(request.headers["Upload-Offset"]) != len(stored):
                return refused("upload_offset_wrong", status=409)
            self.uploads[request.path] = stored = stored + part
        return web.Response(headers={"Upload-Offset": str(len(stored))})

    def _letter(self, request: web.Request, body: bytes) -> web.Response:
        reference = request.headers.get("Upload-Reference")
        if reference is not None:
            if reference not in self.uploads:
                return refused("upload_not_found", status=404)
            body = self.uploads[reference]
        self.letters.append(body)
        name = MessageId(request.headers["Message-Id"])
        return web.Response(status=201, body=self._receipt(body, name))

    def _receipt(self, body: bytes, message_id: MessageId) -> bytes:
        receipt = replace(
            receipts.acceptance(),
            body_sha256=hashlib.sha256(body).hexdigest(),
            body_size=len(body),
            message_id=message_id,
        )
        now = self.now or datetime.now(UTC)
        return sign_receipt(
            write_acceptance(receipt), credential=self.pki.receipt(), at=now
        )


@asynccontextmanager
async def taking_hub(
    folder: Path, pki: TestPki, *, now: datetime | None = None
) -> AsyncIterator[TakingHub]:
    """Serve on a free port of loopback."""
    async with scripted_hub(folder, pki) as hub:
        found = TakingHub(hub, pki, now=now)
        hub.instead = found.handle
        yield found
