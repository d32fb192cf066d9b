"""A batch whose processes, files and records go wrong at every point."""

import os
import time
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path, PurePosixPath

import pytest

from pki.errors import PkiError
from pki.files import PRIVATE, write_atomically
from pki.keys.software import SoftwareKey, save_pkcs12
from schemas.errors import ErrorCode
from signing.batch import crew as crew_module
from signing.batch.crew import Crew
from signing.batch.plan import BatchItem, Entry, Manner, SignJob
from signing.batch.record import RECORD_NAME, BatchRecord
from signing.batch.run import BatchRun, Result
from signing.batch.station import Desk, Done, Opened, Outcome, Task
from signing.errors import SigningError
from signing.profiles import SignatureLevel
from tests.support.pki import HeldKey, TestPki
from tests.support.signed_pdf import LETTER, signatures

SECRET = b"passphrase of a test"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "official.p12"
    credential = TestPki.create().person()
    assert isinstance(credential.key, HeldKey)
    held = replace(credential, key=SoftwareKey(credential.key.private))
    write_atomically(path, save_pkcs12(held, "official", SECRET), mode=PRIVATE)
    return path


@pytest.fixture(autouse=True)
def _quick_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork: a new program loads the libraries again each time (see the command)."""
    monkeypatch.setattr(crew_module, "_SPAWN", get_context("fork"))


@pytest.fixture
def desk(key: Path, tmp_path: Path) -> Desk:
    folder = tmp_path / "signed"
    folder.mkdir()
    return Desk(key=f"pkcs12:{key}", secret=SECRET, folder=folder)


def item(path: Path) -> BatchItem:
    target = PurePosixPath(path.name)
    job = SignJob(source=path, target=target, manner=Manner())
    return BatchItem(label=path.name, job=job)


@pytest.fixture
def items(tmp_path: Path) -> list[BatchItem]:
    names = ("a.pdf", "b.pdf", "c.pdf")
    for name in names:
        (tmp_path / name).write_bytes(LETTER.read_bytes() + name.encode())
    return [item(tmp_path / name) for name in names]


def run(items: list[BatchItem], desk: Desk, jobs: int = 1) -> dict[str, Done]:
    told: list[Result] = []
    results = BatchRun(items, desk, jobs).run(told.append)
    assert told == results
    return {one.item.label: one.done for one in results}


def outcomes(items: list[BatchItem], desk: Desk) -> set[Outcome]:
    return {one.outcome for one in run(items, desk).values()}


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.glob("*.pdf")}


def test_second_run_signs_nothing(desk: Desk, items: list[BatchItem]) -> None:
    assert outcomes(items, desk) == {Outcome.SIGNED}
    first = contents(desk.folder)
    assert outcomes(items, desk) == {Outcome.ALREADY}
    assert contents(desk.folder) == first
    assert all(len(signatures(one)) == 1 for one in first.values())
    hidden = {one.name for one in desk.folder.iterdir()} - first.keys()
    assert hidden == {RECORD_NAME}


def test_bad_files_stop_no_others(desk: Desk, items: list[BatchItem]) -> None:
    bad = desk.folder.parent / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7 nothing")
    absent = item(desk.folder.parent / "absent.pdf")
    listed = BatchItem(label="row", refusal=SigningError(ErrorCode.SIGN_LIST_INVALID))
    done = run([item(bad), absent, listed, *items], desk)
    codes = {name: one.code for name, one in done.items() if one.code}
    assert codes == {
        "bad.pdf": "pdf_malformed",
        "absent.pdf": "file_unreadable",
        "row": "sign_list_invalid",
    }
    assert len(contents(desk.folder)) == 3


def test_target_of_others_is_left_alone(desk: Desk, items: list[BatchItem]) -> None:
    (desk.folder / "a.pdf").write_bytes(b"something else")
    done = run(items, desk)
    assert done["a.pdf"].code == "file_not_written"
    assert contents(desk.folder)["a.pdf"] == b"something else"
    assert done["b.pdf"].outcome is Outcome.SIGNED


def test_changed_source_does_not_replace_its_target(
    desk: Desk, items: list[BatchItem]
) -> None:
    run(items, desk)
    first = contents(desk.folder)
    (desk.folder.parent / "a.pdf").write_bytes(LETTER.read_bytes() + b"changed")
    assert run(items, desk)["a.pdf"].code == "file_not_written"
    assert contents(desk.folder) == first


def test_recorded_file_that_waits_is_published_not_signed_again(
    desk: Desk, items: list[BatchItem]
) -> None:
    """Killed between the record and the name: the signature made is the one kept."""
    run(items[:1], desk)
    target = desk.folder / "a.pdf"
    signed = target.read_bytes()
    with BatchRecord(desk.folder) as record:
        (entry,) = record.entries().values()
    target.rename(desk.folder / entry.temporary)

    assert outcomes(items[:1], desk) == {Outcome.SIGNED}
    assert target.read_bytes() == signed


def test_what_waits_is_not_published_for_another_task(
    desk: Desk, items: list[BatchItem]
) -> None:
    run(items[:1], desk)
    target = desk.folder / "a.pdf"
    with BatchRecord(desk.folder) as record:
        (entry,) = record.entries().values()
    target.rename(desk.folder / entry.temporary)
    (desk.folder.parent / "a.pdf").write_bytes(LETTER.read_bytes() + b"changed")

    assert outcomes(items[:1], desk) == {Outcome.SIGNED}
    assert b"changed" in target.read_bytes()


def test_half_a_line_and_strays_of_a_crash_are_overcome(
    desk: Desk, items: list[BatchItem]
) -> None:
    run(items[:2], desk)
    before = contents(desk.folder)
    record = desk.folder / RECORD_NAME
    record.write_bytes(record.read_bytes() + b'\n{"target": "c.pdf", "ta')
    (desk.folder / ".signing-stray").write_bytes(b"%PDF")

    done = run(items, desk)
    assert [one.outcome for one in done.values()].count(Outcome.ALREADY) == 2
    assert done["c.pdf"].outcome is Outcome.SIGNED
    assert before.items() <= contents(desk.folder).items()
    assert not list(desk.folder.glob(".signing-*"))
    assert outcomes(items, desk) == {Outcome.ALREADY}


def test_target_that_grew_by_a_revision_is_done(
    desk: Desk, items: list[BatchItem]
) -> None:
    """It was extended to a higher level in the meantime, or sealed."""
    run(items[:1], desk)
    target = desk.folder / "a.pdf"
    with target.open("ab") as file:
        file.write(b"a later revision")
    grown = target.read_bytes()
    done = run(items[:1], desk)["a.pdf"]
    assert (done.outcome, done.level) == (Outcome.ALREADY, None)
    assert target.read_bytes() == grown


def test_level_is_kept_for_those_that_wait(desk: Desk, items: list[BatchItem]) -> None:
    wanted = Manner(level=SignatureLevel.B_T)
    jobs = [one.job for one in items if one.job]
    items = [
        replace(one, job=replace(job, manner=wanted))
        for one, job in zip(items, jobs, strict=True)
    ]
    first, second = run(items, desk), run(items, desk)
    levels = [one.level for one in (*first.values(), *second.values())]
    assert levels == [SignatureLevel.B_B] * 6, "nobody stamps here"
    assert {one.outcome for one in second.values()} == {Outcome.ALREADY}


def test_record_of_a_lost_line_leaves_the_target_alone(
    desk: Desk, items: list[BatchItem]
) -> None:
    run(items[:1], desk)
    (desk.folder / RECORD_NAME).write_bytes(b"")
    assert run(items[:1], desk)["a.pdf"].code == "file_not_written"


def test_two_batches_do_not_write_to_one_folder(
    desk: Desk, items: list[BatchItem]
) -> None:
    with BatchRecord(desk.folder), pytest.raises(SigningError) as caught:
        run(items, desk)
    assert caught.value.code is ErrorCode.FILE_NOT_WRITTEN


def test_wrong_passphrase_ends_the_batch_before_it_begins(
    desk: Desk, items: list[BatchItem]
) -> None:
    with pytest.raises(PkiError) as caught:
        run(items, replace(desk, secret=b"wrong"))
    assert caught.value.code is ErrorCode.KEY_UNREADABLE
    assert not contents(desk.folder)
    assert "b'wrong'" not in repr(replace(desk, secret=b"wrong"))


def test_a_token_is_used_by_one_process(desk: Desk, items: list[BatchItem]) -> None:
    token = replace(desk, key="pkcs11:token=x")
    assert BatchRun(items, desk, 8)._jobs == 3
    assert BatchRun(items, token, 8)._jobs == 1


def odd_station(connection: Connection, desk: Desk) -> None:
    """End at the first document, hang at the second, do the third."""
    connection.send(Opened(signer="odd"))
    while True:
        task: Task = connection.recv()
        if task.number == 0:
            os._exit(1)
        if task.number == 1:
            time.sleep(60)
        connection.send(Done(number=task.number, outcome=Outcome.ALREADY))


def test_a_process_that_ends_or_hangs_costs_its_document_alone(
    desk: Desk, items: list[BatchItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew_module, "SECONDS_PER_DOCUMENT", 3.0)
    tasks = [
        Task(number=number, job=one.job)
        for number, one in enumerate(items)
        if one.job is not None
    ]
    with Crew(desk, 2, odd_station) as crew:
        done = {one.number: one.code for group in crew.work(tasks) for one in group}
    assert done == {0: "parser_failed", 1: "limit_exceeded", 2: ""}


def test_long_names_are_signed(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / ("ă" * 125 + ".pdf")
    path.write_bytes(LETTER.read_bytes())
    assert outcomes([item(path)], desk) == {Outcome.SIGNED}


def test_record_says_the_digest_of_the_target(
    desk: Desk, items: list[BatchItem]
) -> None:
    run(items, desk)
    with BatchRecord(desk.folder) as record:
        entries = record.entries()
    assert {
        name: sha256(data).hexdigest() for name, data in contents(desk.folder).items()
    } == {name: entry.signed for name, entry in entries.items()}
    assert isinstance(entries["a.pdf"], Entry)
