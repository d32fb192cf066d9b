"""Lines of a CA's journal are entered in the log exactly once, in order."""

import asyncio
from dataclasses import replace

import pytest

from exchange.errors import StateConflictError
from exchange.storage.ports import Storage
from schemas.errors import ErrorCode
from schemas.vocabulary import LogEntryType
from tests.support.journals import LABEL, journal_step, position


async def sequenced(storage: Storage) -> list[str]:
    """Sequence all that waits and return the subjects in log order."""
    return [one.entry.envelope_id for one in await storage.log.sequence(limit=10_000)]


def subjects(first: int, last: int, *, label: str = LABEL) -> list[str]:
    return [f"{label}/{number}" for number in range(first, last + 1)]


async def test_unknown_journal_stands_before_its_first_line(storage: Storage) -> None:
    assert await storage.ca_journals.position(LABEL) == position(0)
    assert list(await storage.ca_journals.positions()) == []


async def test_entering_lines_moves_the_position_with_their_entries(
    storage: Storage,
) -> None:
    first = await storage.ca_journals.enter(journal_step(1, 3))
    second = await storage.ca_journals.enter(journal_step(4, 5))

    assert (first, second) == (position(3), position(5))
    assert await storage.ca_journals.position(LABEL) == position(5)
    assert await sequenced(storage) == subjects(1, 5)
    found = await storage.ca_journals.entries(subjects(2, 9))
    assert [one.entry for one in found] == [
        *journal_step(2, 3).entries,
        *journal_step(4, 5).entries,
    ]
    assert {one.entry.entry_type for one in found} == {LogEntryType.CA_ACTION}


async def test_entering_again_stores_nothing(storage: Storage) -> None:
    await storage.ca_journals.enter(journal_step(1, 3))

    again = await storage.ca_journals.enter(journal_step(1, 3))
    late = await storage.ca_journals.enter(journal_step(1, 2))

    assert (again, late) == (position(3), position(3))
    assert await sequenced(storage) == subjects(1, 3)


async def test_entering_beyond_a_gap_stores_nothing(storage: Storage) -> None:
    await storage.ca_journals.enter(journal_step(1, 2))

    stored = await storage.ca_journals.enter(journal_step(5, 6))
    unknown = await storage.ca_journals.enter(journal_step(5, 6, label="root"))

    assert (stored, unknown) == (position(2), position(0, label="root"))
    assert await sequenced(storage) == subjects(1, 2)
    assert list(await storage.ca_journals.positions()) == [position(2)]


@pytest.mark.parametrize("changed", ["digest", "lines_sha256"])
async def test_entering_after_other_lines_is_refused(
    storage: Storage, changed: str
) -> None:
    await storage.ca_journals.enter(journal_step(1, 2))
    step = journal_step(3, 4)
    other = "f" * 64
    before = (
        replace(step.before, digest=other)
        if changed == "digest"
        else replace(step.before, lines_sha256=other)
    )

    with pytest.raises(StateConflictError) as caught:
        await storage.ca_journals.enter(replace(step, before=before))

    assert (caught.value.code, caught.value.place) == (
        ErrorCode.JOURNAL_BROKEN,
        f"{LABEL}/2",
    )
    assert await storage.ca_journals.position(LABEL) == position(2)
    assert await sequenced(storage) == subjects(1, 2)


async def test_journals_of_several_cas_are_kept_apart(storage: Storage) -> None:
    for label in ("root", "issuing-persons", "issuing-persons-2"):
        await storage.ca_journals.enter(journal_step(1, 2, label=label))

    stored = await storage.ca_journals.positions()

    labels = ["issuing-persons", "issuing-persons-2", "root"]
    assert list(stored) == [position(2, label=one) for one in labels]
    assert sorted(await sequenced(storage)) == sorted(
        one for label in labels for one in subjects(1, 2, label=label)
    )


async def test_two_that_enter_at_once_enter_each_line_once(storage: Storage) -> None:
    async def run() -> None:
        number = 0
        while number < 40:
            step = journal_step(number + 1, number + 4)
            number = (await storage.ca_journals.enter(step)).number

    await asyncio.gather(run(), run(), run())

    assert await storage.ca_journals.position(LABEL) == position(40)
    assert await sequenced(storage) == subjects(1, 40)
