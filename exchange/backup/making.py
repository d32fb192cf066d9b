"""Making a backup: a snapshot, sealed and signed, in a file that is whole or absent."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from exchange.backup.content import CONFIGURATION, ContentWriter
from exchange.backup.known_log import LOG, KnownHead, LogBeginning, require_grown
from exchange.backup.locks import Lock
from exchange.backup.sealed import SealedWriter
from exchange.errors import ExchangeError
from exchange.services import Hub
from exchange.storage.mongo.dump import SAVED, Snapshot, log_nodes
from pki.files import sync_folder
from schemas.backup import BackupManifest, write_backup_manifest
from schemas.errors import ErrorCode
from signing.xmldsig.sign import sign_receipt

_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOrder:
    """What goes into a backup beside the database.

    Args:
        hub: whose it is; its receipt key signs.
        lock: who can open it.
        at: when it is made.
        configuration: the settings file, without secrets.
        keys: names and places of keys, which do not go in.
        told: hears of each collection and how many documents went in.
        known: what was seen of its log before.
    """

    hub: Hub
    lock: Lock
    at: datetime
    configuration: bytes = b""
    keys: tuple[str, ...] = ()
    told: Callable[[str, int], None] = lambda _name, _count: None
    known: KnownHead | None = None


async def make_backup(
    snapshot: Snapshot, order: BackupOrder, path: Path
) -> BackupManifest:
    """Write a backup to a new file, which nobody sees before it is whole and durable.

    Raises:
        ExchangeError: the file is there already or cannot be written
            (FILE_NOT_WRITTEN); the log does not go on from the known one, which it
            was made of all the same (DATABASE_OLDER).
        StorageUnavailableError: the database failed, or the snapshot is too old.
    """
    beginning = LogBeginning(order.known.size if order.known else 0)
    try:
        with _whole_or_absent(path) as file:
            manifest = await _write(snapshot, order, beginning, file)
    except OSError as error:
        raise ExchangeError(ErrorCode.FILE_NOT_WRITTEN, place=path.name) from error
    if order.known:
        require_grown(manifest, order.known, beginning.root_hash())
    return manifest


@contextmanager
def _whole_or_absent(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets its name once all of it is durable.

    Raises:
        OSError: the name is taken, or it cannot be written.
    """
    unfinished = path.with_name(path.name + _UNFINISHED)
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces a file.
        path.hardlink_to(unfinished)
        sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


async def _write(
    snapshot: Snapshot, order: BackupOrder, beginning: LogBeginning, file: BinaryIO
) -> BackupManifest:
    writer = ContentWriter(SealedWriter(file, order.lock))
    state = await snapshot.state()
    writer.begin(CONFIGURATION)
    writer.add(order.configuration)
    for name in SAVED:
        writer.begin(name)
        async for document in snapshot.documents(name):
            writer.add(document)
            if order.known and name == LOG:
                beginning.add(*log_nodes(document))
            order.told(name, 1)
    manifest = BackupManifest(
        hub_id=order.hub.hub_id,
        log_id=order.hub.log_id,
        at=order.at,
        layout=state.layout,
        log_size=state.log_size,
        root_hash=state.root_hash,
        parts=writer.tally.parts(),
        keys=order.keys,
    )
    element = write_backup_manifest(manifest)
    signed = sign_receipt(element, credential=order.hub.receipt, at=order.at)
    writer.finish(signed)
    return manifest
