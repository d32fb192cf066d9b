"""Requests for certificates, decided by two persons in the console."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from exchange.console.station import Station
from exchange.domain.roles import AccessRole
from schemas.vocabulary import AuditEvent
from tests.support.ca_office import SetClock, ca_thread
from tests.support.console import Console, Page, Visit, add_person, running_console
from tests.support.desk import CLERK, FIRST, SECOND, application, open_desk
from tests.support.world import make_world


@dataclass(frozen=True, slots=True)
class Desk:
    """A console beside a CA where one request waits."""

    console: Console
    request: str


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    with open_desk(tmp_path) as made:
        request = made.desk.submit(application(), CLERK)
        folder = made.folder
    async with ca_thread(folder, SetClock()) as ca:
        world, station = await make_world(), Station(ca=ca)
        async with running_console(world, station=station) as console:
            other = ((AccessRole.OPERATOR, None),)
            await add_person(console.office, world, "nguoi.hai", other)
            yield Desk(console, request.id)


async def _decide(visit: Visit, desk: Desk, action: str, **fields: str) -> Page:
    await visit.look(f"/approvals/{desk.request}")
    sent = {
        "operator": FIRST.name,
        "passphrase": FIRST.passphrase.decode(),
        "reason": "đã gặp người nhận",
        **fields,
    }
    return await visit.send(f"/approvals/{desk.request}/{action}", **sent)


async def test_two_persons_approve_and_the_certificate_is_issued(desk: Desk) -> None:
    second = {"operator": SECOND.name, "passphrase": SECOND.passphrase.decode()}
    async with desk.console.visit("van.hanh") as visit:
        listed = await visit.look("/approvals")
        shown = await visit.look(f"/approvals/{desk.request}")
        once = await _decide(visit, desk, "approve")
        again = await _decide(visit, desk, "approve", **second)
    async with desk.console.visit("nguoi.hai") as visit:
        twice = await _decide(visit, desk, "approve", **second)
    assert desk.request in listed.text
    assert "đạt mọi quy tắc" in shown.text
    assert "chờ duyệt" in once.text
    assert "approver_not_distinct" in again.text
    assert "đã cấp" in twice.text
    found = await desk.console.world.services.storage.audit.lines(limit=9)
    approved = [one for one in found if one.event is AuditEvent.CERTIFICATE_APPROVED]
    assert [one.code for one in approved] == ["", "approver_not_distinct", ""]


async def test_request_is_refused_with_its_reason(desk: Desk) -> None:
    async with desk.console.visit("van.hanh") as visit:
        page = await _decide(visit, desk, "refuse", reason="sai tên")
    assert "bị từ chối" in page.text
    assert "sai tên" in page.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"passphrase": "không phải"}, "operator_unknown"),
        ({"reason": " "}, "request_invalid"),
    ],
    ids=["passphrase", "reason"],
)
async def test_who_does_not_show_it_decides_nothing(
    desk: Desk, fields: dict[str, str], code: str
) -> None:
    async with desk.console.visit("van.hanh") as visit:
        page = await _decide(visit, desk, "approve", **fields)
    assert code in page.text
    assert "0/2" in page.text
    assert "không phải" not in page.text


async def test_where_the_ca_is_elsewhere_nothing_is_offered() -> None:
    async with (
        running_console(await make_world()) as console,
        console.visit("van.hanh") as visit,
    ):
        page = await visit.look("/approvals")
        one = await visit.look("/approvals/1")
    assert "lienthong pki requests" in page.text
    assert one.status == 404
