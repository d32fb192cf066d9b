"""A worker that is killed at any time leaves every file whole, and repeats nothing."""

import multiprocessing
import time
from datetime import timedelta
from pathlib import Path

from signing.profiles import SignatureLevel
from signing.upgrade_queue import QueuedFile, UpgradeQueue, UpgradeState, UpgradeTask
from signing.upgrade_work import UpgradeWorker
from tests.support.levels import LevelDesk
from tests.support.signed_pdf import LETTER, signatures

FILES = 8
DELAYS = (0.02, 0.05, 0.09, 0.14, 0.2)


def work(desk: LevelDesk, folder: Path) -> None:
    queue = UpgradeQueue(folder / "queue.sqlite")
    UpgradeWorker(queue, desk.services()).work(desk.now)
    queue.close()


def queued(desk: LevelDesk, folder: Path) -> dict[Path, bytes]:
    """Sign once, and let copies of the file wait."""
    data = desk.attempt(LETTER.read_bytes(), SignatureLevel.B_B).data
    queue = UpgradeQueue(folder / "queue.sqlite")
    paths = [folder / f"{number}.pdf" for number in range(FILES)]
    for path in paths:
        path.write_bytes(data)
        file = QueuedFile.holding(path, data, UpgradeTask.B_LTA)
        queue.add(file, now=desk.now, due=desk.now)
    queue.close()
    return dict.fromkeys(paths, data)


def killed_after(seconds: float, desk: LevelDesk, folder: Path) -> bool:
    """Work in another process and kill it; tell whether it was still at work."""
    # Forked, so that the keys of the desk are there too.
    process = multiprocessing.get_context("fork").Process(
        target=work, args=(desk, folder)
    )
    process.start()
    time.sleep(seconds)
    was_alive = process.is_alive()
    process.kill()
    process.join()
    return was_alive


def test_killed_worker_leaves_whole_files_and_repeats_nothing(tmp_path: Path) -> None:
    desk = LevelDesk()
    before = queued(desk, tmp_path)
    struck = [killed_after(delay, desk, tmp_path) for delay in DELAYS]
    assert any(struck)
    for path, data in before.items():
        held = path.read_bytes()
        assert held.startswith(data)
        assert signatures(held)
    work(desk, tmp_path)
    queue = UpgradeQueue(tmp_path / "queue.sqlite")
    assert queue.count()[UpgradeState.WAITING] == FILES
    assert {one.file.task for one in queue.all()} == {UpgradeTask.RENEW}
    assert not queue.due(desk.now + timedelta(days=1), FILES)
    queue.close()
    for path in before:
        kinds = [one.sig_object["/Type"] for one in signatures(path.read_bytes())]
        # One stamp for the time of the signature, one for the archive.
        assert kinds == ["/Sig", "/DocTimeStamp", "/DocTimeStamp"]
