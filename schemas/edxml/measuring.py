"""Sizes and digests of one attachment, while it streams past."""

import hashlib
from dataclasses import dataclass

from schemas.edxml.archive import ArchiveExceededError, OneEntryArchive
from schemas.edxml.archive_records import END_SIGNATURE, FURTHEST_END, SIGNATURE
from schemas.edxml.limits import BodyLimits
from schemas.errors import ErrorCode, SchemaError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What an attachment turned out to be when read as an archive.

    Args:
        fits: it is a complete archive with exactly one entry.
        exceeded: its content was too much to be read on.
        entry_name: name of its first entry.
    """

    fits: bool
    exceeded: bool
    entry_name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Sizes and digests of one attachment.

    Args:
        unpacked: where it begins like a zip archive.
        ends_as_archive: it does not, but a reader that begins at the end finds one.
    """

    size: int
    sha256: str
    unpacked: Unpacked | None = None
    ends_as_archive: bool = False

    @property
    def is_archive(self) -> bool:
        """Whether some reader finds an archive in it."""
        return self.unpacked is not None or self.ends_as_archive


class AttachmentMeter:
    """Measures the carried bytes, and their content in case they are an archive.

    Whether the archive is a wrapping or the document itself is decided later, when
    its name is known, so a refusal here is only noted.
    """

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._hash = hashlib.sha256()
        self._size = 0
        self._head = b""
        self._tail = bytearray()
        self._probe: _ArchiveProbe | None = None

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next carried bytes.

        Raises:
            SchemaError: the attachment is too large (ATTACHMENT_TOO_LARGE).
        """
        begun = self._size >= len(SIGNATURE)
        self._size += len(data)
        if self._size > self._limits.attachment:
            raise SchemaError(ErrorCode.ATTACHMENT_TOO_LARGE)
        self._hash.update(data)
        if begun:
            self._probe_on(data)
        else:
            self._begin(data)

    def finish(self) -> Measured:
        """Return the measures."""
        return Measured(
            size=self._size,
            sha256=self._hash.hexdigest(),
            unpacked=self._probe.finish() if self._probe else None,
            ends_as_archive=END_SIGNATURE in self._tail[-FURTHEST_END:],
        )

    def _begin(self, data: bytes | memoryview) -> None:
        before = self._head
        self._head += data[: len(SIGNATURE)]
        if self._head.startswith(SIGNATURE):
            self._probe = _ArchiveProbe(self._limits)
            self._probe_on(before + data)
        else:
            self._keep_end(data)

    def _probe_on(self, data: bytes | memoryview) -> None:
        if self._probe:
            self._probe.feed(bytes(data))
        else:
            self._keep_end(data)

    def _keep_end(self, data: bytes | memoryview) -> None:
        # Cut seldom: a sender may come in small pieces.
        self._tail += data[-FURTHEST_END:]
        if len(self._tail) > 2 * FURTHEST_END:
            del self._tail[:-FURTHEST_END]


class _ArchiveProbe:
    """Reads carried bytes as an archive until that fails."""

    def __init__(self, limits: BodyLimits) -> None:
        self._archive = OneEntryArchive(
            largest=limits.attachment, expansion=limits.expansion
        )
        self._hash = hashlib.sha256()
        self._size = 0
        self._refusal: SchemaError | None = None

    def feed(self, data: bytes) -> None:
        if self._refusal:
            return
        try:
            for piece in self._archive.feed(data):
                self._hash.update(piece)
                self._size += len(piece)
        except SchemaError as refusal:
            self._refusal = refusal

    def finish(self) -> Unpacked:
        try:
            self._archive.finish()
        except SchemaError as refusal:
            self._refusal = self._refusal or refusal
        return Unpacked(
            fits=self._refusal is None,
            exceeded=isinstance(self._refusal, ArchiveExceededError),
            entry_name=self._archive.entry_name,
            size=self._size,
            sha256=self._hash.hexdigest(),
        )
