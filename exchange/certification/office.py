"""The CA of a process, and the one thread in which everything of it happens.

SQLite, signing and tokens block; the event loop must not. One thread also keeps the
connections to the registries where they were opened, and the order of what is done
(docs/adr/0019).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from exchange.errors import ExchangeError
from exchange.settings.certification import CaSettings
from pki.ca.authority import Clock
from pki.ca.custody import KeySecrets
from pki.ca.hierarchy import Hierarchy
from pki.ca.labels import CaLabel
from pki.ca.layout import keys_here, labels_in
from pki.keys.loader import read_passphrase
from pki.registration.desk import RegistrationDesk
from schemas.errors import ErrorCode

_ACTOR = "ca process"
_Result = TypeVar("_Result")


class CaOffice:
    """The opened CA; used in its thread alone.

    Args:
        folder: of the CA.
        passphrase: opens its keys.
        clock: gives the time.

    Raises:
        PkiError: there is no CA, or a file or the passphrase is wrong.
    """

    def __init__(self, folder: Path, passphrase: bytes | None, clock: Clock) -> None:
        self.folder, self.clock = folder, clock
        self._passphrase = passphrase
        self._seen = self._look()
        self._hierarchy = self._open()
        self._desk: RegistrationDesk | None = None

    def own_labels(self) -> frozenset[CaLabel]:
        """Return the CAs whose keys are here now, and take no operators."""
        return frozenset(keys_here(self.folder, KeySecrets()).usable)

    @property
    def hierarchy(self) -> Hierarchy:
        """The CAs whose keys are here; a new generation is taken up by itself.

        What has been added and cannot be opened is left out (`Hierarchy.unopened`); the
        other CAs go on.

        Raises:
            PkiError: a certificate or a registry of the CAs cannot be read.
        """
        seen = self._look()
        if seen != self._seen:
            opened = self._open(is_partial=True)
            self.close()
            self._hierarchy, self._seen = opened, seen
        return self._hierarchy

    def try_again(self) -> None:
        """Open what could not be opened, should it have been mended.

        Raises:
            PkiError: as `hierarchy`.
        """
        if not self.hierarchy.unopened:
            return
        opened = self._open(is_partial=True)
        self.close()
        self._hierarchy = opened

    @property
    def desk(self) -> RegistrationDesk:
        """The registration desk of the CA.

        Raises:
            PkiError: its book cannot be read.
        """
        hierarchy = self.hierarchy
        if self._desk is None:
            self._desk = RegistrationDesk.open(self.folder, hierarchy, clock=self.clock)
        return self._desk

    def close(self) -> None:
        """Close registries and book."""
        if self._desk is not None:
            self._desk.close()
            self._desk = None
        self._hierarchy.close()

    def _look(self) -> tuple[Sequence[CaLabel], frozenset[CaLabel]]:
        """Return all CAs and our own: of two keys of one CA, the newer one counts."""
        return labels_in(self.folder), self.own_labels()

    def _open(self, *, is_partial: bool = False) -> Hierarchy:
        return Hierarchy.open(
            self.folder,
            clock=self.clock,
            passphrase=self._passphrase,
            actor=_ACTOR,
            is_partial=is_partial,
        )


class CaThread:
    """Does the work of the CA, one piece after the other.

    Args:
        executor: has one worker.
        office: was opened by that worker.
    """

    def __init__(self, executor: ThreadPoolExecutor, office: CaOffice) -> None:
        self._executor = executor
        self._office = office

    async def run(self, work: Callable[[CaOffice], _Result]) -> _Result:
        """Do a piece of work in the CA's thread.

        Who stops waiting does not stop the work: it is done whole.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, work, self._office)


@asynccontextmanager
async def opened_ca(settings: CaSettings, clock: Clock) -> AsyncIterator[CaThread]:
    """Open the CA in a thread of its own, for the length of the block.

    Raises:
        CodedError: there is no CA, or a file or the passphrase is wrong.
    """
    folder = settings.folder
    if folder is None:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="ca.folder")
    passphrase = read_passphrase(settings.passphrase_file)
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ca")
    try:
        office = await loop.run_in_executor(
            executor, CaOffice, folder, passphrase, clock
        )
        try:
            yield CaThread(executor, office)
        finally:
            await loop.run_in_executor(executor, office.close)
    finally:
        executor.shutdown(wait=False)
