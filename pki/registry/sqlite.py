"""A registry in one file, durable at every return, shared by processes and threads."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from pki.errors import PkiError
from pki.journal.store import (
    Act,
    CaAction,
    Journal,
    JournalEntry,
    SqliteJournal,
)
from pki.kinds import CertificateKind
from pki.registry.records import (
    BegunIssuance,
    CertificateChange,
    KeyHolder,
    ListMaker,
    RegisteredCertificate,
    RevokedEntry,
    SignedList,
    changed,
    facts_of_begun,
    facts_of_issued,
    facts_of_list,
    facts_of_state,
    subject_of,
)
from pki.registry.rows import (
    SELECT_CERTIFICATE,
    begun_of,
    certificate_at,
    insert_begun,
    insert_issued,
    is_filed,
    revoked_in,
    update_state,
)
from pki.registry.schema import (
    FORM,
    bring_up,
    entry_of,
    form_of,
    text_of,
)
from pki.sqlite_file import SqliteFile
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId

_SELECT_BEGUN = (
    "SELECT serial, kind, tbs_digest, key_digest, subject_digest, at FROM begun"
)
_SELECT_INDEX = (
    "SELECT serial, der, key_digest, subject_digest, agency, not_after FROM certificate"
)
_HOLDERS = """
SELECT kind, subject_digest, revoked_at IS NOT NULL FROM certificate
    WHERE key_digest = ?
UNION
SELECT kind, subject_digest, 0 FROM begun
    WHERE key_digest = ? AND serial NOT IN (SELECT serial FROM certificate)
