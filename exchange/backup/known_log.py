"""Whether a backup is of the log somebody has seen, and how much of that it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.backup.sealed import damaged
from exchange.errors import ExchangeError
from exchange.storage.growth import completing_index
from schemas.backup import BackupManifest
from schemas.errors import ErrorCode
from schemas.merkle import frontier_coordinates, root_of

LOG = "log"
"""The collection of its entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHead:
    """A state of the log that somebody has seen.

    Args:
        log_id: of the log.
        size: entries.
        root_hash: of the tree over them.
    """

    log_id: str
    size: int
    root_hash: bytes


class LogBeginning:
    """The root of a log over its first entries, found as they pass in any order.

    It is made of nodes as they are stored; that entries make them is for an audit.

    Args:
        size: how many entries.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._wanted = frozenset(map(completing_index, frontier_coordinates(size)))
        self._nodes: dict[int, Sequence[bytes]] = {}

    def add(self, index: int, nodes: Sequence[bytes]) -> None:
        """Take note of an entry and the nodes it completes, the leaf first."""
        if index in self._wanted:
            self._nodes[index] = nodes

    def root_hash(self) -> bytes | None:
        """Return the root, None if not all of it passed."""
        try:
            return root_of(self._size, self._node)
        except LookupError:
            return None

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[completing_index((level, index))][level]


def require_same_log(
    manifest: BackupManifest, known: KnownHead, beginning: bytes | None
) -> None:
    """Require that a backup is of the known log, and went on from there if it is later.

    Args:
        manifest: of the backup.
        known: what somebody has seen.
        beginning: the root of the backup's log at that size, None if it has none.

    Raises:
        ExchangeError: they are of two logs, or of two ways one log went
            (BACKUP_FOREIGN), or entries are missing (BACKUP_DAMAGED).
    """
    if known.log_id != manifest.log_id:
        raise ExchangeError(ErrorCode.BACKUP_FOREIGN, place=known.log_id)
    if known.size > manifest.log_size:
        return
    if beginning is None:
        raise damaged("log")
    if known.root_hash != beginning:
        raise ExchangeError(ErrorCode.BACKUP_FOREIGN, place="log root")


def require_grown(
    manifest: BackupManifest, known: KnownHead, beginning: bytes | None
) -> None:
    """Require that the log of a database went on from the known one.

    Args:
        manifest: of a backup that was just made.
        known: what was seen before it was made.
        beginning: the root of its log at that size, None if it has none.

    Raises:
        ExchangeError: it shrank, went another way or is another log (DATABASE_OLDER).
    """
    is_same = known.log_id == manifest.log_id
    if not is_same or known.size > manifest.log_size:
        place = f"{manifest.log_id} {manifest.log_size}, {known.log_id} {known.size}"
        raise ExchangeError(ErrorCode.DATABASE_OLDER, place=place)
    if known.root_hash != beginning:
        raise ExchangeError(ErrorCode.DATABASE_OLDER, place="log root")


def loss_of(manifest: BackupManifest, known: KnownHead | None) -> int:
    """Return how many entries of the known log a backup does not have."""
    return 0 if known is None else max(0, known.size - manifest.log_size)


def require_accepted(
    manifest: BackupManifest, known: KnownHead | None, *, accepted: int
) -> None:
    """Require that whoever restores an older log has said how much is lost.

    Raises:
        ExchangeError: the loss is another than what was accepted (BACKUP_OLDER).
    """
    loss = loss_of(manifest, known)
    if loss != accepted and loss:
        place = f"{manifest.log_size}..{manifest.log_size + loss - 1}: {loss}"
        raise ExchangeError(ErrorCode.BACKUP_OLDER, place=place)
