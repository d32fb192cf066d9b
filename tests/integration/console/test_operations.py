"""What operators and auditors see of deliveries, and what operators do."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from cryptography.x509 import Certificate

from exchange.domain.records import AuditLine, Delivery
from exchange.usecases.hub_health import Growth
from exchange.usecases.look_after_deliveries import count_waiting
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import AuditEvent, DeliveryState
from tests.support.console import Console, running_console
from tests.support.late import dead_letter, held
from tests.support.levels import LevelDesk
from tests.support.world import PROVINCE, make_world, note

_PAGE = "/deliveries"
_SUBJECT = "mật độ dân số"


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


class Silent:
    """Nobody says anything about a certificate."""

    def fetch(
        self, certificate: Certificate, issuer: Certificate
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        assert certificate.issuer == issuer.subject
        return (), ()


async def _delivery(console: Console, envelope_id: EnvelopeId) -> Delivery:
    store = console.world.services.storage.envelopes
    found = await store.delivery(envelope_id, PROVINCE)
    assert found is not None
    return found


async def test_dead_letter_is_listed_with_every_attempt(console: Console) -> None:
    envelope = await dead_letter(console.world)
    async with console.visit("van.hanh") as visit:
        listed = await visit.look(f"{_PAGE}?list=dead_letter")
        shown = await visit.look(f"{_PAGE}/{envelope.envelope_id}")
    assert f"{_PAGE}/{envelope.envelope_id}" in listed.text
    assert shown.text.count("Hết chỗ trên đĩa") == 2
    assert _SUBJECT not in listed.text + shown.text


async def test_operator_offers_a_dead_letter_again_on_record(console: Console) -> None:
    envelope = await dead_letter(console.world)
    one = f"{_PAGE}/{envelope.envelope_id}"
    async with console.visit("van.hanh") as visit:
        await visit.look(one)
        shown = await visit.send(f"{one}/resend", agency="H99", reason="đã sửa máy")
    assert shown.status == 200
    assert "đã sửa máy" in shown.text
    found = await _delivery(console, envelope.envelope_id)
    assert found.state is DeliveryState.AVAILABLE
    lines = await console.world.services.storage.audit.lines(limit=5)
    again = [one for one in lines if one.event is AuditEvent.DELIVERY_OFFERED_AGAIN]
    assert "van.hanh" in again[0].actor


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("release", DeliveryState.AVAILABLE),
        ("quarantine", DeliveryState.QUARANTINED),
    ],
    ids=str,
)
async def test_operator_decides_about_what_is_held(
    console: Console, action: str, state: DeliveryState
) -> None:
    envelope = await held(console.world)
    one = f"{_PAGE}/{envelope.envelope_id}"
    async with console.visit("van.hanh") as visit:
        listed = await visit.look(f"{_PAGE}?list=held")
        await visit.look(one)
        await visit.send(f"{one}/{action}", agency="H99", reason="đã xem tệp")
    assert envelope.envelope_id in listed.text
    assert (await _delivery(console, envelope.envelope_id)).state is state


@pytest.mark.parametrize(
    ("person", "where"), [("van.hanh", _PAGE), ("thu.van", "/documents")], ids=str
)
async def test_operator_and_sender_see_why_it_is_held(
    console: Console, person: str, where: str
) -> None:
    envelope = await held(console.world)
    async with console.visit(person) as visit:
        shown = await visit.look(f"{where}/{envelope.envelope_id}")
    assert shown.status == 200
    assert "Tệp 1: " in shown.text
    assert "limit_exceeded" in shown.text


async def test_nothing_is_done_without_a_reason(console: Console) -> None:
    envelope = await held(console.world)
    one = f"{_PAGE}/{envelope.envelope_id}"
    async with console.visit("van.hanh") as visit:
        await visit.look(one)
        page = await visit.send(f"{one}/release", agency="H99", reason=" ")
    assert page.status == 400
    found = await _delivery(console, envelope.envelope_id)
    assert found.state is DeliveryState.HELD


async def test_auditor_looks_and_decides_nothing(console: Console) -> None:
    envelope = await held(console.world)
    one = f"{_PAGE}/{envelope.envelope_id}"
    async with console.visit("giam.sat") as visit:
        shown = await visit.look(one)
        page = await visit.send(
            f"{one}/release", token=shown.form_token, agency="H99", reason="x"
        )
    assert shown.status == 200
    assert "/release" not in shown.text
    assert page.status == 403


async def test_auditor_of_one_agency_sees_nothing_of_the_whole_hub(
    console: Console,
) -> None:
    async with console.visit("hai.vai") as visit:
        await visit.look("/role")
        await visit.send("/role", role="auditor", agency="H99")
        page = await visit.look(_PAGE)
    assert page.status == 403


async def test_document_untaken_for_a_day_is_listed(console: Console) -> None:
    accepted = await console.world.sent(note(b"x"))
    console.world.clock.move(hours=25)
    await console.world.send(console.world.document(document_id=None))
    async with console.visit("van.hanh") as visit:
        page = await visit.look(f"{_PAGE}?list=untaken")
        stuck = await visit.look(f"{_PAGE}?list=stuck")
    assert page.text.count(f"{_PAGE}/{accepted.envelope.envelope_id}") == 2
    assert accepted.envelope.envelope_id not in stuck.text


async def test_what_waits_is_counted_by_its_age(console: Console) -> None:
    world = console.world
    await world.sent(note(b"x"))
    world.clock.move(hours=2)
    by_state = {one.state: one for one in await count_waiting(world.services)}
    assert by_state[DeliveryState.AVAILABLE].by_age == (0, 2, 0)
    assert by_state[DeliveryState.HELD].number == 0


@pytest.mark.parametrize("query", ["list=nothing", "list=held&after=%C4%91"])
async def test_list_nobody_knows_is_refused(console: Console, query: str) -> None:
    async with console.visit("van.hanh") as visit:
        page = await visit.look(f"{_PAGE}?{query}")
    assert page.status == 400


async def test_dashboard_counts_what_waits_and_draws_what_was_sent(
    console: Console,
) -> None:
    world = console.world
    await held(world)
    await world.services.usage.tell(world.services.storage.usage)
    async with console.visit("giam.sat") as visit:
        page = await visit.look("/operations")
    row = page.text.split('href="/deliveries?list=held"')[1].split("</tr>")[0]
    assert ">2<" in row
    assert page.text.count('<rect class="level-commune" x=') == 2
    assert "style=" not in page.text
    assert 'action="/operations/maintenance"' not in page.text


async def test_operator_switches_maintenance_on_and_off(console: Console) -> None:
    controls = console.world.services.storage.controls
    async with console.visit("van.hanh") as visit:
        await visit.look("/operations")
        page = await visit.send("/operations/maintenance", switch="on", reason="thay ổ")
        running = await controls.maintenance()
        await visit.send("/operations/maintenance", switch="off")
    assert "Đang bảo trì" in page.text
    assert running is not None
    assert running.reason == "thay ổ"
    assert await controls.maintenance() is None


async def test_list_that_has_ended_is_shown_as_bad(console: Console) -> None:
    console.world.clock.move(days=300)
    async with console.visit("van.hanh") as visit:
        page = await visit.look("/operations")
    assert 'class="badge bad">đã hết' in page.text
    headline = page.text.split('id="health"')[1].split("<dl>")[0]
    assert "Thử nghiệm Issuing CA" in headline
    assert 'class="badge bad"' in headline
    assert "mọi phần đều tốt" not in page.text


async def test_last_audit_of_the_log_is_shown(console: Console) -> None:
    async with console.visit("giam.sat") as visit:
        before = await visit.look("/operations")
        line = AuditLine(
            at=console.world.clock.now,
            event=AuditEvent.LOG_AUDITED,
            actor="root",
            facts=(("size", "4711"),),
        )
        await console.world.services.storage.audit.append(line)
        after = await visit.look("/operations")
    assert "chưa lần nào" in before.text
    assert "khớp, 4711 mục" in after.text


async def test_authorities_are_asked_when_an_operator_wants_to_know() -> None:
    world = await make_world()
    desk = LevelDesk(pki=world.pki)
    services = replace(world.services, stamps=desk.client(), revocations=Silent())
    async with (
        running_console(replace(world, services=services)) as console,
        console.visit("van.hanh") as visit,
    ):
        await visit.look("/operations")
        page = await visit.send("/operations/check")
    assert "đồng hồ lệch" in page.text
    headline = page.text.split('id="health"')[1].split("<dl>")[0]
    assert "revocation_unchecked" in headline


def test_room_lasts_as_long_as_the_last_day_says() -> None:
    def left(free: int | None, per_day: int) -> int | None:
        return Growth(stored=1, free=free, per_day=per_day, before=0).days_left

    assert left(1000, 300) == 3
    assert left(1000, 0) is None
    assert left(None, 300) is None
