"""The book of the registration desk, as a Protocol with two forms.

It lies beside the registries of the CAs: what is asked for is not yet a certificate,
and one request may concern any CA. Every record is a small JSON object under a key in
a table; what it means is in `pki.registration.codec`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pki.errors import PkiError
from pki.journal.store import (
    JOURNAL_SCHEMA,
    Act,
    CaAction,
    Journal,
    MemoryJournal,
    SqliteJournal,
)
from pki.sqlite_file import SqliteFile
from schemas.errors import ErrorCode

Fields = Mapping[str, object]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX IF NOT EXISTS record_state ON record (kind, state);
"""
_SELECT_ONE = "SELECT key, fields FROM record WHERE kind = ? AND key = ?"
_SELECT_ALL = (
    "SELECT key, fields FROM record WHERE kind = ? AND (? = '' OR state = ?)"
    " ORDER BY key"
)
_VERSION = 1


class Table(StrEnum):
    """What is remembered."""

    REQUEST = "request"
    SUBMISSION = "submission"  # digest of what was submitted → id of the request
    CLAIM = "claim"  # serial number → what it was issued for
    OPERATOR = "operator"
    APPROVALS = "approvals"
    CODE = "code"
    AGENCY = "agency"
    TOLD = "told"
    BATCH = "batch"
    ROW = "row"
    MERGER = "merger"


class Page(Protocol):
    """The book, opened for reading or for one change."""

    def get(self, table: Table, key: str) -> Fields | None:
        """Return one record; None if there is none."""

    def all(self, table: Table, *, state: str = "") -> Sequence[tuple[str, Fields]]:
        """Return all records of a table by key; with a state, those in it."""

    def put(self, table: Table, key: str, fields: Fields, *, state: str = "") -> None:
        """Write a record, in place of the one before."""

    def enter(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> None:
        """Enter in the journal what the change does."""


class RegistrationBook(Protocol):
    """The book; tests/contract holds both forms to the same behaviour."""

    @property
    def journal(self) -> Journal:
        """What the desk did."""

    @property
    def page(self) -> Page:
        """The book for reading."""

    def change(self) -> AbstractContextManager[Page]:
        """Change the book: all of it durable at the end of the block, or nothing.

        Nobody else, in whatever process, changes it meanwhile.

        Raises:
            PkiError: it cannot be written, or others keep it busy (FILE_NOT_WRITTEN).
        """

    def close(self) -> None:
        """Let go of files."""


class MemoryBook:
    """A book that lives as long as the process."""

    def __init__(self) -> None:
        self._records: _Records = {}
        self._journal = MemoryJournal()

    @property
    def journal(self) -> Journal:
        """What the desk did."""
        return self._journal

    @property
    def page(self) -> Page:
        """The book for reading."""
        return _MemoryPage(self._records)

    @contextmanager
    def change(self) -> Iterator[Page]:
        """Change the book, or leave it as it was."""
        page = _MemoryPage(dict(self._records))
        yield page
        self._records = page.records
        for action, act, subject, facts, at in page.entered:
            self._journal.append(action, act, subject, facts, at)

    def close(self) -> None:
        """Let go of files: there are none."""


_Records = dict[tuple[Table, str], tuple[str, str]]


class _MemoryPage:
    def __init__(self, records: _Records) -> None:
        self.records = records
        self.entered: list[tuple[CaAction, Act, str, Mapping[str, str], datetime]] = []

    def get(self, table: Table, key: str) -> Fields | None:
        found = self.records.get((table, key))
        return None if found is None else _fields(found[1])

    def all(self, table: Table, *, state: str = "") -> Sequence[tuple[str, Fields]]:
        return tuple(
            (key, _fields(text))
            for (of, key), (now, text) in sorted(self.records.items())
            if of is table and state in {"", now}
        )

    def put(self, table: Table, key: str, fields: Fields, *, state: str = "") -> None:
        self.records[table, key] = (state, _text(fields))

    def enter(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> None:
        self.entered.append((action, act, subject, facts, at))


class SqliteBook:
    """A book in one file, durable at the end of every change.

    Args:
        path: the file; made if absent, for its owner alone.

    Raises:
        PkiError: the file cannot be opened or is not such a book.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
        self._file = SqliteFile(path)
        with self._file.closed_on_error():
            self._prepare()
        self._journal = SqliteJournal(self._file.connection)

    @property
    def journal(self) -> Journal:
        """What the desk did."""
        return self._journal

    @property
    def page(self) -> Page:
        """The book for reading."""
        return _SqlitePage(self._file, self._journal)

    @contextmanager
    def change(self) -> Iterator[Page]:
        """Change the book: one transaction."""
        with self._file.transaction():
            yield self.page

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _prepare(self) -> None:
        with self._file.reading() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise PkiError(ErrorCode.DATABASE_NEWER, place=self._file.name)
            if version < _VERSION:
                # All of it may run twice, should two processes come at once.
                database.executescript(_SCHEMA + JOURNAL_SCHEMA)
                database.execute(f"PRAGMA user_version = {_VERSION}")


class _SqlitePage:
    def __init__(self, file: SqliteFile, journal: SqliteJournal) -> None:
        self._file = file
        self._journal = journal

    def get(self, table: Table, key: str) -> Fields | None:
        rows = self._read(_SELECT_ONE, (table.value, key))
        return rows[0][1] if rows else None

    def all(self, table: Table, *, state: str = "") -> Sequence[tuple[str, Fields]]:
        return self._read(_SELECT_ALL, (table.value, state, state))

    def put(self, table: Table, key: str, fields: Fields, *, state: str = "") -> None:
        row = (table.value, key, state, _text(fields))
        with self._file.reading() as database:
            database.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)

    def enter(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> None:
        self._journal.append(action, act, subject, facts, at)

    def _read(
        self, query: str, values: tuple[str, ...]
    ) -> Sequence[tuple[str, Fields]]:
        with self._file.reading() as database:
            rows = database.execute(query, values).fetchall()
        return tuple((key, _fields(text)) for key, text in rows)


def _text(fields: Fields) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


def _fields(text: str) -> Fields:
    found: object = json.loads(text)
    if not isinstance(found, dict):
        raise PkiError(ErrorCode.FILE_UNREADABLE, place="registration")
    return found
