"""Checking a backup, all of it, before anything of it is used."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from exchange.backup.content import CONFIGURATION, Kind, Tally, frames, require_same
from exchange.backup.known_log import LOG, KnownHead, LogBeginning, require_same_log
from exchange.backup.locks import Opener
from exchange.backup.sealed import damaged, unsealed
from exchange.errors import ExchangeError
from exchange.storage.mongo.dump import SAVED, log_nodes
from schemas.backup import BackupManifest, read_backup_manifest
from schemas.errors import ErrorCode
from schemas.xml import parse
from signing.xmldsig.verify import verify_receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a backup must be.

    Args:
        hub_id: whose.
        signers: certificates one of which must have signed it.
    """

    hub_id: str
    signers: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a backup and the collection it belongs to."""

    collection: str
    data: bytes


def check_backup(
    path: Path,
    opener: Opener,
    expected: Expected,
    told: Callable[[], object] = lambda: None,
    *,
    known: KnownHead | None = None,
) -> BackupManifest:
    """Check a backup from its first byte to its last.

    Args:
        path: the file.
        opener: opens it.
        expected: whose it has to be.
        told: is told of each document that was checked.
        known: a state of the log that it has to lead to, or come from.

    Raises:
        ExchangeError: it cannot be read, is not whole, or is not of this hub or of
            the known log.
        CodedError: its manifest or the signature on it is wrong.
    """
    reading = BackupReading(path, opener)
    beginning = LogBeginning(known.size if known else 0)
    for document in reading.documents():
        if known and document.collection == LOG:
            beginning.add(*log_nodes(document.data))
        told()
    manifest = reading.manifest(expected)
    if known:
        require_same_log(manifest, known, beginning.root_hash())
    return manifest


class BackupReading:
    """One passage through a backup.

    Args:
        path: the file.
        opener: opens it.
    """

    def __init__(self, path: Path, opener: Opener) -> None:
        self._path = path
        self._opener = opener
        self._tally = Tally()
        self._signed = b""

    def documents(self) -> Iterator[Document]:
        """Yield the documents of the collections; all must be taken.

        Raises:
            ExchangeError: unreadable (FILE_UNREADABLE), another key
                (BACKUP_NOT_OPENED), or not whole (BACKUP_DAMAGED).
        """
        left = iter((CONFIGURATION, *SAVED))
        try:
            with self._path.open("rb") as file:
                for frame in frames(unsealed(file, self._opener)):
                    if frame.kind is Kind.PART:
                        self._begin(frame.data, left)
                    elif frame.kind is Kind.MANIFEST:
                        self._signed = frame.data
                    else:
                        yield from self._add(frame.data)
        except OSError as error:
            place = self._path.name
            raise ExchangeError(ErrorCode.FILE_UNREADABLE, place=place) from error

    def manifest(self, expected: Expected) -> BackupManifest:
        """Return the manifest of what was passed, held to all of it.

        Raises:
            ExchangeError: of another hub or signer (BACKUP_FOREIGN), or not what was
                passed (BACKUP_DAMAGED).
            CodedError: the manifest or its signature is wrong.
        """
        verified = verify_receipt(parse(self._signed))
        signers = {one.public_bytes(Encoding.DER) for one in expected.signers}
        if verified.certificate.public_bytes(Encoding.DER) not in signers:
            raise ExchangeError(ErrorCode.BACKUP_FOREIGN, place="signer")
        manifest = read_backup_manifest(verified.content)
        if manifest.hub_id != expected.hub_id:
            raise ExchangeError(ErrorCode.BACKUP_FOREIGN, place=manifest.hub_id)
        require_same(manifest, self._tally.parts())
        return manifest

    def _begin(self, data: bytes, left: Iterator[str]) -> None:
        """Begin a part that this program knows, each once and in their order."""
        name = data.decode("ascii", "replace")
        if name not in left:
            raise damaged("part")
        self._tally.begin(name)

    def _add(self, data: bytes) -> Iterator[Document]:
        name = self._tally.name
        if name is None:
            raise damaged("document")
        self._tally.add(data)
        if name != CONFIGURATION:
            yield Document(name, data)
