"""How an explanation is written down: both languages of each sentence together."""

from schemas.errors import Explanation, Side, Text


def explanation(
    side: Side, *, vi: str, en: str, next_vi: str, next_en: str
) -> Explanation:
    """Return what happened and what to do next."""
    return Explanation(side, message=Text(vi, en), next=Text(next_vi, next_en))
