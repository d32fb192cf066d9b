"""A task of signing goes on once, and is found by its code while it has one."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.domain.records import AuditLine
from exchange.domain.signing import StoredFile
from exchange.domain.signing_tasks import SigningTask, digest_of_code, with_code
from exchange.storage.ports import Storage
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import AuditEvent
from tests.support.pki import NOW

TASK = SigningTask(
    task_id="01KAJ0000000000000000000T1",
    account="ky.nguoi",
    agency=OrganId("H99.151"),
    name="Công văn.pdf",
    document=StoredFile(body_id="a", size=3, sha256="00" * 32),
    asked_at=NOW,
)
LINE = AuditLine(at=NOW, event=AuditEvent.SIGNING_ASKED, actor="ky.nguoi")
CODE = "ABCD-EFGH-JKMN-PQRS"


def waiting() -> SigningTask:
    return with_code(TASK, request=b"{}", code=CODE, now=NOW)


async def asked(storage: Storage) -> None:
    assert await storage.signing.move_task(None, TASK, audit=LINE)


async def test_task_is_found_as_it_was_stored(storage: Storage) -> None:
    assert await storage.signing.task(TASK.task_id) is None
    await asked(storage)
    assert await storage.signing.task(TASK.task_id) == TASK
    assert not await storage.signing.move_task(None, TASK, audit=LINE)
    assert len(await storage.audit.lines(limit=10)) == 1


async def test_code_names_its_task_until_it_is_used(storage: Storage) -> None:
    await asked(storage)
    assert await storage.signing.task_by_code(digest_of_code(CODE)) is None
    assert await storage.signing.move_task(TASK, waiting(), audit=LINE)
    assert await storage.signing.task_by_code(digest_of_code(CODE)) == waiting()
    system = SystemId("qlvb-h99-151")
    used = replace(waiting(), code_digest="", opened_by=system, version=3)
    assert await storage.signing.move_task(waiting(), used, audit=LINE)
    assert await storage.signing.task_by_code(digest_of_code(CODE)) is None
    assert await storage.signing.task(TASK.task_id) == used


async def test_task_moves_once_from_where_it_was(storage: Storage) -> None:
    await asked(storage)
    moved = await asyncio.gather(
        *(storage.signing.move_task(TASK, waiting(), audit=LINE) for _ in range(3))
    )
    assert sorted(moved) == [False, False, True]
    assert len(await storage.audit.lines(limit=10)) == 2


async def test_tasks_of_somebody_are_listed_newest_first(storage: Storage) -> None:
    await asked(storage)
    second = replace(TASK, task_id="01KAJ0000000000000000000T2")
    others = replace(TASK, task_id="01KAJ0000000000000000000T3", account="thu.van")
    for one in (second, others):
        await storage.signing.move_task(None, one, audit=LINE)
    assert list(await storage.signing.tasks_of("ky.nguoi", limit=9)) == [second, TASK]
    assert list(await storage.signing.tasks_of("ky.nguoi", limit=1)) == [second]


async def test_old_tasks_are_dropped(storage: Storage) -> None:
    await asked(storage)
    await storage.signing.drop(before=NOW)
    assert await storage.signing.task(TASK.task_id) == TASK
    await storage.signing.drop(before=NOW + timedelta(seconds=1))
    assert await storage.signing.task(TASK.task_id) is None


@pytest.mark.parametrize(
    "typed", ["abcd-efgh-jkmn-pqrs", " ABCDEFGHJKMNPQRS\n"], ids=["lower", "plain"]
)
def test_code_is_taken_as_people_type_it(typed: str) -> None:
    assert digest_of_code(typed) == digest_of_code(CODE)
