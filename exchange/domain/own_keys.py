"""Keys of the hub whose signatures nobody would believe."""

from dataclasses import dataclass
from typing import Final

from schemas.errors import ErrorCode

RECEIPT_KEY: Final = "keys.receipt"
LOG_KEY: Final = "keys.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFault:
    """Why what one of the hub's keys signs now would be refused.

    Args:
        key: its setting.
        code: of the judgement on its certificate.
        comes_back: a revocation list or answer is missing, which needs no new key.
    """

    key: str
    code: ErrorCode
    comes_back: bool

    @property
    def stops_intake(self) -> bool:
        """Whether nothing may be taken in: its receipt would be none.

        A tree head is signed when it is asked for, so a log key may come later.
        """
        return self.key == RECEIPT_KEY and not self.comes_back
