"""Whether every byte after a signature belongs to a revision (ISO 32000-2 7.5.6).

Pure on bytes. A revision is objects, a cross-reference section, ``startxref`` and
``%%EOF``. Readers that repair files see objects in bytes that no section lists; those
bytes are refused where no signature covers them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.errors import ErrorCode
from signing.errors import SigningError
from signing.validation.tokens import (
    ScannedObject,
    scan_dictionary,
    scan_object,
    skip_blank,
)

_TABLE = re.compile(
    rb"xref\s+(?:\d{1,10}\s+\d{1,10}\s+(?:\d{10} \d{5} [fn](?: \r| \n|\r\n|\n|\r))*)*"
    rb"trailer\s*"
)
_COMMENTS = rb"(?:[\x00\t\n\x0c\r ]|%(?!%EOF)[^\r\n]*[\r\n])*"
_TAIL = re.compile(_COMMENTS + rb"startxref\s+(\d{1,10})\s+%%EOF")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_END_OBJECT = re.compile(rb"[\x00\t\n\x0c\r ]*endobj")
_END_STREAM = re.compile(rb"endstream[\x00\t\n\x0c\r ]+endobj")
_UNUSED = re.compile(rb"(?:[\x00\t\n\x0c\r ]|%(?![^\r\n]*obj)[^\r\n]*[\r\n])*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision as the reader found it.

    Args:
        section_start: where its cross-reference section begins.
        object_starts: where the objects begin that the section lists.
    """

    section_start: int
    object_starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RevisionEnd:
    """Where a revision ends: after its marker, and after the line of the marker."""

    marker: int
    line: int

    def admits(self, end: int) -> bool:
        """Tell whether signed bytes, or the file, may end at `end`."""
        return end in {self.marker, self.line}


def revision_end(data: bytes, section_start: int) -> RevisionEnd:
    """Return the end of the revision whose section begins at `section_start`.

    Raises:
        SigningError: TRAILING_BYTES, the section is not followed by its own end.
    """
    tail = _TAIL.match(data, _section_end(data, section_start))
    if tail is None or skip_blank(data, int(tail[1])) != section_start:
        raise SigningError(ErrorCode.TRAILING_BYTES, place=f"byte {section_start}")
    line = _LINE_END.match(data, tail.end())
    return RevisionEnd(tail.end(), line.end() if line else tail.end())


def require_accounted(
    data: bytes, signed: Revision, later: Sequence[Revision]
) -> RevisionEnd:
    """Refuse bytes after the revision `signed` that no later revision lists.

    Returns:
        The end of `signed`.

    Raises:
        SigningError: TRAILING_BYTES; PDF_MALFORMED, an object cannot be read.
    """
    signed_end = end = revision_end(data, signed.section_start)
    for revision in later:
        _require_listed(data, end.line, revision)
        end = revision_end(data, revision.section_start)
    if not end.admits(len(data)):
        raise SigningError(ErrorCode.TRAILING_BYTES, place=f"byte {end.line}")
    return signed_end


def _require_listed(data: bytes, start: int, revision: Revision) -> None:
    """Demand that objects fill the bytes from `start` to the section, and none else."""
    before = sorted(set(revision.object_starts) - {revision.section_start})
    spans = ((one, object_end(data, one)) for one in before)
    at = start
    for begin, end in (*spans, (revision.section_start, revision.section_start)):
        if begin < at or _UNUSED.fullmatch(data, at, begin) is None:
            raise SigningError(ErrorCode.TRAILING_BYTES, place=f"byte {at}")
        at = end


def object_end(data: bytes, start: int) -> int:
    """Return the end of the indirect object at `start`, ``endobj`` included.

    Raises:
        SigningError: PDF_MALFORMED, no whole object.
    """
    return _closed(data, scan_object(data, start))


def hidden_in_dictionary(
    data: bytes, position: int, object_starts: Iterable[int]
) -> bool:
    """Tell whether `position` lies elsewhere than in the data of a listed stream."""
    owner = max((one for one in object_starts if one <= position), default=None)
    if owner is None:
        return True
    try:
        scanned = scan_object(data, owner)
    except SigningError:
        return True
    if scanned.stream_start is None:
        return True
    return position < scanned.end or position >= _closed(data, scanned)


def _section_end(data: bytes, start: int) -> int:
    table = _TABLE.match(data, start)
    if table:
        return scan_dictionary(data, table.end())[1]
    return object_end(data, start)


def _closed(data: bytes, scanned: ScannedObject) -> int:
    if scanned.stream_start is None:
        closing = _END_OBJECT.match(data, scanned.end)
    else:
        closing = _END_STREAM.search(data, scanned.stream_start)
    if closing is None:
        raise SigningError(ErrorCode.PDF_MALFORMED, place=f"byte {scanned.start}")
    return closing.end()
