"""What was changed behind the CA's back is found, and said where."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from pki.ca.audit import AuditedJournal, audit_folder
from pki.ca.founding import HierarchySettings, create_hierarchy
from pki.ca.hierarchy import Hierarchy
from pki.errors import PkiError
from pki.journal.store import JOURNAL_SCHEMA, Act, CaAction, SqliteJournal
from pki.kinds import CertificateKind
from pki.names import SubjectFields
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from tests.support.pki import NOW

NAMES = SubjectFields(common_name="Đoàn Thạch Khuê", organ_id=OrganId("H99.151"))
LABEL = "issuing-persons"
BROKEN = ErrorCode.JOURNAL_BROKEN
DIFFERS = ErrorCode.REGISTRY_DIFFERS
PUBLISHED = ErrorCode.PUBLISHED_DIFFERS


def clock() -> datetime:
    return NOW


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited") / "pki"
    with create_hierarchy(folder, HierarchySettings(), clock) as hierarchy:
        one, two, three = (
            hierarchy.issue_credential(
                CertificateKind.PERSON, NAMES
            ).certificate.serial_number
            for _ in range(3)
        )
        hierarchy.revoke(one, x509.ReasonFlags.key_compromise)
        hierarchy.suspend(two)
        hierarchy.suspend(three)
        hierarchy.release(three)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "pki"))


@contextmanager
def registry(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open a registry as somebody who is not held by its triggers."""
    path = folder / "private" / LABEL / "registry.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        yield database


def audited(folder: Path, label: str = LABEL) -> AuditedJournal:
    return next(one for one in audit_folder(folder) if one.label == label)


def found(folder: Path) -> list[tuple[ErrorCode, str]]:
    return [(one.code, one.place) for one in audited(folder).findings]


def serials(folder: Path) -> list[str]:
    by_position = "SELECT serial FROM certificate ORDER BY position"
    with registry(folder) as database:
        return [serial for (serial,) in database.execute(by_position)]


def test_untouched_folder_is_sound(folder: Path) -> None:
    whole = audit_folder(folder)
    assert [one.findings for one in whole] == [[]] * 4
    persons = audited(folder)
    assert (persons.certificates, persons.unfinished, persons.unpublished) == (3, 0, 0)
    assert persons.entries == 1 + 1 + 3 * 2 + 4 * 2
    assert len(persons.head) == 64


def test_audit_needs_no_key_and_leaves_the_ca_as_it_was(folder: Path) -> None:
    for key in (folder / "private").glob("*/key.pem"):
        key.unlink()
    before = {path: path.read_bytes() for path in folder.glob("*.*")}
    assert found(folder) == []
    assert {path: path.read_bytes() for path in folder.glob("*.*")} == before


def change_reason(database: sqlite3.Connection) -> None:
    data = database.execute("SELECT entry FROM journal WHERE number = 5").fetchone()[0]
    other = data.replace(b'"reason":""', b'"reason":"x"')
    database.execute("UPDATE journal SET entry = ? WHERE number = 5", (other,))


def change_bytes(database: sqlite3.Connection) -> None:
    database.execute("UPDATE journal SET entry = x'7b7d' WHERE number = 5")


def remove(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM journal WHERE number = 5")


def reorder(database: sqlite3.Connection) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        moved = "UPDATE journal SET number = ? WHERE number = ?"
        database.execute(moved, (new, old))


def truncate(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM journal WHERE number > 14")


def rewrite(database: sqlite3.Connection) -> None:
    """Make the whole chain anew, with another reason: only the digests tell."""
    entries = SqliteJournal(database).entries()
    database.execute("DELETE FROM journal")
    journal = SqliteJournal(database)
    for one in entries:
        facts = {**one.facts, "reason": "superseded"} if "reason" in one.facts else {}
        facts = facts or dict(one.facts)
        journal.append(one.action, one.act, one.subject, facts, one.at)


@pytest.mark.parametrize(
    ("tamper", "place"),
    [
        (change_reason, "5"),
        (change_bytes, "5"),
        (remove, "5"),
        (reorder, "5"),
        (truncate, "15"),
        (rewrite, "9"),
    ],
)
def test_tampered_journal_is_found_at_its_place(
    folder: Path, tamper: Callable[[sqlite3.Connection], None], place: str
) -> None:
    with registry(folder) as database:
        tamper(database)
    assert [code for code, _ in found(folder)] == [BROKEN]
    assert found(folder)[0][1] == f"{LABEL}/{place}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE certificate SET revoked_at = NULL, reason = NULL WHERE position = 1",
        "UPDATE certificate SET reason = 'superseded' WHERE position = 1",
        (
            "UPDATE certificate SET revoked_at = '2020-01-01T00:00:00+00:00'"
            " WHERE position = 1"
        ),
        "UPDATE certificate SET kind = 'agency-seal' WHERE position = 1",
        (
            "UPDATE certificate SET issued_at = '2020-01-01T00:00:00+00:00'"
            " WHERE position = 1"
        ),
        "UPDATE certificate SET key_digest = 'x' WHERE position = 1",
        "UPDATE certificate SET agency = 'H99' WHERE position = 1",
        "UPDATE certificate SET not_after = '2020-01-01' WHERE position = 1",
        "DELETE FROM certificate WHERE position = 1",
        (
            "DELETE FROM begun WHERE serial IN"
            " (SELECT serial FROM certificate WHERE position = 1)"
        ),
        (
            "UPDATE begun SET tbs_digest = 'x' WHERE serial IN"
            " (SELECT serial FROM certificate WHERE position = 1)"
        ),
    ],
)
def test_changed_registry_is_found_by_its_serial_number(
    folder: Path, statement: str
) -> None:
    first = serials(folder)[0]
    with registry(folder) as database:
        database.execute(statement)
    assert (DIFFERS, f"{LABEL}/{first}") in found(folder)
    assert {code for code, _ in found(folder)} <= {DIFFERS, PUBLISHED}


