"""Registers and counts as the people of an agency see them."""

from collections.abc import AsyncIterator

import pytest

from exchange.console.pages import registers
from exchange.usecases.docket import follow_log
from tests.support.console import Console, running_console
from tests.support.world import make_world, note


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        await running.world.sent(note(b"x"))
        while await follow_log(running.world.services):
            pass
        yield running


async def test_what_was_sent_is_in_the_outgoing_register(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look("/registers?kind=outgoing")
        file = page.text.split('href="/registers/outgoing.csv?')[1].split('"')[0]
        rows = await visit.look("/registers/outgoing.csv?" + file.replace("&amp;", "&"))
    assert "214/UBND-VHXH" in page.text
    assert "Số lượng bản" in page.text
    assert "214/UBND-VHXH" in rows.text
    assert rows.headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize(
    "path",
    [
        "/registers/incoming.pdf?agency=H99.151&from=2026-11-01&to=2026-11-30",
        "/registers/outgoing.pdf?agency=H99.151&from=2026-11-01&to=2026-11-30",
        "/statistics.pdf?from=2026-01&to=2026-12",
    ],
    ids=["incoming", "outgoing", "statistics"],
)
async def test_registers_and_counts_are_printed(console: Console, path: str) -> None:
    async with console.visit("thu.van") as visit:
        file = await visit.http.get(visit.base + path)
        content = await file.read()
    assert (file.status, file.content_type) == (200, "application/pdf")
    assert file.headers["Content-Disposition"].endswith('.pdf"')
    assert content.startswith(b"%PDF-1.7")


async def test_register_of_another_agency_is_not_given(console: Console) -> None:
    query = "agency=H99&from=2026-11-01&to=2026-11-30"
    async with console.visit("thu.van") as visit:
        page = await visit.look(f"/registers/incoming.csv?{query}")
    assert page.status == 403


@pytest.mark.parametrize(
    "query", ["kind=all", "from=yesterday", "from=2026-11-30&to=2026-11-01"]
)
async def test_register_nobody_keeps_is_refused(console: Console, query: str) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look(f"/registers?{query}")
    assert page.status == 400


@pytest.mark.parametrize("query", ["to=2026-01-31", "from=2030-01-01"])
async def test_one_end_of_a_period_is_enough(console: Console, query: str) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look(f"/registers?{query}")
    assert page.status == 200


async def test_counts_go_on_where_a_page_ends(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers, "_ROWS", 1)
    address, found = "/statistics?from=2026-01&to=2026-12", []
    async with console.visit("giam.sat") as visit:
        while address:
            page = await visit.look(address)
            rows = page.text.split("<tbody>")[1].split("</tbody>")[0]
            assert rows.count("<tr>") == 1
            found.append(rows.split("<td>")[3].split("<")[0])
            _, _, rest = page.text.partition('" rel="next"')
            begin = page.text.partition('" rel="next"')[0].rpartition('href="')[2]
            address = begin.replace("&amp;", "&") if rest else ""
        refused = await visit.look("/statistics?from=2026-01&to=2026-12&after=x")
    assert found == ["Văn phòng Chính phủ", "UBND tỉnh Bình Sơn", "UBND xã Suối Mây"]
    assert refused.status == 400


async def test_counts_of_levels_add_up(console: Console) -> None:
    query = "from=2026-01&to=2026-12&by_level=true"
    async with console.visit("giam.sat") as visit:
        page = await visit.look(f"/statistics?{query}")
    rows = page.text.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    levels = [one.split("<td>")[2].split("<")[0] for one in rows]
    received = [one.split('"number">')[2].split("<")[0] for one in rows]
    assert levels == ["Trung ương", "Tỉnh", "Xã"]
    assert received == ["1", "1", "0"]


async def test_counts_are_of_the_own_agency_and_below(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        own = await visit.look("/statistics?from=2026-01&to=2026-12")
        file = await visit.look("/statistics.csv?from=2026-01&to=2026-12")
    async with console.visit("giam.sat") as visit:
        every = await visit.look("/statistics?from=2026-01&to=2026-12")
    assert "UBND xã Suối Mây" in own.text
    assert "Văn phòng Chính phủ" not in own.text.split("<tbody>")[1]
    assert "Văn phòng Chính phủ" in every.text
    assert "H99.151" in file.text
