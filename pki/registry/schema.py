"""The tables of a registry file, and how a file of the earlier form is brought up.

The first form had certificates and the last list number, no journal. The second lacked
the index by subject.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from pki.ca.accounts import account_name
from pki.errors import PkiError
from pki.journal.store import JOURNAL_SCHEMA, Act, CaAction, SqliteJournal
from pki.kinds import CertificateKind
from pki.registry.records import (
    RegisteredCertificate,
    facts_of_issued,
    facts_of_state,
    index_of,
    subject_of,
)
from schemas.errors import ErrorCode

FORM = 3
"""The form this program writes (PRAGMA user_version)."""

_TABLES = """
CREATE TABLE begun (
    serial TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    tbs_digest TEXT NOT NULL,
    key_digest TEXT NOT NULL,
    subject_digest TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX begun_key ON begun (key_digest);
CREATE TRIGGER begun_stays BEFORE UPDATE ON begun
    BEGIN SELECT RAISE(ABORT, 'what was begun is not changed'); END;
CREATE TRIGGER begun_is_kept BEFORE DELETE ON begun
    BEGIN SELECT RAISE(ABORT, 'what was begun is not removed'); END;
CREATE TABLE certificate (
    position INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    der BLOB NOT NULL,
    issued_at TEXT NOT NULL,
    key_digest TEXT NOT NULL,
    subject_digest TEXT NOT NULL,
    agency TEXT NOT NULL,
    not_after TEXT NOT NULL,
    revoked_at TEXT,
    reason TEXT,
    invalidity_date TEXT,
    CHECK ((revoked_at IS NULL) = (reason IS NULL)),
    CHECK (invalidity_date IS NULL OR revoked_at IS NOT NULL)
) STRICT;
CREATE INDEX certificate_key ON certificate (key_digest);
CREATE INDEX certificate_agency ON certificate (agency) WHERE agency <> '';
CREATE INDEX certificate_end ON certificate (not_after);
CREATE INDEX certificate_revoked ON certificate (position)
    WHERE revoked_at IS NOT NULL;
CREATE TRIGGER certificate_stays BEFORE UPDATE OF
    position, serial, kind, der, issued_at, key_digest, subject_digest, agency,
    not_after ON certificate
    BEGIN SELECT RAISE(ABORT, 'a certificate is not changed'); END;
CREATE TRIGGER certificate_is_kept BEFORE DELETE ON certificate
    BEGIN SELECT RAISE(ABORT, 'a certificate is not removed'); END;
CREATE TABLE IF NOT EXISTS crl_number (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO crl_number VALUES (1, 0);
"""
_SUBJECT_INDEX = """
CREATE INDEX certificate_subject ON certificate (subject_digest, kind, not_after);
"""
_WITHOUT_SUBJECT_INDEX = 2
_INSERT = (
    "INSERT INTO certificate (serial, kind, der, issued_at, key_digest,"
    " subject_digest, agency, not_after, revoked_at, reason, invalidity_date)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT_EARLIER = (
    "SELECT serial, kind, der, issued_at, revoked_at, reason, NULL"
    " FROM earlier_certificate ORDER BY issued_at, serial"
)

CertificateRow = tuple[str, str, bytes, str, str | None, str | None, str | None]
"""serial, kind, der, issued_at, revoked_at, reason, invalidity_date."""


def form_of(database: sqlite3.Connection) -> int:
    """Return the form of an open file; 0 for the first one and for an empty file."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def bring_up(database: sqlite3.Connection, now: datetime) -> None:
    """Make the tables, or change those of earlier forms; inside a transaction.

    Old certificates get their entries in the journal, under the time of the change.

    Raises:
        PkiError: the file is of a later program (DATABASE_NEWER), or holds a
            certificate that cannot be read.
        sqlite3.Error: it is no registry.
    """
    form = form_of(database)
    if form > FORM:
        raise PkiError(ErrorCode.DATABASE_NEWER, place=str(form))
    if form == FORM:
        return
    if form < _WITHOUT_SUBJECT_INDEX:
        _make_tables(database, now)
    for statement in _statements(_SUBJECT_INDEX):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {FORM}")


def _make_tables(database: sqlite3.Connection, now: datetime) -> None:
    has_earlier = bool(
        database.execute(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'certificate'"
        ).fetchone()
    )
    if has_earlier:
        database.execute("ALTER TABLE certificate RENAME TO earlier_certificate")
    for statement in _statements(_TABLES + JOURNAL_SCHEMA):
        database.execute(statement)
    if has_earlier:
        _take_over(database, now)
        database.execute("DROP TABLE earlier_certificate")


def insert_certificate(
    database: sqlite3.Connection, entry: RegisteredCertificate
) -> None:
    """Insert a certificate with all it is found by.

    Raises:
        PkiError: the certificate cannot be read.
        sqlite3.IntegrityError: its serial number is taken.
    """
    index = index_of(entry.der)
    row = (
        subject_of(entry.serial),
        entry.kind.value,
        entry.der,
        text_of(entry.issued_at),
        index.key_digest,
        index.subject_digest,
        index.agency,
        text_of(index.not_after),
        text_of(entry.revoked_at) if entry.revoked_at else None,
        entry.reason.value if entry.reason else None,
        text_of(entry.invalidity_date) if entry.invalidity_date else None,
    )
    database.execute(_INSERT, row)


def entry_of(row: CertificateRow) -> RegisteredCertificate:
    """Read a row."""
    serial, kind, der, issued_at, revoked_at, reason, invalidity_date = row
    return RegisteredCertificate(
        serial=int(serial, 16),
        kind=CertificateKind(kind),
        der=der,
        issued_at=datetime.fromisoformat(issued_at),
        revoked_at=time_of(revoked_at),
        reason=x509.ReasonFlags(reason) if reason else None,
        invalidity_date=time_of(invalidity_date),
    )


def text_of(at: datetime) -> str:
    """Write a time; whole seconds sort as their texts do."""
    return at.astimezone(UTC).isoformat()


def time_of(text: str | None) -> datetime | None:
    """Read a time, if there is one."""
    return datetime.fromisoformat(text) if text else None


def _take_over(database: sqlite3.Connection, now: datetime) -> None:
    journal = SqliteJournal(database)
    act = Act(actor=account_name(), reason="registry of the earlier form taken over")
    for row in database.execute(_SELECT_EARLIER).fetchall():
        entry = entry_of(row)
        insert_certificate(database, entry)
        subject = subject_of(entry.serial)
        issued = {**facts_of_issued(entry), "taken_over": "1"}
        journal.append(CaAction.CERTIFICATE_ISSUED, act, subject, issued, now)
        if entry.revoked_at:
            state = facts_of_state(entry)
            journal.append(CaAction.CERTIFICATE_REVOKED, act, subject, state, now)


def _statements(script: str) -> Iterator[str]:
    """Split a script: running it whole would commit what was begun before."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
