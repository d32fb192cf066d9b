"""What the queue of a folder is called; apart, since `verify` has to start fast."""

from typing import Final

QUEUE: Final = "lienthong-upgrades.sqlite"
LOCK: Final = "lienthong-upgrades.lock"

OWN_FILES: Final = frozenset({QUEUE, f"{QUEUE}-wal", f"{QUEUE}-shm", LOCK})
"""Beside the signed files of an archive, and no documents."""
