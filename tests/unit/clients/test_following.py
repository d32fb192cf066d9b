"""Who follows an inbox does not hammer a hub that has nothing to tell."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from clients import agency
from tests.support.scripted_hub import ScriptedHub
from tests.unit.clients.test_agency import COMMUNE, ITEM, connected

_STREAM = "text/event-stream"
_SECONDS = 2.5


def hurried(hub: ScriptedHub, *, has_streams: bool) -> list[str]:
    """Answer every poll at once and end every stream; give the paths asked for."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path.endswith("/events"):
            kind = _STREAM if has_streams else "text/html"
            return web.Response(text=": nothing\n\n", content_type=kind)
        return web.json_response({"items": [], "next": 6})

    hub.instead = handle
    return asked


@pytest.mark.parametrize("has_streams", [True, False], ids=["streams", "none"])
async def test_hub_whose_answers_end_at_once_is_asked_now_and_then(
    tmp_path: Path, *, has_streams: bool
) -> None:
    async with connected(tmp_path) as (client, hub):
        asked = hurried(hub, has_streams=has_streams)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                await anext(client.follow(COMMUNE))

    assert 2 <= len(asked) <= 10


async def test_stream_that_held_for_long_is_followed_by_another_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agency, "_BRIEF_SECONDS", 0.0)
    async with connected(tmp_path) as (client, hub):
        asked = hurried(hub, has_streams=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS / 5):
                await anext(client.follow(COMMUNE))

    assert asked.count("/v1/inbox/events") > agency._STREAMS_TRIED


async def test_letter_that_comes_after_brief_streams_is_told(tmp_path: Path) -> None:
    async with connected(tmp_path) as (client, hub):
        hub.answers = [
            web.json_response({"items": [], "next": 6}),
            web.Response(text=": nothing\n\n", content_type=_STREAM),
            web.json_response({"items": [ITEM], "next": 7}),
        ]
        item = await anext(client.follow(COMMUNE))

    assert item.envelope_id == ITEM["id"]
