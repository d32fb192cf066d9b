"""A real MongoDB inside the service, for demonstrations, tests and small sites.

One process supervises: it holds a lock on the folder, starts mongod or adopts one
that outlived its supervisor, starts it again when it dies, and stops it. Other
processes that open the same folder use the same mongod and leave it alone.
"""

import asyncio
import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog

from exchange.errors import ExchangeError
from exchange.storage.mongo import replica_set
from exchange.storage.mongod import (
    Layout,
    Mongod,
    explain_exit,
    find_binary,
    find_running,
    spawn,
)
from schemas.errors import ErrorCode

_START_SECONDS = 30.0  # recovery after a crash reads the journal
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02
_WATCH_SECONDS = 0.25
_LONGEST_DELAY_SECONDS = 5.0


class EmbeddedMongo:
    """A mongod on a Unix socket that only this account can reach.

    Args:
        directory: holds `db/`, `run/` and `log/`.
        binary: another mongod than that of the `embedded` extra.
    """

    def __init__(self, directory: Path, *, binary: Path | None = None) -> None:
        self._layout = Layout(directory.absolute())
        self._binary = binary
        self._mongod: Mongod | None = None
        self._lock: int | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def uri(self) -> str:
        """Where a client of this host connects; it waits while mongod starts again."""
        socket = self._running_mongod().socket
        return f"{_address(socket)}?replicaSet={replica_set.NAME}"

    @property
    def pid(self) -> int:
        """The process id of mongod."""
        return self._running_mongod().pid

    @property
    def supervises(self) -> bool:
        """Whether this object stops mongod, rather than another process."""
        return self._lock is not None

    async def start(self) -> None:
        """Start mongod, adopt it, or join the process that supervises it.

        Raises:
            ExchangeError: EXTRA_MISSING, LIBRARY_MISSING, PLATFORM_UNSUPPORTED,
                DATABASE_LOCKED or DATABASE_UNAVAILABLE, with the reason as place.
        """
        self._layout.prepare()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._supervise_or_join()
        except TimeoutError as error:
            self._unlock()
            place = f"mongod does not answer, see {self._layout.log}"
            raise ExchangeError(ErrorCode.DATABASE_UNAVAILABLE, place=place) from error
        except ExchangeError:
            self._unlock()
            raise

    async def stop(self) -> None:
        """Stop mongod if this object supervises it."""
        if not self.supervises:
            self._mongod = None
            return
        await self._stop_watching()
        mongod = self._running_mongod()
        mongod.signal(signal.SIGTERM)
        if not await _ended(mongod, _STOP_SECONDS):
            # Everything acknowledged is in the journal: nothing is lost.
            mongod.signal(signal.SIGKILL)
            await _ended(mongod, _STOP_SECONDS)
        self._layout.forget_socket()
        self._mongod = None
        self._unlock()

    async def detach(self) -> None:
        """Leave mongod running; whoever opens the folder next supervises it."""
        await self._stop_watching()
        self._mongod = None
        self._unlock()

    async def _supervise_or_join(self) -> None:
        while not self._try_lock():
            mongod = find_running(self._layout)
            if mongod is not None and await replica_set.answers(_direct_uri(mongod)):
                self._mongod = mongod
                return
            await asyncio.sleep(_POLL_SECONDS)
        adopted = find_running(self._layout)
        self._mongod = adopted or self._spawn()
        await self._wait_until_primary(self._mongod)
        if adopted is not None:
            await replica_set.end_sessions(_direct_uri(adopted))
        self._watcher = asyncio.create_task(self._watch())

    def _spawn(self) -> Mongod:
        binary = self._binary or find_binary()
        return spawn(binary, self._layout, replica_set=replica_set.NAME)

    async def _wait_until_primary(self, mongod: Mongod) -> None:
        uri, member = _direct_uri(mongod), str(mongod.socket)
        while not (
            mongod.socket.exists() and await replica_set.is_primary(uri, member=member)
        ):
            if not mongod.running():
                raise explain_exit(mongod, self._layout)
            await asyncio.sleep(_POLL_SECONDS)

    async def _watch(self) -> None:
        delay = _WATCH_SECONDS
        while True:
            await asyncio.sleep(delay)
            if self._running_mongod().running() or await self._restart():
                delay = _WATCH_SECONDS
            else:
                delay = min(2 * delay, _LONGEST_DELAY_SECONDS)

    async def _restart(self) -> bool:
        logger = structlog.get_logger()
        logger.error("mongod_ended", pid=self.pid)
        try:
            async with asyncio.timeout(_START_SECONDS):
                self._mongod = find_running(self._layout) or self._spawn()
                await self._wait_until_primary(self._mongod)
        except (ExchangeError, OSError, RuntimeError) as error:
            # Where there is no room for a thread, Python says RuntimeError; a timeout
            # is an OSError and has no words of its own.
            reason = str(error) or f"no answer within {_START_SECONDS:.0f} s"
            logger.exception("mongod_not_restarted", reason=reason)
            return False
        return True

    async def _stop_watching(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None

    def _running_mongod(self) -> Mongod:
        if self._mongod is None:
            place = "embedded MongoDB is not started"
            raise ExchangeError(ErrorCode.DATABASE_UNAVAILABLE, place=place)
        return self._mongod

    def _try_lock(self) -> bool:
        """Take the lock that the system gives back when its holder dies."""
        opened = os.open(self._layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(opened)
            return False
        self._lock = opened
        return True

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


async def _ended(mongod: Mongod, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while mongod.running():  # noqa: ASYNC110 - another process ends
                await asyncio.sleep(_POLL_SECONDS)
    return not mongod.running()


def _address(socket: Path) -> str:
    return f"mongodb://{quote(str(socket), safe='')}/"


def _direct_uri(mongod: Mongod) -> str:
    """The address for supervision, which reaches it before it is primary too."""
    return f"{_address(mongod.socket)}?directConnection=true"
