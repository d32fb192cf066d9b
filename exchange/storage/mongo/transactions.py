"""Durable transactions that try again, with patience, when they meet another one.

A transaction is a handful of commands that wait for one another. All of it runs in one
thread, without a way to the event loop and back for each command: that way cost more
than the commands did (docs/adr/0045).
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pymongo.database
from pymongo import ReplaceOne, UpdateMany, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    InvalidOperation,
    PyMongoError,
)
from pymongo.read_preferences import ReadPreference
from pymongo.results import BulkWriteResult, DeleteResult, UpdateResult

from exchange.storage.mongo.driver import (
    DURABLE,
    SNAPSHOT,
    Database,
    Document,
    Filter,
    available,
)

Result = TypeVar("Result")
Change = UpdateOne | UpdateMany | ReplaceOne[Document]

# Longer than a transaction of a process that died can hold its locks
# (transactionLifetimeLimitSeconds), and than a change of primary takes.
_PATIENCE_SECONDS = 30.0
_FIRST_DELAY, _LONGEST_DELAY, _GROWTH = 0.002, 0.25, 1.6

# More than ever run at a time: callers wait for one another in groups, loops in turns.
_THREADS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="transaction")

# Also those whose callers wait no longer.
_UNDER_WAY: set[Future[Any]] = set()


class Transaction:
    """One transaction; its methods block, and are called from its own thread alone.

    Args:
        database: the driver's own, whose calls block.
        session: of this transaction.

    Attributes:
        splits: documents may need several commands (16 MiB each).
    """

    def __init__(
        self, database: "pymongo.database.Database[Document]", session: ClientSession
    ) -> None:
        self._database = database
        self._session = session
        self.splits = False

    def insert(self, name: str, documents: Sequence[Document]) -> None:
        """Insert documents into a collection; none is fine.

        By the command itself: the driver's way through a group of documents, which
        splits it, costs more than all else it does for them.

        Raises:
            DocumentTooLarge: the documents are, unless this transaction `splits`.
        """
        if not documents:
            return
        if self.splits:
            self._database[name].insert_many(documents, session=self._session)
            return
        reply = self._database.command(
            "insert", name, documents=documents, session=self._session
        )
        if "writeErrors" in reply:
            raise BulkWriteError(reply)

    def update_one(
        self, name: str, condition: Filter, change: Filter, *, upsert: bool = False
    ) -> UpdateResult:
        """Change one document."""
        return self._database[name].update_one(
            condition, change, upsert=upsert, session=self._session
        )

    def replace_one(
        self, name: str, condition: Filter, document: Document, *, upsert: bool = False
    ) -> UpdateResult:
        """Put a document in the place of another."""
        return self._database[name].replace_one(
            condition, document, upsert=upsert, session=self._session
        )

    def change(self, name: str, changes: Sequence[Change]) -> BulkWriteResult:
        """Make many changes in one collection, one after the other."""
        return self._database[name].bulk_write(list(changes), session=self._session)

    def delete_one(self, name: str, condition: Filter) -> DeleteResult:
        """Remove one document."""
        return self._database[name].delete_one(condition, session=self._session)

    def delete_many(self, name: str, condition: Filter) -> DeleteResult:
        """Remove documents."""
        return self._database[name].delete_many(condition, session=self._session)

    def find_one(self, name: str, condition: Filter) -> Document | None:
        """Find a document as it is in the snapshot."""
        return self._database[name].find_one(condition, session=self._session)

    def find_all(
        self,
        name: str,
        condition: Filter,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
    ) -> list[Document]:
        """Find documents in the order of `sort`; a `limit` of 0 means all."""
        found = self._database[name].find(condition, session=self._session)
        return list(found.sort(list(sort)).limit(limit))

    def take(
        self, name: str, condition: Filter, change: Filter, *, fields: Filter
    ) -> Document | None:
        """Change one document; return these fields of it as they were before."""
        return self._database[name].find_one_and_update(
            condition, change, projection=fields, session=self._session
        )


async def in_transaction(
    database: Database, work: Callable[[Transaction], Result]
) -> Result:
    """Run `work` in one durable transaction over one snapshot.

    `work` runs again when the transaction met another one or a new primary, so all it
    does is to call what it gets. The driver has a loop like this one that spins without
    a pause. Whoever stops waiting does not stop the transaction.

    Raises:
        DuplicateError: a unique key is taken.
        StorageUnavailableError: the database failed, or tries are used up.
    """
    under_way = _THREADS.submit(_tried, database.delegate, work)
    _UNDER_WAY.add(under_way)
    under_way.add_done_callback(_UNDER_WAY.discard)
    async with available():
        return await asyncio.wrap_future(under_way)


async def transactions_ended(seconds: float) -> None:
    """Return once no transaction of this process is under way, or time is up.

    One that is broken off by a client that closes holds what it wrote for as long as
    the database lets it, and others wait.
    """
    await asyncio.to_thread(futures.wait, set(_UNDER_WAY), seconds)


def _tried(
    database: "pymongo.database.Database[Document]",
    work: Callable[[Transaction], Result],
) -> Result:
    patience = _Patience()
    with database.client.start_session() as session:
        transaction = Transaction(database, session)
        while True:
            try:
                return _attempt(session, partial(work, transaction), patience)
            except DocumentTooLarge:
                if transaction.splits:
                    raise
                transaction.splits = True
            except PyMongoError as error:
                if not _passes(error, "TransientTransactionError"):
                    raise
                if patience.ends():
                    raise


def _attempt(
    session: ClientSession, work: Callable[[], Result], patience: "_Patience"
) -> Result:
    with session.start_transaction(
        read_concern=SNAPSHOT,
        write_concern=DURABLE,
        read_preference=ReadPreference.PRIMARY,
    ):
        result = work()
        _commit(session, patience)
    return result


def _commit(session: ClientSession, patience: "_Patience") -> None:
    """Commit, and ask again until the answer is known."""
    while True:
        try:
            session.commit_transaction()
        except PyMongoError as error:
            if not _passes(error, "UnknownTransactionCommitResult"):
                raise
            if patience.ends():
                raise
        else:
            return


def _passes(error: PyMongoError, label: str) -> bool:
    """Whether trying again may help.

    The driver labels a closed client as if it could open again; whoever believed it
    would keep the process from ending until its patience ends.
    """
    return error.has_error_label(label) and not isinstance(error, InvalidOperation)


class _Patience:
    """Waits longer and longer between tries, until it ends."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _PATIENCE_SECONDS
        self._delay = _FIRST_DELAY

    def ends(self) -> bool:
        """Tell that no try is left, or wait before the next one."""
        if time.monotonic() > self._end:
            return True
        jitter = random.uniform(0.5, 1)  # noqa: S311 - spreads tries, is no secret
        time.sleep(self._delay * jitter)
        self._delay = min(self._delay * _GROWTH, _LONGEST_DELAY)
        return False
