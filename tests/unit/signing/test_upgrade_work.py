"""Files that wait for a higher level: nothing lost, nothing twice, nothing changed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_der_x509_certificate

from pki.errors import PkiError
from pki.files import replace_unchanged
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.pades.extend import extend_as_far
from signing.pades.levels import SignedDocument, SigningServices
from signing.pades.renew import RENEWED_BEFORE, last_stamp, renewal_due
from signing.profiles import SignatureLevel, SignerRole
from signing.upgrade_queue import QueuedFile, UpgradeQueue, UpgradeState, UpgradeTask
from signing.upgrade_work import UpgradeWorker
from signing.validation.pdf import judge_pdf
from tests.support.levels import LevelDesk, stored
from tests.support.pki import TestPki
from tests.support.signed_pdf import LETTER, signatures, with_moved_page_edge
from tests.support.small_pdf import namesakes_pdf

SOURCE = LETTER.read_bytes()


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.fixture
def desk() -> LevelDesk:
    return LevelDesk()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[UpgradeQueue]:
    opened = UpgradeQueue(tmp_path / "queue.sqlite")
    yield opened
    opened.close()


def put(
    desk: LevelDesk,
    queue: UpgradeQueue,
    path: Path,
    task: UpgradeTask,
    source: bytes = SOURCE,
) -> bytes:
    """Sign while the authority is down, and queue what came of it."""
    desk.stamps_down = True
    data = desk.attempt(source, SignatureLevel.B_LTA).data
    desk.stamps_down = False
    path.write_bytes(data)
    file = QueuedFile.holding(path, data, task)
    queue.add(file, now=desk.now, due=desk.now)
    return data


def worker(desk: LevelDesk, queue: UpgradeQueue) -> UpgradeWorker:
    return UpgradeWorker(queue, desk.services(), chance=lambda: 0.0)


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen while a file is being extended, once."""

    def slow(
        source: bytes, *, level: SignatureLevel, services: SigningServices
    ) -> SignedDocument:
        monkeypatch.undo()
        act()
        return extend_as_far(source, level=level, services=services)

    monkeypatch.setattr("signing.upgrade_work.extend_as_far", slow)


def stamps_in(data: bytes) -> int:
    found = [one.sig_object["/Type"] for one in signatures(data)]
    return found.count("/DocTimeStamp")


@pytest.mark.parametrize(
    ("task", "stamps"), [(UpgradeTask.B_T, 1), (UpgradeTask.B_LT, 1)]
)
def test_file_is_brought_to_its_level(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    task: UpgradeTask,
    stamps: int,
) -> None:
    path = tmp_path / "a.pdf"
    before = put(desk, queue, path, task)
    path.chmod(0o640)
    assert len(worker(desk, queue).work(desk.now).done) == 1
    after = path.read_bytes()
    assert after.startswith(before)
    assert stamps_in(after) == stamps
    assert path.stat().st_mode & 0o777 == 0o640
    assert queue.count()[UpgradeState.DONE] == 1
    assert [one.name for one in tmp_path.glob(".a.pdf.*")] == []


