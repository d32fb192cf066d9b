"""By which rules signatures are judged."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationSettings:
    """By which rules signatures are judged.

    Args:
        policy: the validation policy, a TOML file; read again when it changes. Without
            it the usual rules hold.
    """

    policy: Path | None = None
