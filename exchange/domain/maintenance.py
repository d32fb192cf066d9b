"""Maintenance: nothing is taken in, reading goes on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """Since when, and why in the operator's words."""

    since: datetime
    reason: str = ""
