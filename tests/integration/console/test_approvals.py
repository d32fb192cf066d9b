"""Requests for certificates, decided by two persons in the console."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from exchange.certification.approvals import approve
from exchange.certification.office import CaThread
from exchange.console.station import Station
from exchange.domain.records import AuditLine
from exchange.domain.roles import AccessRole
from exchange.storage.memory.audit import MemoryAudit
from schemas.errors import ErrorCode
from schemas.identifiers import person_id
from schemas.vocabulary import AuditEvent
from tests.support.ca_office import SetClock, ca_thread
from tests.support.console import Console, Page, Visit, add_person, running_console
from tests.support.desk import CLERK, FIRST, SECOND, application, open_desk
from tests.support.world import make_world

AS_SECOND = {"operator": SECOND.name, "passphrase": SECOND.passphrase.decode()}


@dataclass(frozen=True, slots=True)
class Desk:
    """A console beside a CA where one request waits."""

    console: Console
    request: str
    ca: CaThread


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
            yield Desk(console, request.id, ca)


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
    async with desk.console.visit("van.hanh") as visit:
        listed = await visit.look("/approvals")
        shown = await visit.look(f"/approvals/{desk.request}")
        once = await _decide(visit, desk, "approve")
        again = await _decide(visit, desk, "approve", **AS_SECOND)
    async with desk.console.visit("nguoi.hai") as visit:
        twice = await _decide(visit, desk, "approve", **AS_SECOND)
    assert desk.request in listed.text
    assert "đạt mọi quy tắc" in shown.text
    assert "chờ duyệt" in once.text
    assert "approver_not_distinct" in again.text
    assert "đã cấp" in twice.text
    found = await desk.console.world.services.storage.audit.lines(limit=9)
    approved = [one for one in found if one.event is AuditEvent.CERTIFICATE_APPROVED]
    assert [one.code for one in approved] == ["", "approver_not_distinct", ""]


async def test_failures_after_an_approval_do_not_let_an_account_approve_again(
    desk: Desk,
) -> None:
    async with desk.console.visit("van.hanh") as visit:
        await _decide(visit, desk, "approve")
        await _fail_often(desk, "van.hanh")
        again = await _decide(visit, desk, "approve", **AS_SECOND)
    assert "approver_not_distinct" in again.text


async def test_account_approves_once_though_the_audit_trail_missed_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk.console.visit("van.hanh") as visit:
        with monkeypatch.context() as crash:
            crash.setattr(MemoryAudit, "append", _lost)
            await _decide(visit, desk, "approve")
        again = await _decide(visit, desk, "approve", **AS_SECOND)
    assert "approver_not_distinct" in again.text
    assert "1/2" in again.text


async def test_approval_that_an_earlier_version_kept_without_account_counts(
    desk: Desk,
) -> None:
    await desk.ca.run(partial(approve, request_id=desk.request, proof=FIRST))
    await desk.console.world.services.storage.audit.append(_line(desk, "van.hanh"))
    await _fail_often(desk, "van.hanh")
    async with desk.console.visit("van.hanh") as visit:
        again = await _decide(visit, desk, "approve", **AS_SECOND)
    assert "approver_not_distinct" in again.text


async def _lost(_audit: MemoryAudit, _line: AuditLine) -> None:
    """Store nothing, as a process that died before it."""


async def _fail_often(desk: Desk, account: str) -> None:
    clock = desk.console.world.clock
    for _ in range(60):
        clock.move(seconds=1)
        line = _line(desk, account, code=ErrorCode.REQUEST_INVALID)
        await desk.console.world.services.storage.audit.append(line)


def _line(desk: Desk, account: str, code: str = "") -> AuditLine:
    return AuditLine(
        at=desk.console.world.clock.now,
        event=AuditEvent.CERTIFICATE_APPROVED,
        actor=person_id(account),
        subject=desk.request,
        code=code,
        facts=(),
    )


async def test_request_is_refused_with_its_reason(desk: Desk) -> None:
    async with desk.console.visit("van.hanh") as visit:
        page = await _decide(visit, desk, "refuse", reason="sai tên")
    assert "bị từ chối" in page.text
    assert "sai tên" in page.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"passphrase": "mật khẩu khác"}, "operator_unknown"),
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
    assert "mật khẩu khác" not in page.text


async def test_where_the_ca_is_elsewhere_nothing_is_offered() -> None:
    async with (
        running_console(await make_world()) as console,
        console.visit("van.hanh") as visit,
    ):
        page = await visit.look("/approvals")
        one = await visit.look("/approvals/1")
    assert "lienthong pki requests" in page.text
    assert one.status == 404
