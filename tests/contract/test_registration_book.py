"""Both forms of the registration book, held to one behaviour."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.journal.store import Act, CaAction, verify_journal
from pki.registration.book import MemoryBook, RegistrationBook, SqliteBook, Table
from schemas.errors import ErrorCode
from tests.support.pki import NOW

ACT = Act(actor="Phan Hạc Đào")
Maker = Callable[[Path], RegistrationBook]
FORMS: list[Maker] = [
    lambda _folder: MemoryBook(),
    lambda folder: SqliteBook(folder / "registration.sqlite"),
]


@pytest.fixture(params=FORMS, ids=["memory", "sqlite"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RegistrationBook]:
    made: RegistrationBook = request.param(tmp_path)
    with closing(made):
        yield made


def write(book: RegistrationBook, key: str, *, state: str = "", text: str = "") -> None:
    with book.change() as page:
        page.put(Table.REQUEST, key, {"text": text}, state=state)
        page.enter(CaAction.REQUEST_SUBMITTED, ACT, key, {}, NOW)


def test_record_is_read_back_and_replaced(book: RegistrationBook) -> None:
    write(book, "a", text="một")
    write(book, "a", text="hai")
    assert book.page.get(Table.REQUEST, "a") == {"text": "hai"}
    assert book.page.get(Table.REQUEST, "b") is None
    assert book.page.get(Table.CODE, "a") is None


def test_records_are_listed_by_key_and_state(book: RegistrationBook) -> None:
    for key, state in (("c", "pending"), ("a", "issued"), ("b", "pending")):
        write(book, key, state=state)
    assert [key for key, _ in book.page.all(Table.REQUEST)] == ["a", "b", "c"]
    pending = book.page.all(Table.REQUEST, state="pending")
    assert [key for key, _ in pending] == ["b", "c"]


def test_change_that_fails_leaves_neither_record_nor_entry(
    book: RegistrationBook,
) -> None:
    write(book, "a")

    def fail() -> None:
        with book.change() as page:
            page.put(Table.REQUEST, "b", {})
            page.enter(CaAction.REQUEST_SUBMITTED, ACT, "b", {}, NOW)
            raise PkiError(ErrorCode.KEY_REUSED)

    with pytest.raises(PkiError):
        fail()
    assert book.page.get(Table.REQUEST, "b") is None
    assert [one.subject for one in book.journal.entries()] == ["a"]


def test_journal_of_the_book_verifies(book: RegistrationBook) -> None:
    for key in "abc":
        write(book, key)
    entries = book.journal.entries()
    assert verify_journal(entries) == entries[-1].digest()


def test_change_sees_what_it_wrote(book: RegistrationBook) -> None:
    with book.change() as page:
        page.put(Table.REQUEST, "a", {"n": 1})
        assert page.get(Table.REQUEST, "a") == {"n": 1}


def test_book_in_a_file_survives_being_closed(tmp_path: Path) -> None:
    path = tmp_path / "registration.sqlite"
    with closing(SqliteBook(path)) as first:
        write(first, "a", text="còn")
    with closing(SqliteBook(path)) as again:
        assert again.page.get(Table.REQUEST, "a") == {"text": "còn"}
        assert len(again.journal.entries()) == 1
    assert path.stat().st_mode & 0o077 == 0


def test_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "registration.sqlite"
    with closing(SqliteBook(path)) as first, closing(SqliteBook(path)) as second:
        write(first, "a")
        write(second, "b")
        assert [key for key, _ in first.page.all(Table.REQUEST)] == ["a", "b"]


def test_file_that_is_no_book_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registration.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PkiError) as refusal:
        SqliteBook(path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE
