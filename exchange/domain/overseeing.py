"""Who is above all parties of an envelope."""

from collections.abc import Collection
from datetime import datetime

from exchange.domain.directory import Directory
from exchange.domain.records import Envelope
from schemas.identifiers import OrganId


def is_common_superior(
    directory: Directory,
    agencies: Collection[OrganId],
    envelope: Envelope,
    *,
    at: datetime,
) -> bool:
    """Tell whether one of `agencies` is above sender and all recipients at a moment.

    An agency counts as above itself: a province that is a recipient beside its own
    communes is their common superior.
    """
    above = set(upwards(directory, envelope.sender, at)).intersection(agencies)
    for one in envelope.recipients:
        # Nearly always nobody is left at once, of thousands of recipients.
        if not above:
            break
        above.intersection_update(upwards(directory, one, at))
    return bool(above)


def upwards(directory: Directory, code: OrganId, at: datetime) -> tuple[OrganId, ...]:
    """Return an agency and those above it at a moment, the nearest first."""
    found = directory.agency(code)
    above = directory.above(found, at) if found else ()
    return (code, *(one.code for one in above))
