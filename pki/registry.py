"""The store of issued certificates of one CA, as a Protocol with two forms."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509

from pki.errors import PkiError
from pki.kinds import CertificateKind
from schemas.errors import ErrorCode

_SCHEMA = """
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    der BLOB NOT NULL,
    issued_at TEXT NOT NULL,
    revoked_at TEXT,
    reason TEXT,
    CHECK ((revoked_at IS NULL) = (reason IS NULL))
) STRICT;
CREATE TABLE IF NOT EXISTS crl_number (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO crl_number VALUES (1, 0);
"""
_INSERT = "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT serial, kind, der, issued_at, revoked_at, reason FROM certificate"
_SELECT_ONE = f"{_SELECT} WHERE serial = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredCertificate:
    """One issued certificate.

    Args:
        serial: unique in its CA.
        kind: what it is for.
        der: the certificate.
        issued_at: when.
        revoked_at: when it was revoked, if it was.
        reason: why (RFC 5280 5.3.1).
    """

    serial: int
    kind: CertificateKind
    der: bytes
    issued_at: datetime
    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None


class CertificateRegistry(Protocol):
    """What a CA remembers; tests/contract holds every form to the same behaviour."""

    def add(self, entry: RegisteredCertificate) -> None:
        """Remember a new certificate.

        Raises:
            PkiError: the serial number is taken.
        """

    def get(self, serial: int) -> RegisteredCertificate:
        """Return one certificate.

        Raises:
            PkiError: unknown serial number.
        """

    def __contains__(self, serial: object) -> bool:
        """Tell whether the serial number is known."""

    def revoke(self, serial: int, at: datetime, reason: x509.ReasonFlags) -> None:
        """Mark a certificate revoked; this cannot be undone or changed.

        Raises:
            PkiError: unknown serial number, or already revoked.
        """

    def list(self) -> Sequence[RegisteredCertificate]:
        """Return all certificates, oldest first."""

    def next_crl_number(self) -> int:
        """Return a number greater than all before, never the same twice."""

    def close(self) -> None:
        """Let go of files."""


class MemoryRegistry:
    """A registry that lives as long as the process."""

    def __init__(self) -> None:
        self._entries: dict[int, RegisteredCertificate] = {}
        self._crl_number = 0

    def add(self, entry: RegisteredCertificate) -> None:
        """Remember a new certificate."""
        if entry.serial in self._entries:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber")
        self._entries[entry.serial] = entry

    def get(self, serial: int) -> RegisteredCertificate:
        """Return one certificate."""
        if serial not in self._entries:
            raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=f"{serial:x}")
        return self._entries[serial]

    def __contains__(self, serial: object) -> bool:
        return serial in self._entries

    def revoke(self, serial: int, at: datetime, reason: x509.ReasonFlags) -> None:
        """Mark a certificate revoked."""
        entry = self.get(serial)
        if entry.revoked_at:
            raise PkiError(ErrorCode.ALREADY_REVOKED, place=f"{serial:x}")
        self._entries[serial] = replace(entry, revoked_at=at, reason=reason)

    def list(self) -> Sequence[RegisteredCertificate]:
        """Return all certificates, oldest first."""
        return sorted(self._entries.values(), key=_age)

    def next_crl_number(self) -> int:
        """Return the next number."""
        self._crl_number += 1
        return self._crl_number

    def close(self) -> None:
        """Let go of files: there are none."""


class SqliteRegistry:
    """A registry in one file, durable at every return (offline root, small CAs).

    Args:
        path: the file; made if absent.

    Raises:
        PkiError: the file cannot be opened or is not a registry.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, timeout=10)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def add(self, entry: RegisteredCertificate) -> None:
        """Remember a new certificate."""
        row = (
            f"{entry.serial:x}",
            entry.kind,
            entry.der,
            _text(entry.issued_at),
            _text(entry.revoked_at) if entry.revoked_at else None,
            entry.reason.value if entry.reason else None,
        )
        try:
            with self._database as transaction:
                transaction.execute(_INSERT, row)
        except sqlite3.IntegrityError as error:
            raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber") from error

    def get(self, serial: int) -> RegisteredCertificate:
        """Return one certificate."""
        row = self._database.execute(_SELECT_ONE, (f"{serial:x}",)).fetchone()
        if row is None:
            raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=f"{serial:x}")
        return _entry(row)

    def __contains__(self, serial: object) -> bool:
        if not isinstance(serial, int):
            return False
        return (
            self._database.execute(_SELECT_ONE, (f"{serial:x}",)).fetchone() is not None
        )

    def revoke(self, serial: int, at: datetime, reason: x509.ReasonFlags) -> None:
        """Mark a certificate revoked."""
        with self._database as transaction:
            changed = transaction.execute(
                "UPDATE certificate SET revoked_at = ?, reason = ?"
                " WHERE serial = ? AND revoked_at IS NULL",
                (_text(at), reason.value, f"{serial:x}"),
            ).rowcount
        if not changed:
            self.get(serial)
            raise PkiError(ErrorCode.ALREADY_REVOKED, place=f"{serial:x}")

    def list(self) -> Sequence[RegisteredCertificate]:
        """Return all certificates, oldest first."""
        rows = self._database.execute(_SELECT)
        return sorted(map(_entry, rows), key=_age)

    def next_crl_number(self) -> int:
        """Return the next number, durable before it is used."""
        with self._database as transaction:
            row = transaction.execute(
                "UPDATE crl_number SET last = last + 1 RETURNING last"
            ).fetchone()
        return int(row[0])


def revoked_entries(
    entries: Iterable[RegisteredCertificate],
) -> Iterable[tuple[int, datetime, x509.ReasonFlags]]:
    """Pick what belongs on a CRL: serial, time and reason."""
    for one in entries:
        if one.revoked_at and one.reason:
            yield one.serial, one.revoked_at, one.reason


def _age(entry: RegisteredCertificate) -> tuple[datetime, int]:
    return entry.issued_at, entry.serial


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _entry(
    row: tuple[str, str, bytes, str, str | None, str | None],
) -> RegisteredCertificate:
    serial, kind, der, issued_at, revoked_at, reason = row
    return RegisteredCertificate(
        serial=int(serial, 16),
        kind=CertificateKind(kind),
        der=der,
        issued_at=datetime.fromisoformat(issued_at),
        revoked_at=datetime.fromisoformat(revoked_at) if revoked_at else None,
        reason=x509.ReasonFlags(reason) if reason else None,
    )
