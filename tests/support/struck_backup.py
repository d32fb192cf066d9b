"""Backs a database up and is killed before it is done.

    python -m tests.support.struck_backup URI DATABASE FILE COUNT

It kills itself when COUNT documents have gone in.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import cast

from exchange.backup.locks import Passphrase
from exchange.backup.making import BackupOrder, make_backup
from exchange.services import Hub
from exchange.storage.mongo.dump import open_snapshot
from tests.support.pki import NOW


async def _run(uri: str, database: str, path: Path, left: int) -> None:
    def told(_name: str, count: int) -> None:
        nonlocal left
        left -= count
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    order = BackupOrder(
        # It is killed before anything is signed.
        hub=cast("Hub", None),
        lock=Passphrase(b"mat khau", log_n=4),
        at=NOW,
        told=told,
    )
    async with open_snapshot(uri, database=database) as snapshot:
        await make_backup(snapshot, order, path)


if __name__ == "__main__":
    _uri, _database, _path, _count = sys.argv[1:]
    asyncio.run(_run(_uri, _database, Path(_path), int(_count)))
