"""What a CA, or its registration desk, publishes of its journal, read by others.

Who reads it trusts the CA no further. One line per entry: the SHA-256 of its
canonical bytes, in lower hexadecimal. Lines are only ever added. Who keeps a mark of
what was read can tell that they were.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pki.ca.labels import AnyLabel, parse_label
from pki.errors import PkiError
from pki.journal.entry import BEFORE_THE_FIRST
from schemas.errors import ErrorCode

SUFFIX = ".journal"
REGISTRATION = "registration"
"""Names the journal of the registration desk, which is no CA."""

LINE_BYTES = 65
"""Lines have one length, so that half a line is seen as such."""

MOST_LINES = 20_000_000
"""Over a gigabyte; no journal of a CA grows as long."""

_LINE = re.compile(rb"[0-9a-f]{64}\n")
_LINES_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalMark:
    """How far a published journal was read.

    Args:
        number: of the last line, from 1; 0 before the first.
        digest: that line; 64 zeros before the first.
        lines_sha256: SHA-256 of all lines up to it, in lower hexadecimal.
    """

    number: int = 0
    digest: str = BEFORE_THE_FIRST
    lines_sha256: str = hashlib.sha256().hexdigest()


START = JournalMark()
"""Nothing was read yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPart:
    """Lines that follow a mark.

    Args:
        digests: the lines, oldest first.
        end: the mark after the last of them.
    """

    digests: tuple[str, ...]
    end: JournalMark


def published_journal_path(directory: Path, label: AnyLabel | str) -> Path:
    """Return where the digests of a journal are published."""
    return directory / f"{label}{SUFFIX}"


def published_labels(directory: Path) -> tuple[str, ...]:
    """Return the labels of the journals that are published, in order."""
    names = (path.stem for path in directory.glob(f"*{SUFFIX}"))
    return tuple(sorted(filter(_is_label, names)))


def read_published_journal(
    path: Path, *, after: JournalMark = START, limit: int = MOST_LINES
) -> JournalPart:
    """Read what follows a mark, and check everything before it again.

    What a crash cut off at the end is left out; the next reading has it whole. An
    absent file has no lines.

    Args:
        path: the published file.
        after: the end of what was read before.
        limit: the most lines to return.

    Raises:
        PkiError: a line is none, or the file no longer begins with what was read
            before (JOURNAL_BROKEN with label and number); unreadable
            (FILE_UNREADABLE); longer than any journal (LIMIT_EXCEEDED).
    """
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) > MOST_LINES * LINE_BYTES:
                raise PkiError(ErrorCode.LIMIT_EXCEEDED, place=path.name)
            file.seek(0)
            return _read(file, path.stem, after, limit)
    except FileNotFoundError as error:
        if after.number:
            raise _broken(path.stem, 1) from error
        return JournalPart(digests=(), end=after)
    except OSError as error:
        raise PkiError(ErrorCode.FILE_UNREADABLE, place=path.name) from error


def _read(file: BinaryIO, label: str, after: JournalMark, limit: int) -> JournalPart:
    seen = hashlib.sha256()
    last = BEFORE_THE_FIRST.encode()
    for lines in _blocks(file, after.number):
        _require_lines(lines, label)
        seen.update(b"".join(lines.texts))
        last = lines.texts[-1][:-1]
    if (last.decode(), seen.hexdigest()) != (after.digest, after.lines_sha256):
        raise _broken(label, after.number)
    digests: list[str] = []
    for lines in _blocks(file, limit, first=after.number + 1):
        _require_lines(lines, label)
        seen.update(b"".join(lines.texts))
        digests.extend(one[:-1].decode("ascii") for one in lines.texts)
    end = JournalMark(
        number=after.number + len(digests),
        digest=digests[-1] if digests else after.digest,
        lines_sha256=seen.hexdigest(),
    )
    return JournalPart(digests=tuple(digests), end=end)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some whole lines, and the number of the first."""

    first: int
    texts: tuple[bytes, ...]


def _blocks(file: BinaryIO, count: int, *, first: int = 1) -> Iterator[_Lines]:
    """Yield the next whole lines, at most `count`, some at a time."""
    number, end = first, first + count
    while number < end:
        wanted = min(_LINES_AT_ONCE, end - number)
        data = file.read(wanted * LINE_BYTES)
        whole = range(0, len(data) - LINE_BYTES + 1, LINE_BYTES)
        if whole:
            yield _Lines(number, tuple(data[at : at + LINE_BYTES] for at in whole))
        if len(whole) < wanted:
            # What is written behind half a line meanwhile would be out of step.
            return
        number += len(whole)


def _require_lines(lines: _Lines, label: str) -> None:
    for number, text in enumerate(lines.texts, start=lines.first):
        if not _LINE.fullmatch(text):
            raise _broken(label, number)


def _broken(label: str, number: int) -> PkiError:
    return PkiError(ErrorCode.JOURNAL_BROKEN, place=f"{label}/{number}")


def _is_label(name: str) -> bool:
    if name == REGISTRATION:
        return True
    try:
        parse_label(name)
    except PkiError:
        return False
    return True
