"""Tokens of systems."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """Tokens of systems.

    Args:
        key_file: PEM key of the curve P-256, readable by the service alone, that
            signs tokens; without it none are given.
    """

    key_file: Path | None = None