"""


class SqliteRegistry:
    """A registry in one file.

    Args:
        path: the file; made if absent, brought up if it is of the earlier form.
        now: the time, for entries about a file that is brought up.

    Raises:
        PkiError: the file cannot be opened, is not a registry, or is of a later
            program.
    """

    def __init__(self, path: Path, now: datetime | None = None) -> None:
        self._file = SqliteFile(path)
        self._journal = _LockedJournal(self._file)
        try:
            with self._file.closed_on_error():
                self._bring_up(now or datetime.now(UTC))
        except PkiError as error:
            if error.code is ErrorCode.FILE_NOT_WRITTEN:
                raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error
            raise

    @property
    def journal(self) -> Journal:
        """What was done, to be read."""
        return self._journal

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def reserve(self, begun: Sequence[BegunIssuance], act: Act) -> None:
        """Record certificates that are about to be signed."""
        with self._file.transaction() as database:
            journal = SqliteJournal(database)
            for one in begun:
                insert_begun(database, one)
                subject, facts = subject_of(one.serial), facts_of_begun(one)
                journal.append(CaAction.ISSUANCE_BEGUN, act, subject, facts, one.at)

    def add(self, issued: Sequence[RegisteredCertificate], act: Act) -> None:
        """Record certificates that were signed as reserved."""
        with self._file.transaction() as database:
            journal = SqliteJournal(database)
            for one in issued:
                insert_issued(database, one)
                subject, facts = subject_of(one.serial), facts_of_issued(one)
                action, at = CaAction.CERTIFICATE_ISSUED, one.issued_at
                journal.append(action, act, subject, facts, at)

    def change(self, change: CertificateChange, act: Act) -> RegisteredCertificate:
        """Revoke, suspend or release a certificate."""
        with self._file.transaction() as database:
            entry = changed(certificate_at(database, change.serial), change)
            update_state(database, entry)
            subject, facts = subject_of(change.serial), facts_of_state(entry)
            SqliteJournal(database).append(
                change.action, act, subject, facts, change.at
            )
        return entry

    def publish_list(self, make: ListMaker, act: Act) -> SignedList:
        """Have a list signed under the next number, and record it."""
        with self._file.transaction() as database:
            number = database.execute(
                "UPDATE crl_number SET last = last + 1 RETURNING last"
            ).fetchone()[0]
            revoked = revoked_in(database)
            signed = make(number, revoked)
            facts, at = facts_of_list(signed, len(revoked)), signed.this_update
            SqliteJournal(database).append(
                CaAction.LIST_PUBLISHED, act, str(number), facts, at
            )
        return signed

    def record(
        self,
        action: CaAction,
        act: Act,
        subject: str,
        facts: Mapping[str, str],
        at: datetime,
    ) -> JournalEntry:
        """Enter in the journal what changes no certificate."""
        with self._file.transaction() as database:
            return SqliteJournal(database).append(action, act, subject, facts, at)

    def get(self, serial: int) -> RegisteredCertificate:
        """Return one certificate."""
        with self._file.reading() as database:
            return certificate_at(database, serial)

    def __contains__(self, serial: object) -> bool:
        if not isinstance(serial, int):
            return False
        query = "SELECT 1 FROM certificate WHERE serial = ?"
        with self._file.reading() as database:
            found = database.execute(query, (subject_of(serial),)).fetchone()
        return found is not None

    def list(self) -> Sequence[RegisteredCertificate]:
        """Return all certificates, oldest first."""
        return self._certificates("ORDER BY issued_at, position")

    def serials(self, after: int = 0) -> Sequence[int]:
        """Return serial numbers in the order they were added."""
        query = "SELECT serial FROM certificate WHERE position > ? ORDER BY position"
        with self._file.reading() as database:
            rows = database.execute(query, (after,)).fetchall()
        return tuple(int(one, 16) for (one,) in rows)

    def begun(self) -> Sequence[BegunIssuance]:
        """Return all issuances ever begun."""
        with self._file.reading() as database:
            return tuple(map(begun_of, database.execute(_SELECT_BEGUN).fetchall()))

    def unfinished(self) -> Sequence[BegunIssuance]:
        """Return issuances that were begun and never finished."""
        unfinished = "WHERE serial NOT IN (SELECT serial FROM certificate)"
        with self._file.reading() as database:
            rows = database.execute(f"{_SELECT_BEGUN} {unfinished}").fetchall()
        return tuple(map(begun_of, rows))

    def revoked(self) -> Sequence[RevokedEntry]:
        """Return what belongs on a list."""
        with self._file.reading() as database:
            return revoked_in(database)

    def holders_of(self, key_digest: str) -> Sequence[KeyHolder]:
        """Return for what a key was certified, or is about to be."""
        with self._file.reading() as database:
            rows = database.execute(_HOLDERS, (key_digest, key_digest)).fetchall()
        return tuple(
            KeyHolder(
                kind=CertificateKind(kind),
                subject_digest=subject,
                is_revoked=bool(revoked),
            )
            for kind, subject, revoked in rows
        )

    def of_key(self, key_digest: str) -> Sequence[RegisteredCertificate]:
        """Return the certificates of a key."""
        return self._certificates("WHERE key_digest = ? ORDER BY position", key_digest)

    def of_agency(self, agency: OrganId) -> Sequence[RegisteredCertificate]:
        """Return the certificates that name an agency."""
        return self._certificates("WHERE agency = ? ORDER BY position", agency)

    def expiring(
        self, after: datetime, before: datetime
    ) -> Sequence[RegisteredCertificate]:
        """Return certificates that end in between and are not revoked for good."""
        return self._certificates(
            "WHERE not_after > ? AND not_after <= ?"
            " AND (revoked_at IS NULL OR reason = ?) ORDER BY not_after, position",
            text_of(after),
            text_of(before),
            x509.ReasonFlags.certificate_hold.value,
        )

    def lasting(
        self, kind: CertificateKind, subject_digest: str, after: datetime
    ) -> Sequence[RegisteredCertificate]:
        """Return what a subject has of a kind that ends after a time."""
        return self._certificates(
            "WHERE subject_digest = ? AND kind = ? AND not_after > ?"
            " AND revoked_at IS NULL ORDER BY not_after, position",
            subject_digest,
            kind.value,
            text_of(after),
        )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let everything read inside be of one moment; others go on meanwhile.

        Raises:
            PkiError: the file cannot be read.
        """
        with self._file.reading() as database:
            database.execute("BEGIN")
            try:
                yield
            finally:
                database.execute("ROLLBACK")

    @property
    def list_number(self) -> int:
        """Number of the last list; 0 before the first."""
        with self._file.reading() as database:
            row = database.execute("SELECT last FROM crl_number").fetchone()
        return int(row[0]) if row else 0

    def misfiled(self) -> Sequence[int]:
        """Return serial numbers of what would not be found by what it says."""
        with self._file.reading() as database:
            rows = database.execute(_SELECT_INDEX).fetchall()
        return tuple(int(row[0], 16) for row in rows if not is_filed(*row))

    def _bring_up(self, now: datetime) -> None:
        with self._file.reading() as database:
            is_current = form_of(database) == FORM
        if not is_current:
            with self._file.transaction() as database:
                bring_up(database, now)

    def _certificates(
        self, which: str, *values: str
    ) -> Sequence[RegisteredCertificate]:
        with self._file.reading() as database:
            rows = database.execute(f"{SELECT_CERTIFICATE} {which}", values).fetchall()
        return tuple(map(entry_of, rows))


class _LockedJournal(SqliteJournal):
    """The journal of a registry, read between its changes."""

    def __init__(self, file: SqliteFile) -> None:
        super().__init__(file.connection)
        self._file = file

    def digests(self, after: int = 0) -> Sequence[str]:
        """Return the digests of all entries beyond a number."""
        with self._file.reading():
            return super().digests(after)

    def _read(self, query: str, *values: str | int) -> Sequence[JournalEntry]:
        # Another thread's change in the same connection must not be seen half done.
        with self._file.reading():
            return super()._read(query, *values)
