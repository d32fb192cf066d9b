"""The queue of a folder's signed files that wait for a higher level."""

from datetime import UTC, datetime
from pathlib import Path

from exchange.commands.upgrade_names import QUEUE
from signing.upgrade_queue import QueuedFile, UpgradeQueue, UpgradeTask


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def enqueue(folder: Path, path: Path, data: bytes, task: UpgradeTask) -> None:
    """Queue one file that was just written, durable at return.

    Raises:
        PkiError: the queue cannot be written.
    """
    queue, now = UpgradeQueue(folder / QUEUE), utc_now()
    try:
        queue.add(QueuedFile.holding(path, data, task), now=now, due=now)
    finally:
        queue.close()
