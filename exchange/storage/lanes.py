"""Whose turn it is when more waits than fits: the urgent first, but not alone."""

from collections.abc import Mapping
from typing import TypeVar

_Waiting = TypeVar("_Waiting")

_OTHERS_SHARE = 5
"""One of so many places is kept for those that wait longest."""


def most_urgent(limit: int) -> int:
    """Return how many urgent ones may go ahead of others in one round."""
    return max(1, limit - limit // _OTHERS_SHARE)


def in_turn(
    urgent: Mapping[str, _Waiting], oldest: Mapping[str, _Waiting], *, limit: int
) -> list[_Waiting]:
    """Return who goes now, by their keys.

    Args:
        urgent: the most urgent first, at most `most_urgent(limit)`.
        oldest: those that wait longest, the oldest first; urgent ones may be among
            them.
        limit: most of them.
    """
    return list({**urgent, **oldest}.values())[:limit]
