"""Restoring a backup into an empty database: checked first, audited afterwards."""

from collections.abc import Callable, Sequence

from exchange.backup.checking import BackupReading, Document, Expected
from exchange.backup.sealed import damaged
from exchange.errors import ExchangeError
from exchange.storage.mongo.dump import Refill
from exchange.usecases.audit_log import AuditedLog, audit_log
from schemas.backup import BackupManifest
from schemas.errors import ErrorCode

_BATCH_BYTES = 8 << 20
_BATCH = 2_000
Told = Callable[[str, int], None]


async def restore(
    refill: Refill,
    reading: BackupReading,
    checked: BackupManifest,
    *,
    expected: Expected,
    told: Told,
) -> AuditedLog:
    """Fill a database with a backup that was checked, and audit what it then holds.

    A restore that is killed leaves a database that nobody opens; it is begun again.

    Args:
        refill: the empty database.
        reading: passes through the file once more.
        checked: what the first passage found; this one must find the same.
        expected: what a backup must be.
        told: hears of each collection and how many documents went in.

    Raises:
        ExchangeError: the database is not empty, the file changed meanwhile, or the
            log does not hold what it should.
    """
    await refill.begin()
    await _fill(refill, reading, told)
    if reading.manifest(expected) != checked:
        raise damaged("changed meanwhile")
    await refill.index()
    audited = await audit_log(refill.storage)
    if (audited.size, audited.root_hash) != (checked.log_size, checked.root_hash):
        raise ExchangeError(ErrorCode.BACKUP_DAMAGED, place="log")
    if missing := await refill.unlogged():
        raise ExchangeError(ErrorCode.BACKUP_DAMAGED, place=f"unlogged: {missing}")
    await refill.finish(log_size=audited.size)
    return audited


async def _fill(refill: Refill, reading: BackupReading, told: Told) -> None:
    batch: list[Document] = []
    size = 0
    for document in reading.documents():
        if batch and (
            batch[0].collection != document.collection
            or size > _BATCH_BYTES
            or len(batch) == _BATCH
        ):
            await _add(refill, batch, told)
            batch, size = [], 0
        batch.append(document)
        size += len(document.data)
    if batch:
        await _add(refill, batch, told)


async def _add(refill: Refill, batch: Sequence[Document], told: Told) -> None:
    name = batch[0].collection
    await refill.add(name, [one.data for one in batch])
    told(name, len(batch))
