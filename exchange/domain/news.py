"""What the growth of the log means for those who wait for mail."""

from dataclasses import dataclass

from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """To whom a stretch of the log showed something.

    Args:
        after: the index before its first entry.
        until: the index of its last entry.
        recipients: of what it made visible.
    """

    after: int
    until: int
    recipients: frozenset[OrganId]
