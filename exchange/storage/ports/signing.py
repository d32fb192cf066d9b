"""Signatures that are prepared here and made elsewhere."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from exchange.domain.records import AuditLine
from exchange.domain.signing import RemoteSigning, SigningStep, StoredFile
from exchange.domain.signing_tasks import SigningTask


class SigningStore(Protocol):
    """Signatures that are prepared here and made elsewhere."""

    async def store_file(self, body_id: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a file; it is dropped with the orphans, a day after.

        `body_id` is fresh for every try.
        """

    def read_file(self, file: StoredFile) -> AsyncIterator[bytes]:
        """Yield a stored file in pieces checked by digest.

        Raises:
            ExchangeError: it is gone or damaged (STORED_BYTES_DAMAGED).
        """

    async def signing(self, signing_id: str) -> RemoteSigning | None:
        """Find a signing as it is now."""

    async def advance(self, step: SigningStep) -> RemoteSigning:
        """Store signing, audit line and log entry, or nothing.

        Nothing is stored when the signing is in another state, or has another value,
        than `step.before`: somebody else was faster, or this is a repeat.

        Returns:
            The signing as it is stored now; `step.after` if this step moved it.
        """

    async def task(self, task_id: str) -> SigningTask | None:
        """Find a task as it is now."""

    async def task_by_code(self, code_digest: str) -> SigningTask | None:
        """Find the task that a code names."""

    async def tasks_of(self, account: str, *, limit: int) -> Sequence[SigningTask]:
        """Return the tasks that somebody asked for, newest first."""

    async def move_task(
        self, before: SigningTask | None, after: SigningTask, *, audit: AuditLine
    ) -> bool:
        """Store a task and its audit line if it is at the version of `before`.

        Args:
            before: as it must be stored; None for a new one.
            after: as it is then.
            audit: of the change.
        """

    async def drop(self, *, before: datetime) -> int:
        """Forget signings prepared, and tasks asked for, before a time.

        Returns:
            How many signings went.
        """
