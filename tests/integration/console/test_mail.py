"""Mail as a clerk sees it."""

import re
from collections.abc import AsyncIterator

import pytest

from exchange.console.words.catalogue import WORDS
from exchange.domain.roles import AccessRole
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from schemas.edxml.document import Business, Organisation, SignerInfo
from schemas.vocabulary import (
    BusinessType,
    DeliveryState,
    Level,
    StatusCode,
    Step,
    Urgency,
)
from tests.support.console import Console, Page, Visit, add_person, running_console
from tests.support.world import FAR_COMMUNE, PROVINCE, agency, make_world, note

_MARKUP = "V/v <b>đậm</b> & \u202egnort\u202c"


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


def test_every_state_step_and_status_has_its_word() -> None:
    wanted = (
        *(f"state.{one}" for one in DeliveryState),
        *(f"step.{one}" for one in Step),
        *(f"status.{one}" for one in StatusCode),
        *(f"urgency.{int(one)}" for one in Urgency),
    )
    assert [key for key in wanted if key not in WORDS] == []


async def test_document_is_in_the_inbox_of_its_recipient(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        inbox = await visit.look("/inbox")
        assert "214/UBND-VHXH" in inbox.text
        assert f"/documents/{accepted.envelope.envelope_id}" in inbox.text
        shown = await visit.look(f"/documents/{accepted.envelope.envelope_id}")
    assert shown.status == 200
    assert "ghi chú.txt" in shown.text
    assert "Chuyển đến nơi nhận" in shown.text


async def test_dossier_tasks_and_paper_copy_are_shown_and_found(
    console: Console,
) -> None:
    world = console.world
    accepted = await world.send(
        world.document(
            application_type="MCDT_DT",
            task_codes=("NV-1",),
            signer=SignerInfo(full_name="Đoàn Thạch Khuê"),
            business=Business(business_type=BusinessType.NEW, paper=True),
        )
    )
    await world.deliver()
    async with console.visit("tinh.van") as visit:
        page = await visit.look(f"/documents/{accepted.envelope.envelope_id}")
        found = await visit.look("/inbox?q=mcdt&paper=true")
        none = await visit.look("/inbox?paper=false")
        wrong = await visit.look("/inbox?paper=perhaps")
    for shown in ("MCDT_DT", "NV-1", "Đoàn Thạch Khuê", "Có gửi kèm bản giấy"):
        assert shown in page.text
    assert "214/UBND-VHXH" in found.text
    assert "214/UBND-VHXH" not in none.text
    assert wrong.status == 400


async def test_document_is_in_the_outbox_of_its_sender(console: Console) -> None:
    await console.world.sent(note(b"x"))
    async with console.visit("thu.van") as visit:
        page = await visit.look("/outbox")
    assert "214/UBND-VHXH" in page.text
    assert "chờ nhận" in page.text


async def test_document_of_others_does_not_exist(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    clerk = ((AccessRole.CLERK, FAR_COMMUNE),)
    await add_person(console.office, console.world, "xa.xa", clerk)
    async with console.visit("xa.xa") as visit:
        page = await visit.look(f"/documents/{accepted.envelope.envelope_id}")
    assert page.status == 404
    assert "envelope_not_found" in page.text


async def test_markup_in_a_subject_is_text(console: Console) -> None:
    world = console.world
    await world.send(world.document(subject=_MARKUP))
    await world.deliver()
    async with console.visit("tinh.van") as visit:
        page = await visit.look("/inbox")
    assert "<b>đậm</b>" not in page.text
    assert "&lt;b&gt;đậm" in page.text


async def _part(visit: Visit, path: str) -> Page:
    return await visit.look(path, **{"HX-Request": "true"})


async def test_list_looks_for_news_and_is_left_alone_without_any(
    console: Console,
) -> None:
    await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        whole = await visit.look("/inbox")
        path = whole.text.split('hx-get="')[1].split('"')[0]
        assert (await _part(visit, path)).status == 204
        await console.world.send(console.world.document(subject="Văn bản mới"))
        await console.world.deliver()
        part = await _part(visit, path)
    assert part.status == 200
    assert "Văn bản mới" in part.text
    assert "<html" not in part.text


async def test_page_that_looks_by_itself_keeps_no_session_alive(
    console: Console,
) -> None:
    async with console.visit("tinh.van") as visit:
        for _ in range(3):
            console.world.clock.move(minutes=10)
            await _part(visit, "/inbox?seen=0")
        page = await _part(visit, "/inbox?seen=0")
    assert page.status == 401
    assert page.headers["HX-Redirect"] == "/sign-in"


async def test_long_list_goes_on_page_by_page(console: Console) -> None:
    world = console.world
    for number in range(53):
        await world.send(world.document(subject=f"Văn bản thứ {number:02}"))
    await world.deliver()
    async with console.visit("tinh.van") as visit:
        first = await visit.look("/inbox")
        older = first.text.split('href="/inbox?before=')[1].split('"')[0]
        rest = await visit.look(f"/inbox?before={older}")
    assert first.text.count("/documents/") == 50
    assert rest.text.count("/documents/") == 3
    assert "Văn bản thứ 52" in first.text
    assert "Văn bản thứ 00" in rest.text


async def test_document_to_many_shows_how_many_and_the_first_of_them() -> None:
    world = await make_world()
    many = [
        agency(f"H99.2.{number}", f"Xã {number}", Level.COMMUNE, str(PROVINCE))
        for number in range(210)
    ]
    await import_agencies(
        world.services, ImportAgencies(agencies=tuple(many), operator="test")
    )
    to = tuple(Organisation(organ_id=one.code) for one in many)
    accepted = await world.send(world.document(recipients=to))
    await world.deliver()
    async with running_console(world) as console, console.visit("thu.van") as visit:
        page = await visit.look(f"/documents/{accepted.envelope.envelope_id}")
    assert "210 nơi" in page.text
    assert page.text.count("<td>Xã ") == 200


async def test_timeline_is_a_picture_with_words_for_everything_in_it(
    console: Console,
) -> None:
    accepted = await console.world.sent(note(b"x"))
    async with console.visit("tinh.van") as visit:
        page = await visit.look(f"/documents/{accepted.envelope.envelope_id}")
    picture = page.text.split('class="timeline-picture"')[1].split("</svg>")[0]
    links = re.findall(r'<a href="#([\w-]+)"[^>]* aria-label="([^"]+)"', picture)
    assert {name for name, _ in links} >= {"step-1", "step-2", "due-1"}
    assert all(f'id="{name}"' in page.text for name, _ in links)
    assert any("Vào sổ, trình" in label for _, label in links)
    assert "NĐ 30/2020, 23.1" in page.text
