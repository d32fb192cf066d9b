"""What `inbox` shows of what others wrote."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from tests.support.cli import lienthong
from tests.support.client_profile import write_profile
from tests.support.pki import TestPki
from tests.support.receipts import ENVELOPE
from tests.support.scripted_hub import scripted_hub


async def test_subject_forges_no_row_and_steers_no_terminal(tmp_path: Path) -> None:
    subject = "Giấy mời\n2      H01  văn bản\x9b2J\u202e"
    item = {
        "cursor": 1,
        "agency": "H99.151",
        "id": ENVELOPE,
        "kind": "document",
        "from": "H99",
        "subject": subject,
        "document_code": "1/A",
        "state": "available",
        "attachments": 1,
    }
    pki = TestPki.create(now=datetime.now(UTC))
    async with scripted_hub(tmp_path, pki) as hub:
        page = {"items": [item], "next": 1}
        hub.answers = [web.json_response(page), web.json_response(page)]
        words = ("inbox", "--profile", write_profile(tmp_path, pki, hub))
        shown = await asyncio.to_thread(lienthong, *words)
        given = await asyncio.to_thread(lienthong, *words, "--json")

    head, row, *_ = shown.out.splitlines()
    assert row.endswith("1/A          Giấy mời 2      H01  văn bản?2J?")
    assert row.index("Giấy mời") == head.index("Trích yếu")
    assert given.json["items"][0]["subject"] == subject
    assert "\x9b" not in given.out
