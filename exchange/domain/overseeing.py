"""Who is above all parties of an envelope."""

from collections.abc import Collection, Iterator

from exchange.domain.directory import Directory
from exchange.domain.records import Envelope
from schemas.identifiers import OrganId

_DEEPEST = 16
"""Levels that are climbed: far more than there are, so a loop in the tree ends."""


def is_common_superior(
    directory: Directory, agencies: Collection[OrganId], envelope: Envelope
) -> bool:
    """Tell whether one of `agencies` is above sender and all recipients.

    An agency counts as above itself: a province that is a recipient beside its own
    communes is their common superior.
    """
    above = set(upwards(directory, envelope.sender)).intersection(agencies)
    for one in envelope.recipients:
        # Nearly always nobody is left at once, of thousands of recipients.
        if not above:
            break
        above.intersection_update(upwards(directory, one))
    return bool(above)


def upwards(directory: Directory, code: OrganId) -> Iterator[OrganId]:
    """Yield an agency and those above it."""
    step: OrganId | None = code
    for _ in range(_DEEPEST):
        if step is None:
            return
        yield step
        found = directory.agency(step)
        step = found.parent if found else None
