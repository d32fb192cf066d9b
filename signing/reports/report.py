"""What a written report is made from."""

from dataclasses import dataclass
from datetime import datetime

from schemas.errors import Text
from schemas.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A verdict with the circumstances of its making.

    Args:
        name: of the file, as it was handed in.
        sha256: of the file, lower hex.
        checked_at: when it was judged.
        language: ``vi`` or ``en``, for forms that people read.
    """

    verdict: Verdict
    name: str
    sha256: str
    checked_at: datetime
    language: str = "vi"

    def say(self, text: Text) -> str:
        """Return `text` in the language of the report."""
        return text.en if self.language == "en" else text.vi
