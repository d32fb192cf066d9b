"""Signings and their files in memory."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from exchange.domain.records import AuditLine
from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile
from exchange.domain.signing_tasks import SigningTask
from exchange.storage.conflicts import file_damaged
from exchange.storage.memory.tables import Tables


class MemorySigning:
    """Signatures that are prepared here and made elsewhere."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def store_file(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a file; it goes the way of orphans."""
        begun_at = datetime.now(UTC)
        body = b"".join([piece async for piece in pieces])
        self._tables.chunked[body_id] = (begun_at, body)

    async def read_file(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield a stored file."""
        _, body = self._tables.chunked.get(file.body_id, (None, b""))
        if len(body) != file.size:
            raise file_damaged()
        yield body

    async def signing(self, signing_id: str) -> RemoteSigning | None:
        """Find a signing."""
        return self._tables.signings.get(signing_id)

    async def advance(self, step: SigningStep) -> RemoteSigning:
        """Store a step if the signing is as the step starts from."""
        signings, signing_id = self._tables.signings, step.after.signing_id
        stored = signings.get(signing_id)
        if stored != step.before:
            return stored or step.after
        signings[signing_id] = step.after
        if step.entry is not None:
            self._tables.pending[step.entry.entry_id] = step.entry
        self._tables.audit.append(step.audit)
        return step.after

    async def task(self, task_id: str) -> SigningTask | None:
        """Find a task."""
        return self._tables.signing_tasks.get(task_id)

    async def task_by_code(self, code_digest: str) -> SigningTask | None:
        """Find the task that a code names."""
        tasks = self._tables.signing_tasks.values()
        return next((one for one in tasks if one.code_digest == code_digest), None)

    async def tasks_of(self, account: str, *, limit: int) -> Sequence[SigningTask]:
        """Return tasks, newest first."""
        tasks = self._tables.signing_tasks.values()
        own = [one for one in tasks if one.account == account]
        return sorted(own, key=lambda one: one.task_id, reverse=True)[:limit]

    async def move_task(
        self, before: SigningTask | None, after: SigningTask, *, audit: AuditLine
    ) -> bool:
        """Store a task that nobody else moved."""
        tasks = self._tables.signing_tasks
        if tasks.get(after.task_id) != before:
            return False
        tasks[after.task_id] = after
        self._tables.audit.append(audit)
        return True

    async def drop(self, *, before: datetime) -> int:
        """Forget signings prepared before a time."""
        signings = self._tables.signings
        old = [key for key, one in signings.items() if one.prepared_at < before]
        for key in old:
            del signings[key]
        tasks = self._tables.signing_tasks
        for key in [key for key, one in tasks.items() if one.asked_at < before]:
            del tasks[key]
        return len(old)
