"""A hub that is reached over a line that breaks again and again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.support.pki import TestPki
from tests.support.scripted_hub import ScriptedHub, scripted_hub

CONTENT = bytes(range(256)) * 4096
TAG = '"its-digest"'


@dataclass(slots=True)
class BreakingHub:
    """Hands out `content`, but no more than so many bytes of each connection.

    Args:
        stands_still: a line does not break, but nothing comes any more.
        asked: the Range of each request; empty without one.
        answers: given instead, in turn; None for the content.
    """

    hub: ScriptedHub
    content: bytes = CONTENT
    breaks_after: int = 300_000
    headers: Mapping[str, str] = field(default_factory=dict)
    ignores_ranges: bool = False
    stands_still: bool = False
    asked: list[str] = field(default_factory=list)
    answers: list[web.Response | None] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        wanted = request.headers.get("Range", "")
        self.asked.append(wanted)
        scripted = self.answers.pop(0) if self.answers else None
        return scripted or await self._content(request, wanted)

    async def _content(self, request: web.Request, wanted: str) -> web.StreamResponse:
        goes_on = wanted and not self.ignores_ranges
        first = int(wanted[6:-1]) if goes_on else 0
        rest, size = self.content[first:], len(self.content)
        headers = {"ETag": TAG, "Accept-Ranges": "bytes", **self.headers}
        headers["Content-Length"] = str(len(rest))
        if goes_on:
            headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
        headers = {name: value for name, value in headers.items() if value}
        answer = web.StreamResponse(status=206 if goes_on else 200, headers=headers)
        await answer.prepare(request)
        await answer.write(rest[: self.breaks_after])
        if len(rest) <= self.breaks_after or request.transport is None:
            return answer
        if self.stands_still:
            await self.hub.let_go.wait()
        request.transport.close()
        return answer


@asynccontextmanager
async def breaking(
    folder: Path, pki: TestPki | None = None
) -> AsyncIterator[BreakingHub]:
    """A hub whose every line breaks."""
    async with scripted_hub(folder, pki or TestPki.create()) as hub:
        found = BreakingHub(hub)
        hub.instead = found.handle
        try:
            yield found
        finally:
            hub.let_go.set()
