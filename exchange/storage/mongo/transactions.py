"""Durable transactions that try again, with patience, when they meet another one."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from motor.core import AgnosticClientSession
from pymongo.errors import PyMongoError
from pymongo.read_preferences import ReadPreference

from exchange.storage.mongo.driver import (
    DURABLE,
    SNAPSHOT,
    Collection,
    Database,
    Document,
    available,
)

Session = AgnosticClientSession
Result = TypeVar("Result")

# Longer than a transaction of a process that died can hold its locks
# (transactionLifetimeLimitSeconds), and than a change of primary takes.
_PATIENCE_SECONDS = 30.0
_FIRST_DELAY, _LONGEST_DELAY, _GROWTH = 0.002, 0.25, 1.6


async def in_transaction(
    database: Database, work: Callable[[Session], Coroutine[Any, Any, Result]]
) -> Result:
    """Run `work` in one durable transaction over one snapshot.

    `work` runs again when the transaction met another one or a new primary, so all it
    does is to write through the session it gets. The driver has a loop like this one
    that spins without a pause.

    Raises:
        DuplicateError: a unique key is taken.
        StorageUnavailableError: the database failed, or tries are used up.
    """
    async with available(), await database.client.start_session() as session:
        patience = _Patience()
        while True:
            try:
                return await _attempt(session, work, patience)
            except PyMongoError as error:
                if not error.has_error_label("TransientTransactionError"):
                    raise
                if await patience.ends():
                    raise


async def insert(
    collection: Collection, documents: Sequence[Document], session: Session
) -> None:
    """Insert documents within a transaction; none is fine."""
    if documents:
        await collection.insert_many(documents, session=session)


async def _attempt(
    session: Session,
    work: Callable[[Session], Coroutine[Any, Any, Result]],
    patience: "_Patience",
) -> Result:
    async with session.start_transaction(
        read_concern=SNAPSHOT,
        write_concern=DURABLE,
        read_preference=ReadPreference.PRIMARY,
    ):
        result = await work(session)
        await _commit(session, patience)
    return result


async def _commit(session: Session, patience: "_Patience") -> None:
    """Commit, and ask again until the answer is known."""
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            if await patience.ends():
                raise
        else:
            return


class _Patience:
    """Waits longer and longer between tries, until it ends."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _PATIENCE_SECONDS
        self._delay = _FIRST_DELAY

    async def ends(self) -> bool:
        """Tell that no try is left, or wait before the next one."""
        if time.monotonic() > self._end:
            return True
        jitter = random.uniform(0.5, 1)  # noqa: S311 - spreads tries, is no secret
        await asyncio.sleep(self._delay * jitter)
        self._delay = min(self._delay * _GROWTH, _LONGEST_DELAY)
        return False
