"""Tasks of signing in MongoDB."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from exchange.domain.records import AuditLine
from exchange.domain.signing import StoredFile
from exchange.domain.signing_tasks import SigningTask
from exchange.storage.mongo import codec
from exchange.storage.mongo.driver import (
    LINEARIZABLE,
    Database,
    Document,
    DuplicateError,
    available,
)
from exchange.storage.mongo.transactions import Transaction, in_transaction


class MongoSigningTasks:
    """Documents that clients are asked to sign."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tasks = database["signing_tasks"]

    async def task(self, task_id: str) -> SigningTask | None:
        """Find a task as it is now, whichever process changed it."""
        linearizable = self._tasks.with_options(read_concern=LINEARIZABLE)
        async with available():
            found = await linearizable.find_one({"_id": task_id})
        return None if found is None else _record(found)

    async def task_by_code(self, code_digest: str) -> SigningTask | None:
        """Find the task that a code names."""
        async with available():
            found = await self._tasks.find_one({"code_digest": code_digest})
        return None if found is None else _record(found)

    async def tasks_of(self, account: str, *, limit: int) -> Sequence[SigningTask]:
        """Return tasks, newest first."""
        own = self._tasks.find({"account": account}).sort("_id", -1).limit(limit)
        async with available():
            return [_record(one) async for one in own]

    async def move_task(
        self, before: SigningTask | None, after: SigningTask, *, audit: AuditLine
    ) -> bool:
        """Store a task that nobody else moved, with the audit line."""
        move = partial(self._move, before, after, audit)
        with suppress(DuplicateError):
            return bool(await in_transaction(self._database, move))
        return False

    def _move(
        self,
        before: SigningTask | None,
        after: SigningTask,
        audit: AuditLine,
        transaction: Transaction,
    ) -> bool:
        if before is None:
            transaction.insert("signing_tasks", [_document(after)])
        else:
            held = {"_id": before.task_id, "version": before.version}
            moved = transaction.replace_one("signing_tasks", held, _document(after))
            if not moved.matched_count:
                return False
        transaction.insert("audit", [codec.audit_document(audit)])
        return True


def _document(task: SigningTask) -> Document:
    file = task.document
    return codec.with_values(
        {
            "_id": task.task_id,
            "account": task.account,
            "agency": task.agency,
            "name": task.name,
            "document": {
                "body_id": file.body_id,
                "size": file.size,
                "sha256": file.sha256,
            },
            "asked_at": task.asked_at,
            "request": task.request,
            "code_digest": task.code_digest or None,
            "code_until": task.code_until,
            "opened_by": task.opened_by,
            "signing_id": task.signing_id,
            "version": task.version,
        }
    )


def _record(document: Document) -> SigningTask:
    return SigningTask(
        task_id=document["_id"],
        account=document["account"],
        agency=document["agency"],
        name=document["name"],
        document=StoredFile(**document["document"]),
        asked_at=document["asked_at"],
        request=document["request"],
        code_digest=document.get("code_digest", ""),
        code_until=document.get("code_until"),
        opened_by=document.get("opened_by"),
        signing_id=document["signing_id"],
        version=document["version"],
    )
