"""Searching mail as clerks type it."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from schemas.vocabulary import Level
from tests.support.console import Console, running_console
from tests.support.world import PROVINCE, agency, make_world, note


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


FOUND = {
    "no marks": {"q": "ve viec"},
    "number": {"q": "214/ubnd"},
    "agency": {"party": "suoi may"},
    "today": {"since": "2026-11-21", "until": "2026-11-21"},
    "state": {"state": "available"},
}
NOT_FOUND = {
    "words": {"q": "khong co"},
    "agency": {"party": "bo noi vu"},
    "yesterday": {"until": "2026-11-20"},
    "tomorrow": {"since": "2026-11-22"},
    "urgent": {"urgency": "2"},
    "state": {"state": "dead_letter"},
}


async def test_clerk_finds_a_document_without_marks(console: Console) -> None:
    await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as inbox, console.visit("thu.van") as outbox:
        for visit, path in ((inbox, "/inbox"), (outbox, "/outbox")):
            for name, fields in FOUND.items():
                query = dict(fields)
                if path == "/outbox" and "party" in query:
                    query["party"] = "tinh binh son"
                page = await visit.look(f"{path}?{urlencode(query)}")
                assert (name, "/documents/" in page.text) == (name, True)
            for name, fields in NOT_FOUND.items():
                page = await visit.look(f"{path}?{urlencode(fields)}")
                assert (name, "Không thấy văn bản nào" in page.text) == (name, True)


async def test_mail_of_an_agency_is_found_however_many_are_called_so(
    console: Console,
) -> None:
    world = console.world
    accepted = await world.sent(note(b"x"))
    alike = [
        agency(f"H10.{number:03}", f"UBND xã {number}", Level.COMMUNE, parent=PROVINCE)
        for number in range(1, 251)
    ]
    order = ImportAgencies(agencies=alike, operator="test")
    await import_agencies(world.services, order)
    world.clock.move(seconds=10)
    async with console.visit("tinh.van") as visit:
        page = await visit.look("/inbox?party=ubnd+xa")
    assert accepted.envelope.envelope_id in page.text


@pytest.mark.parametrize(
    "query",
    ["since=hom+qua", "state=lost", "urgency=9", f"q={'a' * 201}", "until=0001-01-01"],
    ids=["day", "state", "urgency", "length", "first day"],
)
async def test_what_cannot_be_meant_is_refused(console: Console, query: str) -> None:
    async with console.visit("tinh.van") as visit:
        page = await visit.look(f"/inbox?{query}")
    assert page.status == 400
    assert "request_invalid" in page.text
