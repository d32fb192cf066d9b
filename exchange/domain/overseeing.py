"""Who is above all parties of an envelope."""

from collections.abc import Collection, Iterable
from datetime import datetime

from exchange.domain.directory import Directory
from schemas.identifiers import OrganId


def common_superiors(
    directory: Directory,
    agencies: Collection[OrganId],
    parties: Iterable[OrganId],
    *,
    at: datetime,
) -> frozenset[OrganId]:
    """Return those of `agencies` that are above all parties at a moment.

    An agency counts as above itself: a province that is a recipient beside its own
    communes is their common superior.

    Args:
        directory: the tree.
        agencies: of whom it is asked.
        parties: sender and recipients of an envelope; above none are all.
        at: when.
    """
    above = frozenset(agencies)
    for one in parties:
        # Nearly always nobody is left at once, of thousands of recipients.
        if not above:
            break
        above = above.intersection(upwards(directory, one, at))
    return above


def upwards(directory: Directory, code: OrganId, at: datetime) -> tuple[OrganId, ...]:
    """Return an agency and those above it at a moment, the nearest first."""
    found = directory.agency(code)
    above = directory.above(found, at) if found else ()
    return (code, *(one.code for one in above))
