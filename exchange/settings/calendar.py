"""When public bodies work, and what is expected of them by when."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSettings:
    """Working days and hours; Vietnamese time.

    Args:
        file: days off and swapped days of whole years, in the form of
            ``exchange/holidays/vietnam.toml``; replaces those years.
        begin: when a working day begins.
        morning_end: when its morning ends.
        end: when it ends; what arrives later is the next working day's.
    """

    file: Path | None = None
    begin: str = "07:30"
    morning_end: str = "12:00"
    end: str = "17:00"
