"""Published journals of CAs, and steps that enter them, as tests need them."""

import hashlib
from pathlib import Path

from exchange.domain.log_entries import (
    CaJournalPosition,
    CaJournalStep,
    PendingLogEntry,
)
from schemas.identifiers import EnvelopeId
from schemas.vocabulary import LogEntryType

LABEL = "issuing-persons"


def line(number: int, *, label: str = LABEL, secret: str = "") -> str:
    """Return the published digest of an entry; another secret, another entry."""
    return hashlib.sha256(f"{label} {number} {secret}".encode()).hexdigest()


def lines(count: int, *, label: str = LABEL) -> list[str]:
    return [line(number, label=label) for number in range(1, count + 1)]


def publish(folder: Path, count: int, *, label: str = LABEL) -> Path:
    """Write the journal of a CA anew, with `count` lines."""
    path = folder / f"{label}.journal"
    path.write_text("".join(f"{one}\n" for one in lines(count, label=label)))
    return path


def add_lines(path: Path, first: int, last: int) -> None:
    """Append lines `first` to `last` to a published journal."""
    with path.open("a") as file:
        for number in range(first, last + 1):
            file.write(f"{line(number, label=path.stem)}\n")


def position(
    number: int, *, label: str = LABEL, digest: str | None = None
) -> CaJournalPosition:
    """Return the position after `number` lines; the ids count up with them."""
    if not number:
        return CaJournalPosition(label=label)
    read = "".join(f"{one}\n" for one in lines(number, label=label))
    return CaJournalPosition(
        label=label,
        number=number,
        digest=digest or line(number, label=label),
        lines_sha256=hashlib.sha256(read.encode()).hexdigest(),
        entry_id=f"{number:026d}",
    )


def journal_step(first: int, last: int, *, label: str = LABEL) -> CaJournalStep:
    """Return the step that enters lines `first` to `last`."""
    entries = tuple(
        PendingLogEntry(
            entry_id=f"{label}-{number:026d}",
            entry_type=LogEntryType.CA_ACTION,
            envelope_id=EnvelopeId(f"{label}/{number}"),
            leaf=line(number, label=label).encode(),
        )
        for number in range(first, last + 1)
    )
    return CaJournalStep(
        before=position(first - 1, label=label),
        entries=entries,
        after=position(last, label=label),
    )
