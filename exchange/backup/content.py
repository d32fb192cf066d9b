"""What a backup holds: parts one after the other, then the signed manifest.

There are no paths in it, and no part that is not on the list of this program: nothing
it could say makes anything else happen than documents in collections.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from exchange.backup.sealed import SealedWriter, damaged
from schemas.backup import BackupManifest, BackupPart

CONFIGURATION: Final = "configuration"
LARGEST_DOCUMENT: Final = 17 << 20
"""MongoDB's own ceiling is 16 MiB and a little."""

_HEAD: Final = struct.Struct(">BI")


class Kind(IntEnum):
    """What a frame is."""

    PART = 1
    DOCUMENT = 2
    MANIFEST = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of content."""

    kind: Kind
    data: bytes


class Tally:
    """Counts the documents of the parts as they pass."""

    def __init__(self) -> None:
        self._done: list[BackupPart] = []
        self._name: str | None = None
        self._count = self._size = 0
        self._digest = hashlib.sha256()

    @property
    def name(self) -> str | None:
        """The part that is being counted."""
        return self._name

    def begin(self, name: str) -> None:
        """Begin a part; the one before ends."""
        self._end()
        self._name, self._count, self._size = name, 0, 0
        self._digest = hashlib.sha256()

    def add(self, document: bytes) -> None:
        """Count a document of the part."""
        self._count += 1
        self._size += len(document)
        self._digest.update(document)

    def parts(self) -> tuple[BackupPart, ...]:
        """Return all parts; none is begun after this."""
        self._end()
        return tuple(self._done)

    def _end(self) -> None:
        if self._name is not None:
            self._done.append(
                BackupPart(
                    name=self._name,
                    count=self._count,
                    size=self._size,
                    sha256=self._digest.hexdigest(),
                )
            )
        self._name = None


class ContentWriter:
    """Writes parts, then the manifest."""

    def __init__(self, sealed: SealedWriter) -> None:
        self._sealed = sealed
        self.tally = Tally()

    def begin(self, name: str) -> None:
        """Begin a part."""
        self.tally.begin(name)
        self._frame(Kind.PART, name.encode())

    def add(self, document: bytes) -> None:
        """Add a document to the part."""
        self.tally.add(document)
        self._frame(Kind.DOCUMENT, document)

    def finish(self, manifest: bytes) -> None:
        """Write the signed manifest and the end."""
        self._frame(Kind.MANIFEST, manifest)
        self._sealed.finish()

    def _frame(self, kind: Kind, data: bytes) -> None:
        self._sealed.write(_HEAD.pack(kind, len(data)) + data)


def frames(stream: Iterator[bytes]) -> Iterator[Frame]:
    """Cut a stream into frames; the manifest must be the last.

    Raises:
        ExchangeError: anything else (BACKUP_DAMAGED).
    """
    buffer, ended = bytearray(), False
    for piece in stream:
        buffer += piece
        while (frame := _first(buffer)) is not None:
            if ended:
                raise damaged("after the manifest")
            ended = frame.kind is Kind.MANIFEST
            del buffer[: _HEAD.size + len(frame.data)]
            yield frame
    if buffer or not ended:
        raise damaged("end")


def _first(buffer: bytearray) -> Frame | None:
    if len(buffer) < _HEAD.size:
        return None
    number, length = _HEAD.unpack_from(buffer)
    if number not in set(Kind) or length > LARGEST_DOCUMENT:
        raise damaged("frame")
    if len(buffer) < _HEAD.size + length:
        return None
    return Frame(Kind(number), bytes(buffer[_HEAD.size : _HEAD.size + length]))


def require_same(manifest: BackupManifest, parts: tuple[BackupPart, ...]) -> None:
    """Require that a backup holds what its manifest says, in that order.

    Raises:
        ExchangeError: it does not; the first part that differs is named
            (BACKUP_DAMAGED).
    """
    for said, found in zip(manifest.parts, parts, strict=False):
        if said != found:
            raise damaged(said.name)
    if len(manifest.parts) != len(parts):
        raise damaged("parts")