def test_certificate_the_ca_never_signed_is_found_though_the_journal_names_it(
    folder: Path,
) -> None:
    other = create_hierarchy(folder.parent / "other", HierarchySettings(), clock)
    with other:
        credential = other.issue_credential(CertificateKind.PERSON, NAMES)
        (entry,) = other.certificates_of(OrganId("H99.151"))
        foreign = other.journal_about(entry.serial)
    with registry(folder) as database, registry(folder.parent / "other") as source:
        journal = SqliteJournal(database)
        for one in foreign:
            journal.append(one.action, one.act, one.subject, one.facts, one.at)
        row = source.execute("SELECT * FROM begun").fetchone()
        database.execute("INSERT INTO begun VALUES (?, ?, ?, ?, ?, ?)", row)
        row = source.execute("SELECT * FROM certificate").fetchone()
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO certificate VALUES ({marks})", (4, *row[1:]))
    serial = credential.certificate.serial_number
    assert found(folder) == [(DIFFERS, f"{LABEL}/{serial:x}")]


def test_counter_of_lists_turned_back_is_found(folder: Path) -> None:
    with registry(folder) as database:
        database.execute("UPDATE crl_number SET last = 1")
    assert found(folder) == [(DIFFERS, f"{LABEL}/crl_number")]


def test_published_serial_number_that_was_not_issued_is_found(folder: Path) -> None:
    with (folder / f"{LABEL}.serials").open("ab") as file:
        file.write(b"0" * 38 + b"ab\n")
    assert found(folder) == [(PUBLISHED, f"{LABEL}/{LABEL}.serials")]


def test_changed_published_digest_is_found(folder: Path) -> None:
    path = folder / f"{LABEL}.journal"
    data = path.read_bytes()
    path.write_bytes(data[:65] + b"0" * 64 + b"\n" + data[130:])
    assert found(folder) == [(BROKEN, f"{LABEL}/2")]


@pytest.mark.parametrize("other", ["older", "foreign", "absent"])
def test_list_that_is_not_the_last_is_found(
    folder: Path, made: Path, other: str
) -> None:
    path = folder / f"{LABEL}.crl"
    if other == "older":
        old = path.read_bytes()
        with Hierarchy.open(folder, clock=clock) as hierarchy:
            hierarchy.write_crls()
        path.write_bytes(old)
    elif other == "foreign":
        path.write_bytes((folder / "issuing-systems.crl").read_bytes())
    else:
        path.unlink()
    assert found(folder) == [(PUBLISHED, f"{LABEL}/{path.name}")]


def test_what_is_not_published_yet_is_counted_and_is_no_fault(folder: Path) -> None:
    path = folder / f"{LABEL}.journal"
    path.write_bytes(path.read_bytes()[:-65])
    (folder / f"{LABEL}.serials").write_bytes(b"")
    assert found(folder) == []
    assert audited(folder).unpublished == 1


def test_ca_whose_folder_is_elsewhere_is_left_out(folder: Path) -> None:
    shutil.rmtree(folder / "private" / "root")
    labels = [one.label for one in audit_folder(folder)]
    assert labels == ["issuing-persons", "issuing-organisations", "issuing-systems"]


def test_unreadable_registry_is_a_finding(folder: Path) -> None:
    path = folder / "private" / LABEL / "registry.sqlite"
    path.write_bytes(b"not a database" * 1000)
    assert [code for code, _ in found(folder)] == [ErrorCode.FILE_UNREADABLE]


def test_no_hierarchy_is_a_coded_refusal(tmp_path: Path) -> None:
    with pytest.raises(PkiError) as refusal:
        audit_folder(tmp_path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


def test_certificate_that_was_changed_to_another_of_the_same_ca_is_found(
    folder: Path,
) -> None:
    first, second, _ = serials(folder)
    with registry(folder) as database:
        database.execute(
            "UPDATE certificate SET der ="
            " (SELECT der FROM certificate WHERE position = 2) WHERE position = 1"
        )
    assert (DIFFERS, f"{LABEL}/{first}") in found(folder)
    assert (DIFFERS, f"{LABEL}/{second}") not in found(folder)


def test_journal_of_the_registration_desk_is_checked_as_well(folder: Path) -> None:
    path = folder / "private" / "registration.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(JOURNAL_SCHEMA)
        journal = SqliteJournal(database)
        for number in range(3):
            action = CaAction.REQUEST_SUBMITTED
            journal.append(action, Act(actor="khue"), str(number), {}, NOW)
        assert audited(folder, "registration").entries == 3
        assert audited(folder, "registration").findings == []
        database.execute("DROP TRIGGER journal_is_kept")
        database.execute("DELETE FROM journal WHERE number = 2")
    (finding,) = audited(folder, "registration").findings
    assert (finding.code, finding.place) == (BROKEN, "registration/2")
