"""What is asked of the database once for many, and what that must not cost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from exchange.delivery.lease import Lease
from exchange.directory_cache import DirectoryCache
from exchange.domain.agency_orders import Rename
from exchange.domain.parties import Agency
from exchange.services import Services
from exchange.usecases.change_agencies import ChangeAgencies, change_agencies
from exchange.usecases.directory import current_directory
from exchange.usecases.import_agencies import ImportAgencies, import_agencies
from schemas.edxml.document import Attachment
from schemas.identifiers import OrganId
from schemas.vocabulary import Level
from tests.support.signed_pdf import LETTER
from tests.support.world import COMMUNE, agency, attachment, make_world, note


@dataclass(slots=True)
class Questions:
    """A directory that answers when it is let, with the version it had when asked."""

    number: int = 0
    held: int = 1
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def version(self) -> int:
        self.number += 1
        version = self.held
        await self.may_answer.wait()
        return version

    async def agencies(self) -> Sequence[Agency]:
        return [agency("H99", f"phiên bản {self.held}", Level.PROVINCE)]


def store(questions: Questions) -> Any:
    return questions


async def test_callers_at_one_time_ask_for_the_directory_once() -> None:
    questions, cache = Questions(), DirectoryCache()
    questions.may_answer.set()
    found = await asyncio.gather(*(cache.current(store(questions)) for _ in range(50)))
    assert questions.number == 1
    assert {one.version for one in found} == {1}


async def test_answer_under_way_is_not_given_to_whoever_asks_later() -> None:
    questions, cache = Questions(), DirectoryCache()
    early = asyncio.create_task(cache.current(store(questions)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert questions.number == 1
    questions.held = 2
    late = [asyncio.create_task(cache.current(store(questions))) for _ in range(9)]
    await asyncio.sleep(0)
    questions.may_answer.set()
    assert {(await one).version for one in late} == {2}
    assert (await early).agency(OrganId("H99")) is not None
    assert questions.number == 2


async def test_caller_that_gives_up_takes_nobody_with_it() -> None:
    questions, cache = Questions(), DirectoryCache()
    impatient = asyncio.create_task(cache.current(store(questions)))
    patient = asyncio.create_task(cache.current(store(questions)))
    await asyncio.sleep(0)
    impatient.cancel()
    questions.may_answer.set()
    assert (await patient).version == 1


def answering(version: int = 1) -> Questions:
    """A directory that answers at once."""
    questions = Questions(held=version)
    questions.may_answer.set()
    return questions


async def test_answer_is_believed_for_its_time_and_no_longer() -> None:
    now, questions = [100.0], answering()
    cache = DirectoryCache(believed_seconds=0.25, clock=lambda: now[0])
    await cache.current(store(questions))
    questions.held, now[0] = 2, 100.2
    assert (await cache.current(store(questions))).version == 1
    assert questions.number == 1
    now[0] = 100.25
    assert (await cache.current(store(questions))).version == 2


async def test_answer_is_believed_from_when_it_was_asked_for() -> None:
    now, questions = [100.0], Questions()
    cache = DirectoryCache(believed_seconds=0.25, clock=lambda: now[0])
    asking = asyncio.create_task(cache.current(store(questions)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    questions.held, now[0] = 2, 100.3
    questions.may_answer.set()
    assert (await asking).version == 1
    assert (await cache.current(store(questions))).version == 2


async def test_question_under_way_is_not_believed_after_a_change() -> None:
    now, questions = [100.0], Questions()
    cache = DirectoryCache(believed_seconds=60, clock=lambda: now[0])
    asking = asyncio.create_task(cache.current(store(questions)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    questions.held = 2
    cache.doubt()
    questions.may_answer.set()
    assert (await asking).version == 1
    assert (await cache.current(store(questions))).version == 2


async def test_unasked_directory_is_asked_for_everywhere_but_in_a_service() -> None:
    questions, cache = answering(), DirectoryCache()
    for _ in range(3):
        await cache.current(store(questions))
    assert questions.number == 3


CHANGES: dict[str, Callable[[Services], Awaitable[object]]] = {
    "import": lambda services: import_agencies(
        services,
        ImportAgencies(agencies=[agency("H98", "Mới", Level.PROVINCE)], operator="o"),
    ),
    "rename": lambda services: change_agencies(
        services,
        ChangeAgencies(
            order=Rename(code=COMMUNE, name="Phường Suối Mây"),
            effective=services.now(),
            reason="đổi tên",
            operator="o",
        ),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_process_goes_by_its_own_changes_at_once(change: str) -> None:
    world = await make_world()
    cache = DirectoryCache(believed_seconds=60, clock=lambda: 0.0)
    services = replace(world.services, directory=cache)
    before = await current_directory(services)
    await CHANGES[change](services)
    assert (await current_directory(services)).version == before.version + 1


async def test_lease_is_renewed_in_time_and_yields_when_it_was_not() -> None:
    world = await make_world()
    mine = Lease(world.services, "việc", owner="tôi", seconds=6)
    other = Lease(world.services, "việc", owner="khác", seconds=6)
    for _ in range(10):
        assert await mine.held()
        assert not await other.held()
        world.clock.move(seconds=1)
    world.clock.move(seconds=6)
    assert await other.held()
    assert not await mine.held()
    await other.release()
    assert await mine.held()


async def test_lease_asks_storage_once_in_two_thirds_of_its_time() -> None:
    world = await make_world()
    asked: list[str] = []

    class Counted:
        async def acquire(self, name: str, **_: object) -> bool:
            asked.append(name)
            return True

    @dataclass(frozen=True, slots=True)
    class Ports:
        leases: Counted

    ports: Any = Ports(Counted())
    lease = Lease(replace(world.services, storage=ports), "việc", owner="a", seconds=6)
    for _ in range(12):
        assert await lease.held()
        world.clock.move(seconds=0.5)
    assert len(asked) == 2
    world.clock.move(seconds=-60)
    assert await lease.held()
    assert len(asked) == 3


async def test_intake_notes_which_attachments_are_pdfs_by_their_bytes() -> None:
    world = await make_world()
    sent = await world.send(world.document(*named_and_meant()))
    kinds = [one.is_pdf for one in sent.envelope.attachments]
    assert kinds == [True, False]


def named_and_meant() -> tuple[Attachment, ...]:
    hidden = attachment(
        LETTER.read_bytes(), number=1, name="ảnh.png", content_type="image/png"
    )
    return hidden, note(b"ghi nho", number=2)
