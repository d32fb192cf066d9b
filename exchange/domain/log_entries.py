"""Entries of the log and what it has of the journals of CAs, as frozen records."""

from dataclasses import dataclass, field
from hashlib import sha256

from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import LogEntryType


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogEntry:
    """A log entry that waits for its index.

    Args:
        entry_id: ULID; entries are sequenced in this order.
        envelope_id: the envelope concerned; otherwise the entry's subject.
        leaf: canonical bytes of the entry (RFC 8785), the input of the leaf hash.
        makes_visible: deliveries of this envelope become visible with it.
        urgency: of an envelope that goes ahead of others; only until it has its index.
        shown_to: whose deliveries those are, where it names them: they are few. It
            follows from what is stored with it, and is not compared.
    """

    entry_id: str
    entry_type: LogEntryType
    envelope_id: EnvelopeId
    leaf: bytes
    makes_visible: bool = False
    urgency: int = 0
    shown_to: tuple[OrganId, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaJournalPosition:
    """How much of one CA's published journal is in the log.

    Args:
        label: of the CA.
        number: of the last line entered; 0 before the first.
        digest: that line; 64 zeros before the first.
        lines_sha256: SHA-256 of all lines up to it, in lower hexadecimal.
        entry_id: of its log entry; later lines have greater ones.
    """

    label: str
    number: int = 0
    digest: str = "0" * 64
    lines_sha256: str = sha256().hexdigest()
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaJournalStep:
    """Everything that becomes durable when lines of a CA's journal are entered.

    Args:
        before: where the position must be, else nothing is stored.
        entries: one for each line after it, oldest first.
        after: where the position is then.
    """

    before: CaJournalPosition
    entries: tuple[PendingLogEntry, ...]
    after: CaJournalPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencedLogEntry:
    """A log entry with its place in the log."""

    index: int
    entry: PendingLogEntry


@dataclass(frozen=True, slots=True)
class LogLeaf:
    """A log entry as the tree has it.

    Args:
        index: its place in the log.
        content: canonical bytes of the entry.
        nodes: hashes of the nodes it completes, as stored, the leaf first.
    """

    index: int
    content: bytes
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LogState:
    """Size and root of the log, and the nodes on its right edge."""

    size: int = 0
    frontier: tuple[bytes, ...] = field(default=())


def place_in(cursor: int, *, size: int, restored: int | None) -> int:
    """Return where a poller goes on that has seen all up to a cursor.

    A cursor the log has not come to was given before the log was restored from an
    older backup. What it stood for in that backup was seen; what came since was not.

    Args:
        cursor: index of the last entry whose deliveries were seen.
        size: entries of the log.
        restored: entries it had when it was last restored; None: it never was.
    """
    if cursor < size:
        return cursor
    return min(size, size if restored is None else restored) - 1
