"""The two words every decision of the exchange is told in."""

from dataclasses import dataclass

from schemas.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, and why.

    Args:
        code: the stable code.
        place: which part is meant; no payload and no personal data.
    """

    code: ErrorCode
    place: str = ""
