"""What operators have switched, as this process knows it."""

from exchange.domain.maintenance import Maintenance
from exchange.errors import ExchangeError, RetryLaterError
from schemas.errors import ErrorCode

_RETRY_SECONDS = 60.0


class Switches:
    """Followed by `delivery.controls_watch`; nothing is switched before its first look.

    Attributes:
        maintenance: nothing is taken in.
    """

    def __init__(self) -> None:
        self.maintenance: Maintenance | None = None

    def require_open(self) -> None:
        """Require that something may be taken in.

        Raises:
            ExchangeError: not during maintenance (MAINTENANCE).
        """
        if self.maintenance is not None:
            raise self._refusal(self.maintenance)

    @staticmethod
    def _refusal(maintenance: Maintenance) -> ExchangeError:
        return RetryLaterError(
            ErrorCode.MAINTENANCE, place=maintenance.reason, seconds=_RETRY_SECONDS
        )
