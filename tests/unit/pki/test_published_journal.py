"""Published journals are read strictly, and a change behind a mark is seen."""

from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.journal import published
from pki.journal.published import (
    START,
    JournalMark,
    published_labels,
    read_published_journal,
)
from schemas.errors import ErrorCode
from tests.support.journals import LABEL, add_lines, line, lines, publish


def refusal(path: Path, after: JournalMark = START) -> tuple[ErrorCode, str]:
    with pytest.raises(PkiError) as caught:
        read_published_journal(path, after=after)
    return caught.value.code, caught.value.place


def test_lines_are_read_from_the_mark_on(tmp_path: Path) -> None:
    path = publish(tmp_path, 5)
    first = read_published_journal(path, limit=2)
    rest = read_published_journal(path, after=first.end)
    assert [*first.digests, *rest.digests] == lines(5)
    assert (first.end.number, first.end.digest) == (2, line(2))
    assert rest.end == read_published_journal(path).end
    add_lines(path, 6, 7)
    assert read_published_journal(path, after=rest.end).digests == (line(6), line(7))


def test_reading_again_at_the_end_gives_nothing_new(tmp_path: Path) -> None:
    path = publish(tmp_path, 3)
    end = read_published_journal(path).end
    again = read_published_journal(path, after=end)
    assert (again.digests, again.end) == ((), end)


def test_long_journal_is_read_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = publish(tmp_path, 50)
    whole = read_published_journal(path)
    monkeypatch.setattr(published, "_LINES_AT_ONCE", 7)
    half = read_published_journal(path, limit=33)
    rest = read_published_journal(path, after=half.end)
    assert half.digests + rest.digests == whole.digests == tuple(lines(50))
    assert rest.end == whole.end


def test_absent_journal_has_no_lines_yet(tmp_path: Path) -> None:
    read = read_published_journal(tmp_path / "root.journal")
    assert (read.digests, read.end) == ((), START)


@pytest.mark.parametrize("cut", range(1, 65))
def test_half_a_line_is_left_out(tmp_path: Path, cut: int) -> None:
    path = publish(tmp_path, 3)
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(read_published_journal(path).digests) == lines(2)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_changed_line_before_the_mark_is_an_alarm(tmp_path: Path, number: int) -> None:
    path = publish(tmp_path, 3)
    end = read_published_journal(path).end
    changed = lines(3)
    changed[number - 1] = line(number, secret="another")
    path.write_text("".join(f"{one}\n" for one in changed))
    add_lines(path, 4, 4)
    assert refusal(path, end) == (ErrorCode.JOURNAL_BROKEN, f"{LABEL}/3")


def test_shorter_journal_is_an_alarm(tmp_path: Path) -> None:
    path = publish(tmp_path, 3)
    end = read_published_journal(path).end
    publish(tmp_path, 2)
    assert refusal(path, end)[0] is ErrorCode.JOURNAL_BROKEN
    path.unlink()
    assert refusal(path, end)[0] is ErrorCode.JOURNAL_BROKEN


@pytest.mark.parametrize(
    "wrong",
    [
        line(2).upper(),
        f"{line(2)[:-1]}g",
        f"{line(2)[:-1]}\r",
        f"{line(2)[:-1]}\n",
        f" {line(2)[1:]}",
        f"{line(2)}0",
        line(2)[:-1],
        "é" * 32,
        "",
    ],
)
def test_line_that_is_no_digest_is_refused(tmp_path: Path, wrong: str) -> None:
    path = publish(tmp_path, 1)
    path.write_text(path.read_text() + f"{wrong}\n{line(3)}\n", newline="")
    assert refusal(path) == (ErrorCode.JOURNAL_BROKEN, f"{LABEL}/2")


def test_journal_longer_than_any_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "MOST_LINES", 4)
    path = publish(tmp_path, 5)
    with pytest.raises(PkiError) as caught:
        read_published_journal(path, limit=10)
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED


def test_folder_in_place_of_the_journal_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "root.journal").mkdir()
    assert refusal(tmp_path / "root.journal") == (
        ErrorCode.FILE_UNREADABLE,
        "root.journal",
    )


def test_only_journals_of_cas_and_their_desk_are_found(tmp_path: Path) -> None:
    for name in (
        "root",
        "issuing-persons-2",
        "registration",
        "issuing-persons-02",
        "notes",
    ):
        publish(tmp_path, 1, label=name)
    assert published_labels(tmp_path) == (
        "issuing-persons-2",
        "registration",
        "root",
    )
