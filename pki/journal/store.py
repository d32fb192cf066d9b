"""Where journals are kept: in memory, or in the SQLite file whose changes they tell."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol

from pki.errors import PkiError
from pki.journal.entry import (
    BEFORE_THE_FIRST,
    Act,
    CaAction,
    JournalEntry,
    read_entry,
    verify_journal,
)
from schemas.errors import ErrorCode
from schemas.timestamps import truncate_ms

__all__ = [
    "BEFORE_THE_FIRST",
    "JOURNAL_SCHEMA",
    "Act",
    "CaAction",
    "Journal",
    "JournalEntry",
    "MemoryJournal",
    "SqliteJournal",
    "read_entry",
    "verify_journal",
]

JOURNAL_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    entry BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS journal_subject ON journal (subject, number);
CREATE INDEX IF NOT EXISTS journal_action ON journal (action, number);
CREATE TRIGGER IF NOT EXISTS journal_follows BEFORE INSERT ON journal
    WHEN NEW.number IS NOT (SELECT ifnull(max(number), 0) + 1 FROM journal)
    BEGIN SELECT RAISE(ABORT, 'entries of a journal follow one another'); END;
CREATE TRIGGER IF NOT EXISTS journal_stays BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'entries of a journal are not changed'); END;
CREATE TRIGGER IF NOT EXISTS journal_is_kept BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'entries of a journal are not removed'); END;
"""
"""For the file that holds the journal; statements that may run again and again."""

_SELECT = "SELECT number, action, subject, entry FROM journal"

_Row = tuple[int, str, str, bytes]


class Journal(Protocol):
    """A journal; tests/contract holds both forms to the same behaviour."""

    def append(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> JournalEntry:
        """Enter what was done, as part of the change it tells.

        Args:
            action: what was done.
            act: by whom and why.
            subject: to what: a serial number in lower hexadecimal, a request, a list
                number or a name.
            facts: what it was done with, mostly digests; no personal data.
            at: when.
        """

    def entries(self, after: int = 0) -> Sequence[JournalEntry]:
        """Return all entries beyond a number.

        Raises:
            PkiError: one is not an entry (JOURNAL_BROKEN with its number).
        """

    def entries_of(self, subject: str) -> Sequence[JournalEntry]:
        """Return all entries about a subject.

        Raises:
            PkiError: as `entries`.
        """

    def last(self, actions: Collection[CaAction] = ()) -> JournalEntry | None:
        """Return the last entry; with actions, the last of one of them.

        Raises:
            PkiError: as `entries`.
        """

    def digests(self, after: int = 0) -> Sequence[str]:
        """Return the digests of all entries beyond a number."""


class MemoryJournal:
    """A journal that lives as long as the process."""

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []

    def append(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> JournalEntry:
        """Enter what was done."""
        entry = JournalEntry(
            number=len(self._entries) + 1,
            at=truncate_ms(at),
            action=action,
            act=act,
            subject=subject,
            facts=MappingProxyType(dict(facts)),
            previous=self._entries[-1].digest() if self._entries else BEFORE_THE_FIRST,
        )
        self._entries.append(entry)
        return entry

    def entries(self, after: int = 0) -> Sequence[JournalEntry]:
        """Return all entries beyond a number."""
        return tuple(self._entries[after:])

    def entries_of(self, subject: str) -> Sequence[JournalEntry]:
        """Return all entries about a subject."""
        return tuple(one for one in self._entries if one.subject == subject)

    def last(self, actions: Collection[CaAction] = ()) -> JournalEntry | None:
        """Return the last entry; with actions, the last of one of them."""
        fitting = (
            one
            for one in reversed(self._entries)
            if not actions or one.action in actions
        )
        return next(fitting, None)

    def digests(self, after: int = 0) -> Sequence[str]:
        """Return the digests of all entries beyond a number."""
        return tuple(one.digest() for one in self._entries[after:])


class SqliteJournal:
    """A journal inside a SQLite file, written in its owner's transactions.

    `append` neither begins nor commits: an entry and the change it tells are durable
    together or not at all.

    Args:
        database: the open file; `JOURNAL_SCHEMA` was run on it.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def append(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> JournalEntry:
        """Enter what was done; the caller has begun a transaction."""
        row = self._database.execute(
            "SELECT number, entry FROM journal ORDER BY number DESC LIMIT 1"
        ).fetchone()
        entry = JournalEntry(
            number=row[0] + 1 if row else 1,
            at=truncate_ms(at),
            action=action,
            act=act,
            subject=subject,
            facts=MappingProxyType(dict(facts)),
            previous=_digest(row[1]) if row else BEFORE_THE_FIRST,
        )
        self._database.execute(
            "INSERT INTO journal (number, action, subject, entry) VALUES (?, ?, ?, ?)",
            (entry.number, entry.action.value, entry.subject, entry.canonical()),
        )
        return entry

    def entries(self, after: int = 0) -> Sequence[JournalEntry]:
        """Return all entries beyond a number."""
        return self._read(f"{_SELECT} WHERE number > ? ORDER BY number", after)

    def entries_of(self, subject: str) -> Sequence[JournalEntry]:
        """Return all entries about a subject."""
        return self._read(f"{_SELECT} WHERE subject = ? ORDER BY number", subject)

    def last(self, actions: Collection[CaAction] = ()) -> JournalEntry | None:
        """Return the last entry; with actions, the last of one of them."""
        newest = "ORDER BY number DESC LIMIT 1"
        if not actions:
            found = self._read(f"{_SELECT} {newest}")
        else:
            query = f"{_SELECT} WHERE action = ? {newest}"
            found = [one for action in actions for one in self._read(query, action)]
        return max(found, key=lambda one: one.number, default=None)

    def digests(self, after: int = 0) -> Sequence[str]:
        """Return the digests of all entries beyond a number."""
        rows = self._database.execute(
            "SELECT entry FROM journal WHERE number > ? ORDER BY number", (after,)
        )
        return tuple(_digest(entry) for (entry,) in rows.fetchall())

    def _read(self, query: str, *values: str | int) -> Sequence[JournalEntry]:
        return tuple(map(_entry, self._database.execute(query, values).fetchall()))


def _entry(row: _Row) -> JournalEntry:
    """Read a row; what it is found by must be what the entry says."""
    number, action, subject, data = row
    try:
        entry = read_entry(data)
    except PkiError as error:
        raise PkiError(ErrorCode.JOURNAL_BROKEN, place=str(number)) from error
    if (entry.number, entry.action, entry.subject) != (number, action, subject):
        raise PkiError(ErrorCode.JOURNAL_BROKEN, place=str(number))
    return entry


def _digest(entry: bytes) -> str:
    return sha256(entry).hexdigest()
