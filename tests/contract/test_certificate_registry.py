"""Every form of the certificate registry behaves the same."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki.errors import PkiError
from pki.journal.store import CaAction, verify_journal
from pki.kinds import CertificateKind
from pki.registry.api import (
    CertificateChange,
    CertificateRegistry,
    MemoryRegistry,
    RevokedEntry,
    SignedList,
    SqliteRegistry,
)
from pki.registry.records import index_of
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.pki import NOW
from tests.support.registered import ACT, begun, entry, put

KEY_COMPROMISE = x509.ReasonFlags.key_compromise
HOLD = x509.ReasonFlags.certificate_hold
LATER = NOW + timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def registry(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[CertificateRegistry]:
    forms: dict[str, Callable[[], CertificateRegistry]] = {
        "memory": MemoryRegistry,
        "sqlite": lambda: SqliteRegistry(tmp_path / "registry.sqlite"),
    }
    with closing(forms[request.param]()) as made:
        yield made


def revocation(serial: int) -> CertificateChange:
    return CertificateChange(
        serial=serial,
        action=CaAction.CERTIFICATE_REVOKED,
        at=NOW,
        reason=KEY_COMPROMISE,
    )


def suspension(serial: int) -> CertificateChange:
    return replace(revocation(serial), action=CaAction.CERTIFICATE_SUSPENDED)


def release(serial: int) -> CertificateChange:
    return replace(revocation(serial), action=CaAction.CERTIFICATE_RELEASED)


def sign(number: int, entries: Sequence[RevokedEntry]) -> SignedList:
    listed = ",".join(f"{one.serial:x}" for one in entries)
    text = f"{number}:{listed}".encode()
    return SignedList(der=text, this_update=NOW, next_update=LATER)


def told(registry: CertificateRegistry) -> list[tuple[CaAction, str]]:
    return [(one.action, one.subject) for one in registry.journal.entries()]


def test_added_certificate_is_found(registry: CertificateRegistry) -> None:
    put(registry, entry(1 << 158))
    assert registry.get(1 << 158) == entry(1 << 158)
    assert 1 << 158 in registry
    assert 1 not in registry
    assert "1" not in registry


def test_reservation_and_certificate_are_told_in_the_journal(
    registry: CertificateRegistry,
) -> None:
    put(registry, entry(7), entry(8))
    assert told(registry) == [
        (CaAction.ISSUANCE_BEGUN, "7"),
        (CaAction.ISSUANCE_BEGUN, "8"),
        (CaAction.CERTIFICATE_ISSUED, "7"),
        (CaAction.CERTIFICATE_ISSUED, "8"),
    ]
    first = registry.journal.entries()[0]
    assert first.facts["tbs_sha256"] == begun(entry(7)).tbs_digest
    assert first.act == ACT
    verify_journal(registry.journal.entries())


def test_serial_number_is_taken_once(registry: CertificateRegistry) -> None:
    put(registry, entry(7))
    for attempt in ([7], [8, 7], [8, 8]):
        before = told(registry)
        with pytest.raises(PkiError) as refusal:
            registry.reserve([begun(entry(one, age=5)) for one in attempt], ACT)
        assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
        assert told(registry) == before
    with pytest.raises(PkiError):
        registry.add([entry(7)], ACT)
    assert list(registry.list()) == [entry(7)]


def test_what_was_not_reserved_is_not_added(registry: CertificateRegistry) -> None:
    registry.reserve([begun(entry(7))], ACT)
    for other in (entry(8), entry(7, agency="H99.152")):
        with pytest.raises(PkiError) as refusal:
            registry.add([other], ACT)
        assert refusal.value.code is ErrorCode.ISSUANCE_REFUSED
    assert list(registry.list()) == []


def test_what_was_begun_and_not_finished_stays_on_record(
    registry: CertificateRegistry,
) -> None:
    put(registry, entry(1))
    registry.reserve([begun(entry(2))], ACT)
    assert list(registry.unfinished()) == [begun(entry(2))]
    assert {one.serial for one in registry.begun()} == {1, 2}
    assert 2 not in registry
    with pytest.raises(PkiError):
        registry.reserve([begun(entry(2))], ACT)


def test_unknown_serial_is_a_coded_refusal(registry: CertificateRegistry) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: registry.get(0xAB),
        lambda: registry.change(revocation(0xAB), ACT),
    )
    for attempt in attempts:
        with pytest.raises(PkiError) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.CERTIFICATE_NOT_FOUND
        assert refusal.value.place == "ab"
    assert told(registry) == []


def test_list_is_oldest_first_and_serials_are_in_order_of_addition(
    registry: CertificateRegistry,
) -> None:
    for serial, age in ((1, 10), (2, 30), (3, 20)):
        put(registry, entry(serial, age))
    assert [one.serial for one in registry.list()] == [2, 3, 1]
    assert list(registry.serials()) == [1, 2, 3]
    assert list(registry.serials(2)) == [3]


def test_revocation_is_remembered_and_final(registry: CertificateRegistry) -> None:
    put(registry, entry(1))
    early = NOW - timedelta(days=3)
    registry.change(replace(revocation(1), invalidity_date=early), ACT)
    before = told(registry)
    for change, code in (
        (replace(revocation(1), at=LATER), ErrorCode.ALREADY_REVOKED),
        (suspension(1), ErrorCode.ALREADY_REVOKED),
        (release(1), ErrorCode.NOT_SUSPENDED),
    ):
        with pytest.raises(PkiError) as refusal:
            registry.change(change, ACT)
        assert refusal.value.code is code
    assert told(registry) == before
    read = registry.get(1)
    assert (read.revoked_at, read.reason) == (NOW, KEY_COMPROMISE)
    assert read.invalidity_date == early
    (listed,) = registry.revoked()
    assert (listed.serial, listed.reason, listed.invalidity_date) == (
        1,
        KEY_COMPROMISE,
        early,
    )


def test_suspension_ends_by_release_and_leaves_no_trace_but_the_journals(
    registry: CertificateRegistry,
) -> None:
    put(registry, entry(1))
    registry.change(suspension(1), ACT)
    assert registry.get(1).is_suspended
    assert [one.reason for one in registry.revoked()] == [HOLD]
    with pytest.raises(PkiError) as refusal:
        registry.change(suspension(1), ACT)
    assert refusal.value.code is ErrorCode.ALREADY_SUSPENDED
    registry.change(release(1), ACT)
    assert registry.get(1) == entry(1)
    assert list(registry.revoked()) == []
    with pytest.raises(PkiError) as refusal:
        registry.change(release(1), ACT)
    assert refusal.value.code is ErrorCode.NOT_SUSPENDED
    assert told(registry)[2:] == [
        (CaAction.CERTIFICATE_SUSPENDED, "1"),
        (CaAction.CERTIFICATE_RELEASED, "1"),
    ]


def test_revocation_after_a_suspension_counts_from_the_suspension(
    registry: CertificateRegistry,
) -> None:
    put(registry, entry(1))
    registry.change(suspension(1), ACT)
    registry.change(replace(revocation(1), at=LATER), ACT)
    read = registry.get(1)
    assert (read.revoked_at, read.reason) == (NOW, KEY_COMPROMISE)
    with pytest.raises(PkiError):
        registry.change(release(1), ACT)


def test_list_numbers_grow_and_lists_are_told(registry: CertificateRegistry) -> None:
    put(registry, entry(1))
    registry.change(revocation(1), ACT)
    made = [registry.publish_list(sign, ACT).der for _ in range(3)]
    assert made == [b"1:1", b"2:1", b"3:1"]
    last = registry.journal.last((CaAction.LIST_PUBLISHED,))
    assert last is not None
    assert last.subject == "3"
    assert last.facts["entries"] == "1"
    assert last == registry.journal.last()


def test_list_that_cannot_be_signed_is_not_told(registry: CertificateRegistry) -> None:
    def refuse(number: int, entries: Sequence[RevokedEntry]) -> SignedList:
        raise PkiError(ErrorCode.KEY_UNREADABLE)

    with pytest.raises(PkiError):
        registry.publish_list(refuse, ACT)
    assert told(registry) == []
    assert registry.publish_list(sign, ACT).der == b"1:"


def test_certificates_are_found_by_key_agency_and_end(
    registry: CertificateRegistry,
) -> None:
    put(registry, entry(1, key=1, days=10), entry(2, key=1, days=20))
    put(registry, entry(3, key=2, agency="H99.152", days=30))
    key = index_of(entry(1, key=1, days=10).der).key_digest

    def found(entries: Sequence[object]) -> list[int]:
        return [getattr(one, "serial", 0) for one in entries]

    assert found(registry.of_key(key)) == [1, 2]
    assert found(registry.of_agency(OrganId("H99.152"))) == [3]
    assert found(registry.of_agency(OrganId("H99"))) == []
    end = NOW + timedelta(days=20)
    assert found(registry.expiring(NOW, end)) == [1, 2]
    assert found(registry.expiring(NOW + timedelta(days=10), end)) == [2]
    registry.change(revocation(1), ACT)
    registry.change(suspension(2), ACT)
    assert found(registry.expiring(NOW, end)) == [2]


def test_what_a_subject_has_for_longer_leaves_out_what_is_revoked(
    registry: CertificateRegistry,
) -> None:
    put(registry, entry(1, days=10), entry(2, days=20), entry(3, days=30))
    put(registry, entry(4, agency="H99.152", days=40))
    subject, kind = index_of(entry(1, days=10).der).subject_digest, entry(1).kind
    after = NOW + timedelta(days=10)

    def later(kind: CertificateKind = kind, after: datetime = after) -> list[int]:
        return [one.serial for one in registry.lasting(kind, subject, after)]

    assert later() == [2, 3]
    assert later(after=after - timedelta(seconds=1)) == [1, 2, 3]
    registry.change(revocation(3), ACT)
    assert later() == [2]
    registry.change(suspension(2), ACT)
    assert later() == []
    assert later(kind=CertificateKind.SYSTEM) == []


def test_holders_of_a_key_count_from_the_reservation_on(
    registry: CertificateRegistry,
) -> None:
    key = begun(entry(1, key=1)).key_digest
    assert list(registry.holders_of(key)) == []
    registry.reserve([begun(entry(1, key=1))], ACT)
    (holder,) = registry.holders_of(key)
    assert not holder.is_revoked
    assert holder.subject_digest == begun(entry(1, key=1)).subject_digest
    registry.add([entry(1, key=1)], ACT)
    assert list(registry.holders_of(key)) == [holder]
    registry.change(suspension(1), ACT)
    assert [one.is_revoked for one in registry.holders_of(key)] == [True]


def test_closing_twice_is_harmless(registry: CertificateRegistry) -> None:
    registry.close()
    registry.close()


def test_file_keeps_what_another_process_wrote(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with closing(SqliteRegistry(path)) as first:
        put(first, entry(1))
        first.change(revocation(1), ACT)
        first.publish_list(sign, ACT)
        with closing(SqliteRegistry(path)) as second:
            assert second.get(1).revoked_at == NOW
            assert second.publish_list(sign, ACT).der == b"2:1"
        assert first.publish_list(sign, ACT).der == b"3:1"
        verify_journal(first.journal.entries())


def test_file_is_durable_at_every_return(tmp_path: Path) -> None:
    with closing(SqliteRegistry(tmp_path / "registry.sqlite")) as registry:
        execute = registry._file.connection.execute
        pragmas = ("journal_mode", "synchronous")
        values = [execute(f"PRAGMA {one}").fetchone() for one in pragmas]
    assert values == [("wal",), (2,)]


def test_file_of_another_kind_is_a_coded_refusal(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(PkiError) as refusal:
        SqliteRegistry(path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_file_of_a_later_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    SqliteRegistry(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(PkiError) as refusal:
        SqliteRegistry(path)
    assert refusal.value.code is ErrorCode.DATABASE_NEWER


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM certificate",
        "UPDATE certificate SET der = x'00'",
        "DELETE FROM begun",
        "UPDATE begun SET tbs_digest = ''",
        "DELETE FROM journal",
        "UPDATE journal SET entry = x'00'",
        "INSERT INTO journal VALUES (9, 'a', 'b', x'00')",
        "REPLACE INTO journal VALUES (1, 'a', 'b', x'00')",
    ],
)
def test_what_is_on_record_is_neither_changed_nor_removed(
    tmp_path: Path, statement: str
) -> None:
    with closing(SqliteRegistry(tmp_path / "registry.sqlite")) as registry:
        put(registry, entry(1))
        with pytest.raises(sqlite3.IntegrityError):
            registry._file.connection.execute(statement)
        assert registry.get(1) == entry(1)


EARLIER = """
CREATE TABLE certificate (
    serial TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    der BLOB NOT NULL,
    issued_at TEXT NOT NULL,
    revoked_at TEXT,
    reason TEXT,
    CHECK ((revoked_at IS NULL) = (reason IS NULL))
) STRICT;
CREATE TABLE crl_number (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO crl_number VALUES (1, 4);
"""


def earlier_file(path: Path) -> Path:
    """Write a registry as the program before this one did."""
    database = sqlite3.connect(path)
    database.executescript(EARLIER)
    for one, revoked in ((entry(1, 20), None), (entry(2, 10), NOW)):
        row = (
            f"{one.serial:x}",
            one.kind,
            one.der,
            one.issued_at.isoformat(),
            revoked and revoked.isoformat(),
            revoked and KEY_COMPROMISE.value,
        )
        database.execute("INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?)", row)
    database.commit()
    database.close()
    return path


def test_file_of_the_earlier_form_is_brought_up_with_a_journal(tmp_path: Path) -> None:
    registry = SqliteRegistry(earlier_file(tmp_path / "registry.sqlite"), LATER)
    assert [one.serial for one in registry.list()] == [1, 2]
    assert registry.get(1) == entry(1, 20)
    assert (registry.get(2).revoked_at, registry.get(2).reason) == (NOW, KEY_COMPROMISE)
    assert told(registry) == [
        (CaAction.CERTIFICATE_ISSUED, "1"),
        (CaAction.CERTIFICATE_ISSUED, "2"),
        (CaAction.CERTIFICATE_REVOKED, "2"),
    ]
    assert {one.at for one in registry.journal.entries()} == {LATER}
    assert registry.publish_list(sign, ACT).der == b"5:2"
    with pytest.raises(PkiError):
        registry.reserve([begun(entry(1))], ACT)
    registry.close()
    with closing(SqliteRegistry(tmp_path / "registry.sqlite")) as again:
        assert len(again.journal.entries()) == 4


def test_file_of_the_second_form_gets_its_index(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with closing(SqliteRegistry(path)) as registry:
        put(registry, entry(1))
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "DROP INDEX certificate_subject; PRAGMA user_version = 2;"
        )
    with closing(SqliteRegistry(path)) as registry:
        assert [one.serial for one in registry.list()] == [1]
        assert len(registry.journal.entries()) == 2
    plan = "EXPLAIN QUERY PLAN SELECT max(not_after) FROM certificate WHERE"
    with closing(sqlite3.connect(path)) as database:
        by = f"{plan} subject_digest = '' AND kind = '' AND revoked_at IS NULL"
        assert "certificate_subject" in str(database.execute(by).fetchall())


def test_earlier_file_that_cannot_be_taken_over_is_left_as_it_was(
    tmp_path: Path,
) -> None:
    path = earlier_file(tmp_path / "registry.sqlite")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE certificate SET der = x'3000'")
        database.commit()
        with pytest.raises(PkiError) as refusal:
            SqliteRegistry(path)
        assert refusal.value.code is ErrorCode.CERTIFICATE_MALFORMED
        tables = {
            name for (name,) in database.execute("SELECT name FROM sqlite_schema")
        }
        assert "journal" not in tables
        assert database.execute("SELECT count(*) FROM certificate").fetchone() == (2,)
