"""The audit trail as auditors look through it."""

from collections.abc import AsyncIterator

import pytest

from exchange.usecases.auditing import audit_line
from schemas.vocabulary import AuditEvent
from tests.support.console import Console, running_console
from tests.support.world import make_world, note


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


async def test_signing_in_is_on_the_trail_with_who_it_was(console: Console) -> None:
    async with console.visit("thu.van"), console.visit("giam.sat") as visit:
        page = await visit.look(f"/audit?event={AuditEvent.SIGNED_IN}")
    assert "thu.van" in page.text
    assert "Đăng nhập" in page.text


async def test_refusal_is_shown_with_its_code(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        await visit.sign_in("thu.van", "sai rồi, sai rồi, sai rồi")
    async with console.visit("giam.sat") as visit:
        page = await visit.look(f"/audit?event={AuditEvent.SIGN_IN_REFUSED}")
    assert "sign_in_refused" in page.text


async def test_trail_is_narrowed_and_goes_on_page_by_page(console: Console) -> None:
    world = console.world
    accepted = await world.sent(note(b"x"))
    for number in range(60):
        line = audit_line(
            AuditEvent.LIST_SAVED,
            at=world.clock.now,
            actor="ai-do",
            subject=str(number),
        )
        await world.services.storage.audit.append(line)
    async with console.visit("giam.sat") as visit:
        first = await visit.look("/audit?actor=ai-do")
        older = first.text.split('href="/audit?actor=ai-do&amp;before=')[1]
        rest = await visit.look(f"/audit?actor=ai-do&before={older.split(chr(34))[0]}")
        one = await visit.look(f"/audit?subject={accepted.envelope.envelope_id}")
    assert first.text.count("<code>ai-do</code>") == 50
    assert rest.text.count("<code>ai-do</code>") == 10
    assert "Tiếp nhận gói tin" in one.text.split("<tbody>")[1]
    assert "ai-do" not in one.text.split("<tbody>")[1]


@pytest.mark.parametrize(
    "query",
    [
        *("event=nothing", "since=soon", "before=x", f"actor={'a' * 201}"),
        *("since=0001-01-01", "until=9999-12-31T20:00:00"),
    ],
)
async def test_question_that_makes_no_sense_is_refused(
    console: Console, query: str
) -> None:
    async with console.visit("giam.sat") as visit:
        page = await visit.look(f"/audit?{query}")
    assert page.status == 400


async def test_day_is_taken_whole(console: Console) -> None:
    async with console.visit("giam.sat") as visit:
        day = console.world.clock.now.date().isoformat()
        page = await visit.look(f"/audit?since={day}&until={day}")
        none = await visit.look("/audit?until=2020-01-01")
    assert "giam.sat" in page.text.split("<tbody>")[1]
    assert "<tbody>" not in none.text
