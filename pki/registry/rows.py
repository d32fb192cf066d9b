"""Rows of a registry file: what is read from them, and how they are written."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from pki.errors import PkiError
from pki.kinds import CertificateKind
from pki.registry.records import (
    BegunIssuance,
    RegisteredCertificate,
    RevokedEntry,
    index_of,
    subject_of,
)
from pki.registry.schema import (
    CertificateRow,
    entry_of,
    insert_certificate,
    text_of,
    time_of,
)
from schemas.errors import ErrorCode

SELECT_CERTIFICATE = (
    "SELECT serial, kind, der, issued_at, revoked_at, reason, invalidity_date"
    " FROM certificate"
)


def is_filed(serial: str, der: bytes, *filed: str) -> bool:
    """Tell whether a certificate is found by what it says."""
    index = index_of(der)
    number = x509.load_der_x509_certificate(der).serial_number
    wanted = (
        index.key_digest,
        index.subject_digest,
        index.agency,
        text_of(index.not_after),
    )
    return subject_of(number) == serial and wanted == filed


def insert_begun(database: sqlite3.Connection, one: BegunIssuance) -> None:
    """Insert what is about to be signed.

    Raises:
        PkiError: its serial number is taken (ISSUANCE_REFUSED).
    """
    row = (
        subject_of(one.serial),
        one.kind.value,
        one.tbs_digest,
        one.key_digest,
        one.subject_digest,
        text_of(one.at),
    )
    taken = "SELECT 1 FROM certificate WHERE serial = ?"
    if database.execute(taken, row[:1]).fetchone():
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber")
    try:
        database.execute("INSERT INTO begun VALUES (?, ?, ?, ?, ?, ?)", row)
    except sqlite3.IntegrityError as error:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber") from error


def insert_issued(database: sqlite3.Connection, one: RegisteredCertificate) -> None:
    """Insert what was signed as reserved.

    Raises:
        PkiError: its serial number is taken, or not reserved for these very bytes
            (ISSUANCE_REFUSED).
    """
    reserved = database.execute(
        "SELECT 1 FROM begun WHERE serial = ? AND tbs_digest = ?",
        (subject_of(one.serial), index_of(one.der).tbs_digest),
    ).fetchone()
    if reserved is None:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber")
    try:
        insert_certificate(database, one)
    except sqlite3.IntegrityError as error:
        raise PkiError(ErrorCode.ISSUANCE_REFUSED, place="serialNumber") from error


def update_state(database: sqlite3.Connection, entry: RegisteredCertificate) -> None:
    """Write how a certificate stands."""
    state = (
        text_of(entry.revoked_at) if entry.revoked_at else None,
        entry.reason.value if entry.reason else None,
        text_of(entry.invalidity_date) if entry.invalidity_date else None,
        subject_of(entry.serial),
    )
    database.execute(
        "UPDATE certificate SET revoked_at = ?, reason = ?, invalidity_date = ?"
        " WHERE serial = ?",
        state,
    )


def certificate_at(database: sqlite3.Connection, serial: int) -> RegisteredCertificate:
    """Return one certificate.

    Raises:
        PkiError: unknown serial number (CERTIFICATE_NOT_FOUND).
    """
    row: CertificateRow | None = database.execute(
        f"{SELECT_CERTIFICATE} WHERE serial = ?", (subject_of(serial),)
    ).fetchone()
    if row is None:
        raise PkiError(ErrorCode.CERTIFICATE_NOT_FOUND, place=subject_of(serial))
    return entry_of(row)


def revoked_in(database: sqlite3.Connection) -> Sequence[RevokedEntry]:
    """Return what belongs on a list."""
    rows = database.execute(
        "SELECT serial, revoked_at, reason, invalidity_date FROM certificate"
        " WHERE revoked_at IS NOT NULL ORDER BY position"
    ).fetchall()
    return tuple(
        RevokedEntry(
            serial=int(serial, 16),
            at=datetime.fromisoformat(at),
            reason=x509.ReasonFlags(reason),
            invalidity_date=time_of(invalidity_date),
        )
        for serial, at, reason, invalidity_date in rows
    )


def begun_of(row: tuple[str, str, str, str, str, str]) -> BegunIssuance:
    """Read a row."""
    serial, kind, tbs_digest, key_digest, subject_digest, at = row
    return BegunIssuance(
        serial=int(serial, 16),
        kind=CertificateKind(kind),
        tbs_digest=tbs_digest,
        key_digest=key_digest,
        subject_digest=subject_digest,
        at=datetime.fromisoformat(at),
    )
