"""The directory as people look through it, and merging agencies."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from exchange.domain.agency_orders import Rename
from exchange.domain.recipient_lists import RecipientList
from exchange.usecases.auditing import audit_line
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from schemas.vocabulary import AuditEvent, Level
from tests.support.console import Console, running_console
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MERGED,
    PROVINCE,
    agency,
    make_world,
    note,
)

_MERGER = {
    "from": "H99.151 H99.153",
    "into": "H99.160",
    "name": "UBND xã Suối Mới",
    "effective": "2026-12-01",
    "reason": "Sắp xếp đơn vị hành chính",
    "legal_basis": "Nghị quyết 1/NQ",
}


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


async def test_agencies_are_found_without_marks(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look("/directory?q=suoi+may")
    assert "/directory/H99.151" in page.text
    assert "/directory/H99.153" not in page.text


async def test_pages_of_the_tree_have_the_names_of_now(console: Console) -> None:
    services = console.world.services
    for code, name in ((PROVINCE, "UBND thành phố Mới"), (COMMUNE, "UBND phường Mới")):
        command = ChangeAgencies(
            order=Rename(code=code, name=name),
            effective=services.now() + timedelta(days=40),
            reason="Sắp xếp",
            operator="test",
        )
        await change_agencies(services, command)
    async with console.visit("van.hanh") as visit:
        tree = (await visit.look("/directory?below=H99")).text
        form = (await visit.look("/mergers/new?from=H99.151")).text
    assert ("UBND tỉnh Bình Sơn" in tree, "UBND xã Suối Mây" in form) == (True, True)
    for one in (tree, form):
        assert ("thành phố Mới" in one, "phường Mới" in one) == (False, False)


async def test_tree_is_walked_level_by_level(console: Console) -> None:
    async with console.visit("giam.sat") as visit:
        top = await visit.look("/directory")
        below = await visit.look("/directory?below=H99")
    assert "/directory?below=H99" in top.text
    assert "/directory/H99.151" not in top.text
    assert "/directory/H99.151" in below.text
    assert 'name="from"' not in below.text


async def test_long_level_goes_on_page_by_page(console: Console) -> None:
    communes = tuple(
        agency(f"H99.{number}", f"UBND xã {number}", Level.COMMUNE, PROVINCE)
        for number in range(200, 260)
    )
    command = ImportAgencies(agencies=communes, operator="test")
    await import_agencies(console.world.services, command)
    async with console.visit("thu.van") as visit:
        first = await visit.look("/directory?below=H99")
        older = first.text.split('href="/directory?below=H99&amp;after=')[1]
        rest = await visit.look(f"/directory?below=H99&after={older.split(chr(34))[0]}")
    assert first.text.count('<a href="/directory/H99.') == 50
    assert rest.text.count('<a href="/directory/H99.') == 13


async def test_closed_agency_shows_who_succeeds_it(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look(f"/directory/{MERGED}")
        before = await visit.look(f"/directory/{MERGED}?at=2026-01-01")
    assert f"/directory/{COMMUNE}" in page.text
    assert "đã chấm dứt" in page.text
    assert "hoạt động" in before.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/directory/H99.999", 404),
        ("/directory?below=x%20y", 400),
        ("?at=tomorrow", 400),
    ],
    ids=["unknown", "no-code", "no-date"],
)
async def test_what_is_not_in_it_is_refused(
    console: Console, path: str, status: int
) -> None:
    wanted = path if path.startswith("/") else f"/directory/{COMMUNE}{path}"
    async with console.visit("thu.van") as visit:
        page = await visit.look(wanted)
    assert page.status in {status, 422}


async def test_effects_of_a_merger_are_shown_and_nothing_is_stored(
    console: Console,
) -> None:
    world = console.world
    services = world.services
    await world.sent(note(b"x"))
    saved = RecipientList(
        owner=PROVINCE, name="giao-ban", members=(FAR_COMMUNE,), saved_at=world.clock()
    )
    line = audit_line(AuditEvent.LIST_SAVED, at=world.clock(), actor="test", subject="")
    await services.storage.recipient_lists.save(saved, audit=line)
    version = await services.storage.directory.version()
    async with console.visit("van.hanh") as visit:
        await visit.look("/mergers/new?from=H99.151&from=H99.153")
        page = await visit.send("/mergers/preview", **_MERGER)
    assert page.status == 200
    assert "giao-ban" in page.text
    assert "lienthong pki merge --into H99.160" in page.text
    assert "qlvb-h99-153" in page.text
    assert await services.storage.directory.version() == version


async def test_confirmed_merger_is_on_record(console: Console) -> None:
    services = console.world.services
    async with console.visit("van.hanh") as visit:
        await visit.look("/mergers/new?from=H99.151&from=H99.153")
        await visit.send("/mergers/preview", **_MERGER)
        page = await visit.send("/mergers", **_MERGER)
    assert page.status == 200
    assert "UBND xã Suối Mới" in page.text
    assert "Nghị quyết 1/NQ" in page.text
    old = await services.storage.directory.agency(COMMUNE)
    assert old is not None
    assert old.successor == "H99.160"
    [line] = await services.storage.audit.lines(limit=1)
    assert line.event is AuditEvent.DIRECTORY_CHANGED
    assert "van.hanh" in line.actor


async def test_merger_that_cannot_be_keeps_what_was_typed(console: Console) -> None:
    async with console.visit("van.hanh") as visit:
        await visit.look("/mergers/new")
        page = await visit.send("/mergers/preview", **{**_MERGER, "from": "H99.999"})
    assert "agency_unknown" in page.text
    assert 'value="UBND xã Suối Mới"' in page.text
    assert 'id="confirm"' not in page.text
