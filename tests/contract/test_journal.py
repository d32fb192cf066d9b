"""Both forms of the journal behave the same, and what was changed in one is found."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
import rfc8785

from pki.errors import PkiError
from pki.journal.store import (
    BEFORE_THE_FIRST,
    JOURNAL_SCHEMA,
    Act,
    CaAction,
    Journal,
    JournalEntry,
    MemoryJournal,
    SqliteJournal,
    read_entry,
    verify_journal,
)
from schemas.errors import ErrorCode
from tests.support.pki import NOW

ACT = Act(actor="khue", reason="thẻ bị mất")


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest) -> Iterator[Journal]:
    if request.param == "memory":
        yield MemoryJournal()
        return
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.executescript(JOURNAL_SCHEMA)
    yield SqliteJournal(database)
    database.close()


def filled(journal: Journal, count: int = 5) -> tuple[JournalEntry, ...]:
    actions = (CaAction.CERTIFICATE_ISSUED, CaAction.CERTIFICATE_REVOKED)
    for number in range(count):
        at = NOW + timedelta(seconds=number, microseconds=123_999)
        facts = {"kind": "person", "ă": "ệ"}
        journal.append(actions[number % 2], ACT, f"{number // 2:x}", facts, at)
    return tuple(journal.entries())


def memory(count: int = 5) -> tuple[JournalEntry, ...]:
    return filled(MemoryJournal(), count)


def test_entries_are_numbered_chained_and_verified(journal: Journal) -> None:
    entries = filled(journal)
    assert [one.number for one in entries] == [1, 2, 3, 4, 5]
    assert entries[0].previous == BEFORE_THE_FIRST
    assert entries[3].previous == entries[2].digest()
    assert verify_journal(entries) == entries[-1].digest()
    assert list(journal.digests()) == [one.digest() for one in entries]


def test_both_forms_write_the_same_bytes(journal: Journal) -> None:
    written = [one.canonical() for one in filled(journal)]
    assert written == [one.canonical() for one in memory()]


def test_entries_are_read_beyond_a_number_about_a_subject_and_from_the_end(
    journal: Journal,
) -> None:
    entries = filled(journal)
    assert tuple(journal.entries(3)) == entries[3:]
    assert tuple(journal.digests(4)) == (entries[4].digest(),)
    assert tuple(journal.entries_of("1")) == entries[2:4]
    assert journal.last() == entries[4]
    assert journal.last((CaAction.CERTIFICATE_REVOKED,)) == entries[3]
    assert journal.last((CaAction.CEREMONY_HELD,)) is None


def test_empty_journal_has_no_head(journal: Journal) -> None:
    assert journal.last() is None
    assert verify_journal(journal.entries()) == BEFORE_THE_FIRST


def test_entry_is_read_back_from_its_canonical_bytes() -> None:
    for one in memory():
        assert read_entry(one.canonical()) == one
        assert rfc8785.dumps(json.loads(one.canonical())) == one.canonical()


def changed_fields() -> Iterator[tuple[str, bytes]]:
    fields = json.loads(memory(1)[0].canonical())
    for name, value in (
        ("number", 0),
        ("number", True),
        ("number", 1.5),
        ("number", "1"),
        ("at", "2026-11-21T02:00:00Z"),
        ("at", 3),
        ("action", "certificate_forgotten"),
        ("actor", ""),
        ("actor", "a\nb"),
        ("reason", "x" * 2_001),
        ("reason", None),
        ("facts", ["a"]),
        ("facts", {"a": 1}),
        ("previous", "0" * 63),
        ("previous", "A" * 64),
        ("extra", "x"),
    ):
        yield f"{name}={value!r}"[:40], rfc8785.dumps({**fields, name: value})
    for name in fields:
        rest = {key: value for key, value in fields.items() if key != name}
        yield f"without {name}", rfc8785.dumps(rest)


HOSTILE = [
    *changed_fields(),
    ("spaces", json.dumps(json.loads(memory(1)[0].canonical())).encode()),
    (
        "twice",
        memory(1)[0].canonical().replace(b'"number":1', b'"number":1,"number":1'),
    ),
    ("nothing", b""),
    ("list", b"[]"),
    ("deep", b"[" * 60_000),
    ("not UTF-8", memory(1)[0].canonical().replace(b"person", b"p\xffrson")),
    ("surrogate", memory(1)[0].canonical().replace(b"person", b"\\ud800")),
    ("large", b'"' + b"x" * 70_000 + b'"'),
]


@pytest.mark.parametrize(
    "data", [pytest.param(data, id=name) for name, data in HOSTILE]
)
def test_what_is_no_entry_is_refused_with_one_code(data: bytes) -> None:
    with pytest.raises(PkiError) as refusal:
        read_entry(data)
    assert refusal.value.code is ErrorCode.JOURNAL_BROKEN


def broken() -> Iterator[tuple[str, tuple[JournalEntry, ...], str]]:
    one = memory()
    reason = replace(one[2], act=Act(actor="khue", reason="khác"))
    yield "changed", (*one[:2], reason, *one[3:]), "4"
    yield "removed", (*one[:2], *one[3:]), "3"
    yield "reordered", (one[0], one[2], one[1], *one[3:]), "2"
    yield "doubled", (one[0], one[0], *one[1:]), "2"
    yield "begun later", one[1:], "1"
    yield "renumbered", (replace(one[0], number=2), *one[1:]), "1"


@pytest.mark.parametrize(
    ("entries", "place"),
    [pytest.param(entries, place, id=name) for name, entries, place in broken()],
)
def test_broken_chain_is_found_at_its_place(
    entries: tuple[JournalEntry, ...], place: str
) -> None:
    with pytest.raises(PkiError) as refusal:
        verify_journal(entries)
    assert (refusal.value.code, refusal.value.place) == (
        ErrorCode.JOURNAL_BROKEN,
        place,
    )


def test_published_digests_bind_what_the_chain_alone_does_not() -> None:
    entries = memory()
    published = [one.digest() for one in entries]
    assert verify_journal(entries, digests=published) == published[-1]
    assert verify_journal(entries, digests=published[:2]) == published[-1]
    last = replace(entries[4], act=Act(actor="khue", reason="khác"))
    cases: tuple[tuple[tuple[JournalEntry, ...], str], ...] = (
        ((*entries[:4], last), "5"),
        (entries[:4], "5"),
        ((), "1"),
    )
    for changed, place in cases:
        with pytest.raises(PkiError) as refusal:
            verify_journal(changed, digests=published)
        assert refusal.value.place == place


def test_row_that_is_found_by_what_it_does_not_say_is_refused() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(JOURNAL_SCHEMA)
        journal = SqliteJournal(database)
        filled(journal, 2)
        database.execute("DROP TRIGGER journal_stays")
        database.execute("UPDATE journal SET subject = 'f' WHERE number = 2")
        with pytest.raises(PkiError) as refusal:
            journal.entries()
        assert (refusal.value.code, refusal.value.place) == (
            ErrorCode.JOURNAL_BROKEN,
            "2",
        )


def test_undone_change_leaves_no_entry() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(JOURNAL_SCHEMA)
        journal = SqliteJournal(database)
        database.execute("BEGIN IMMEDIATE")
        filled(journal, 2)
        database.execute("ROLLBACK")
        assert list(journal.entries()) == []


@pytest.mark.parametrize(
    ("actor", "reason"),
    [("", ""), ("x" * 201, ""), ("a\tb", ""), ("khue", "\ud800"), ("khue", "x" * 2001)],
)
def test_act_that_cannot_be_told_is_refused(actor: str, reason: str) -> None:
    with pytest.raises(PkiError) as refusal:
        Act(actor=actor, reason=reason)
    assert refusal.value.code is ErrorCode.VALUE_MALFORMED