def test_outage_is_waited_out(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    before = put(desk, queue, path, UpgradeTask.B_LT)
    desk.stamps_down = True
    work = worker(desk, queue).work(desk.now)
    assert [one.number for one in work.postponed] == [1]
    assert path.read_bytes() == before
    assert worker(desk, queue).work(desk.now).postponed == ()
    desk.stamps_down = False
    desk.later(hours=1)
    assert len(worker(desk, queue).work(desk.now).done) == 1


def test_wait_for_the_next_list(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    desk.published = desk.now
    desk.later(hours=2)
    put(desk, queue, path, UpgradeTask.B_LT)
    assert len(worker(desk, queue).work(desk.now).postponed) == 1
    (waiting,) = queue.all()
    assert waiting.reason.startswith(ErrorCode.EVIDENCE_TOO_OLD)
    assert stamps_in(path.read_bytes()) == 1
    desk.published = desk.now + timedelta(hours=1)
    desk.later(hours=2)
    assert len(worker(desk, queue).work(desk.now).done) == 1
    assert stamps_in(path.read_bytes()) == 1


def test_changed_file_is_given_up_and_left_alone(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    before = put(desk, queue, path, UpgradeTask.B_LT)
    changed = before.replace(b"%PDF-1.", b"%PDF-2.")
    path.write_bytes(changed)
    assert len(worker(desk, queue).work(desk.now).failed) == 1
    assert path.read_bytes() == changed


def test_broken_file_is_given_up(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(with_moved_page_edge(put(desk, queue, path, UpgradeTask.B_LT)))
    (failed,) = worker(desk, queue).work(desk.now).failed
    assert queue.all()[0].reason.startswith(ErrorCode.PDF_ALREADY_BROKEN)
    assert failed.file.path == path


def test_file_whose_signature_would_not_outlive_it_is_given_up_and_left_alone(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    before = put(desk, queue, path, UpgradeTask.B_LTA, namesakes_pdf())
    assert len(worker(desk, queue).work(desk.now).failed) == 1
    assert path.read_bytes() == before
    assert queue.all()[0].reason.startswith(ErrorCode.PDF_MALFORMED)


def test_file_that_grew_by_a_signature_is_extended_with_it(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    by_person = put(desk, queue, path, UpgradeTask.B_LT)
    sealed = desk.attempt(
        by_person, SignatureLevel.B_B, desk.pki.seal(), role=SignerRole.AGENCY_SEAL
    ).data
    path.write_bytes(sealed)
    assert len(worker(desk, queue).work(desk.now).done) == 1
    assert path.read_bytes().startswith(sealed)


def test_archive_is_queued_for_renewal_and_renewed_in_time(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    put(desk, queue, path, UpgradeTask.B_LTA)
    worker(desk, queue).work(desk.now)
    archived = path.read_bytes()
    stamp = last_stamp(archived)
    assert stamp is not None
    due = load_der_x509_certificate(stamp.certificate).not_valid_after_utc
    (waiting,) = queue.all()
    assert waiting.file.task is UpgradeTask.RENEW
    assert waiting.due == due - RENEWED_BEFORE == renewal_due(stamp)
    assert worker(desk, queue).work(waiting.due - timedelta(days=1)).done == ()
    desk.now = waiting.due
    assert len(worker(desk, queue).work(desk.now).done) == 1
    renewed = path.read_bytes()
    assert renewed.startswith(archived)
    assert stamps_in(renewed) == stamps_in(archived) + 1
    assert len(stored(renewed)["/CRLs"]) > len(stored(archived)["/CRLs"])


def test_renewed_archive_outlives_its_first_time_stamp() -> None:
    desk = LevelDesk.since(days=1000)
    signed = desk.signed(SOURCE, SignatureLevel.B_LTA)
    desk.later(days=600)
    desk.renew_stamper(TestPki.create("Sau", now=desk.now))
    renewed = desk.renewed(signed)
    desk.later(days=400)
    judged = [
        judge_pdf(one, material=desk.stamping_material(), at=desk.now).indication
        for one in (renewed, signed)
    ]
    assert judged == [Indication.TOTAL_PASSED, Indication.INDETERMINATE]


@pytest.mark.parametrize("task", [UpgradeTask.B_LTA, UpgradeTask.RENEW])
def test_kill_after_the_file_was_replaced_repeats_nothing(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    task: UpgradeTask,
) -> None:
    path = tmp_path / "a.pdf"
    data = desk.signed(SOURCE, SignatureLevel.B_LTA)
    if task is not UpgradeTask.RENEW:
        data = put(desk, queue, path, task)
    path.write_bytes(data)
    queue.add(QueuedFile.holding(path, data, task), now=desk.now, due=desk.now)

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(UpgradeQueue, "follow", killed)
        with pytest.raises(Killed):
            worker(desk, queue).work(desk.now)
    after = path.read_bytes()
    assert after != data
    assert len(worker(desk, queue).work(desk.now).done) == 1
    assert path.read_bytes() == after


def test_replacing_a_file_that_was_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"another's")
    with pytest.raises(PkiError, match=ErrorCode.FILE_CHANGED):
        replace_unchanged(path, b"read", b"ours")
    assert path.read_bytes() == b"another's"
    assert list(tmp_path.iterdir()) == [path]


def test_file_queued_for_more_while_it_is_worked_on_gets_that_next(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.pdf"
    before = put(desk, queue, path, UpgradeTask.B_T)
    more = QueuedFile.holding(path, before, UpgradeTask.B_LTA)
    during(monkeypatch, lambda: queue.add(more, now=desk.now, due=desk.now))
    work = worker(desk, queue).work(desk.now)
    assert (work.done, len(work.postponed), work.failed) == ((), 1, ())
    (waiting,) = queue.due(desk.now, 1)
    assert waiting.file == more
    assert len(worker(desk, queue).work(desk.now).done) == 1
    assert queue.all()[0].file.task is UpgradeTask.RENEW


def test_file_signed_and_queued_anew_while_it_is_worked_on_waits(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.pdf"
    put(desk, queue, path, UpgradeTask.B_LT)
    during(monkeypatch, lambda: put(desk, queue, path, UpgradeTask.B_LT))
    assert len(worker(desk, queue).work(desk.now).postponed) == 1
    assert len(worker(desk, queue).work(desk.now).done) == 1
    assert stamps_in(path.read_bytes()) == 1


def test_what_is_wrong_with_a_file_is_not_said_of_the_one_queued_in_its_place(
    desk: LevelDesk, queue: UpgradeQueue, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(with_moved_page_edge(put(desk, queue, path, UpgradeTask.B_LT)))
    (old,) = queue.due(desk.now, 1)
    put(desk, queue, path, UpgradeTask.B_LT)
    assert not queue.give_up(old, "pdf_already_broken")
    assert not queue.postpone(old, desk.now + timedelta(days=1), "evidence_too_old")
    assert not queue.finish(old)
    assert not queue.follow(old, old.file, now=desk.now, due=desk.now)
    (new,) = queue.due(desk.now, 1)
    assert (new.file.digest == old.file.digest, new.attempts) == (False, 0)


def test_patience_begins_anew_for_a_file_that_is_queued_anew(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.pdf"
    before = put(desk, queue, path, UpgradeTask.B_T)
    desk.later(days=31)
    desk.stamps_down = True
    same = QueuedFile.holding(path, before, UpgradeTask.B_T)
    during(monkeypatch, lambda: queue.add(same, now=desk.now, due=desk.now))
    assert len(worker(desk, queue).work(desk.now).postponed) == 1
    assert queue.count()[UpgradeState.WAITING] == 1


def test_file_queued_anew_before_its_turn_is_left_to_the_next_go(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    put(desk, queue, first, UpgradeTask.B_T)
    before = put(desk, queue, second, UpgradeTask.B_LTA)
    less = QueuedFile.holding(second, before, UpgradeTask.B_T)
    during(monkeypatch, lambda: queue.add(less, now=desk.now, due=desk.now))
    work = worker(desk, queue).work(desk.now)
    assert [one.file.path for one in work.done] == [first]
    assert [one.file.path for one in work.postponed] == [second]
    assert second.read_bytes() == before


def test_file_sealed_while_it_is_stamped_is_extended_with_the_seal_next(
    desk: LevelDesk,
    queue: UpgradeQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "a.pdf"
    by_person = put(desk, queue, path, UpgradeTask.B_LT)
    sealed = desk.attempt(
        by_person, SignatureLevel.B_B, desk.pki.seal(), role=SignerRole.AGENCY_SEAL
    ).data
    during(monkeypatch, lambda: path.write_bytes(sealed))
    assert len(worker(desk, queue).work(desk.now).postponed) == 1
    assert queue.all()[0].reason == f"{ErrorCode.FILE_CHANGED}: a.pdf"
    desk.later(hours=1)
    assert len(worker(desk, queue).work(desk.now).done) == 1
    assert path.read_bytes().startswith(sealed)
