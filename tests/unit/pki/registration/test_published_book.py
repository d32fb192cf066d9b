"""What the desk did is published by digest, so that others can hold it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.ca.audit import audit_folder
from pki.errors import PkiError
from pki.journal.published import REGISTRATION, read_published_journal
from schemas.errors import ErrorCode
from tests.support.desk import CLERK, FIRST, Desk, application, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


def published(desk: Desk) -> Path:
    return desk.folder / f"{REGISTRATION}.journal"


def digests(desk: Desk) -> tuple[str, ...]:
    return tuple(one.digest() for one in desk.desk.journal.entries())


def audited(desk: Desk) -> tuple[list[ErrorCode], int]:
    (found,) = (one for one in audit_folder(desk.folder) if one.label == REGISTRATION)
    return [one.code for one in found.findings], found.unpublished


def test_every_entry_is_published_when_its_change_returns(desk: Desk) -> None:
    request = desk.desk.submit(application(), CLERK)
    assert read_published_journal(published(desk)).digests == digests(desk)
    desk.desk.approve(request.id, FIRST)
    assert read_published_journal(published(desk)).digests == digests(desk)
    assert len(digests(desk)) == 4  # two operators, the request, one approval
    assert audited(desk) == ([], 0)


@pytest.mark.parametrize("left", [0, 30, 65])
def test_what_a_crash_left_unpublished_is_published_at_the_next_opening(
    desk: Desk, left: int
) -> None:
    whole = published(desk).read_bytes()
    published(desk).write_bytes(whole[:left])
    assert audited(desk) == ([], (len(whole) - left // 65 * 65) // 65)
    desk.reopen()
    assert published(desk).read_bytes() == whole


def test_book_of_the_program_before_is_published_when_it_is_opened(desk: Desk) -> None:
    whole = published(desk).read_bytes()
    published(desk).unlink()
    desk.reopen()
    assert published(desk).read_bytes() == whole


def test_older_copy_of_the_book_is_not_opened(desk: Desk) -> None:
    book = desk.folder / "private" / f"{REGISTRATION}.sqlite"
    desk.desk.close()
    kept = Path(shutil.copy(book, desk.folder / "kept.sqlite"))
    desk.reopen()
    desk.desk.submit(application(), CLERK)
    desk.desk.close()
    kept.replace(book)

    with pytest.raises(PkiError) as refusal:
        desk.reopen()

    assert refusal.value.code is ErrorCode.PUBLISHED_DIFFERS
    assert refusal.value.place == f"{REGISTRATION}.journal"
    assert audited(desk)[0] == [ErrorCode.JOURNAL_BROKEN]


def test_entry_that_is_not_the_published_one_is_found(desk: Desk) -> None:
    lines = published(desk).read_text().splitlines()
    lines[0] = lines[0][::-1]
    published(desk).write_text("".join(f"{one}\n" for one in lines))
    assert audited(desk)[0] == [ErrorCode.JOURNAL_BROKEN]
