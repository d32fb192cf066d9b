"""What a worker gives back of a file it made: the part that is new."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreparedPart:
    """What a signature without a value adds to a document.

    Args:
        added: bytes after those of the document.
        kept: what completing needs, as JSON.
    """

    added: bytes
    kept: bytes


@dataclass(frozen=True, slots=True)
class RaisedPart:
    """What brings a stamped signature to a higher level.

    Args:
        added: bytes after those of the file.
        gap: where a document time stamp goes, begin and end; empty without one.
        digest: SHA-256 of what it is to stamp.
        unproven: chains, DER, end certificate first, about which more must be asked;
            then there is nothing else.
    """

    added: bytes
    gap: tuple[int, ...] = ()
    digest: bytes = b""
    unproven: tuple[tuple[bytes, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class CompletedPart:
    """What goes where the prepared file has its gap.

    Args:
        contents: as long as the gap.
    """

    contents: bytes
