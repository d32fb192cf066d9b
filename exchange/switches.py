"""Why nothing may be taken in, as this process knows it."""

from exchange.domain.maintenance import Maintenance
from exchange.errors import ExchangeError, RetryLaterError
from schemas.errors import ErrorCode

_RETRY_SECONDS = 60.0


class Switches:
    """Followed by `delivery.controls_watch`; nothing is switched before its first look.

    Attributes:
        maintenance: nothing is taken in.
        is_full: so little room is left that it is kept for what was taken in before:
            its checks, receipts and log.
    """

    def __init__(self) -> None:
        self.maintenance: Maintenance | None = None
        self.is_full = False

    def require_open(self) -> None:
        """Require that something may be taken in.

        Raises:
            ExchangeError: not during maintenance (MAINTENANCE), nor with too little
                room (STORAGE_FULL).
        """
        if self.maintenance is not None:
            raise self._refusal(self.maintenance)
        if self.is_full:
            raise RetryLaterError(ErrorCode.STORAGE_FULL, seconds=_RETRY_SECONDS)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Name why nothing is taken in (`exchange.readiness`)."""
        held = {"maintenance": self.maintenance is not None, "room": self.is_full}
        return tuple(name for name, is_so in held.items() if is_so)

    @staticmethod
    def _refusal(maintenance: Maintenance) -> ExchangeError:
        return RetryLaterError(
            ErrorCode.MAINTENANCE, place=maintenance.reason, seconds=_RETRY_SECONDS
        )
