"""How long bodies are kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long bodies of envelopes are kept; all else is kept for ever.

    Args:
        years: after which a body that nobody waits for is purged; 0: never.
        kinds: ``QĐ=20``: other years for a kind of document, by its abbreviation; 0:
            never.
    """

    years: float = 0.0
    kinds: tuple[str, ...] = ()
