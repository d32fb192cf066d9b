"""Why nothing may be taken in, as this process knows it."""

from exchange.domain.maintenance import Maintenance
from exchange.domain.own_keys import KeyFault
from exchange.errors import ExchangeError, RetryLaterError
from schemas.errors import ErrorCode

_RETRY_SECONDS = 60.0


class Switches:
    """Followed by `delivery.controls_watch`; nothing is switched before its first look.

    Attributes:
        maintenance: nothing is taken in.
        is_full: so little room is left that it is kept for what was taken in before:
            its checks, receipts and log.
        key_faults: keys of the hub whose signatures would not be believed.
    """

    def __init__(self) -> None:
        self.maintenance: Maintenance | None = None
        self.is_full = False
        self.key_faults: tuple[KeyFault, ...] = ()

    def require_open(self) -> None:
        """Require that something may be taken in.

        Raises:
            ExchangeError: not during maintenance (MAINTENANCE), nor with too little
                room (STORAGE_FULL), nor where no receipt would be believed
                (HUB_KEY_NOT_BELIEVED, why is named).
        """
        if self.maintenance is not None:
            raise self._refusal(self.maintenance)
        if self.is_full:
            raise RetryLaterError(ErrorCode.STORAGE_FULL, seconds=_RETRY_SECONDS)
        for fault in self.key_faults:
            if fault.stops_intake:
                raise RetryLaterError(
                    ErrorCode.HUB_KEY_NOT_BELIEVED,
                    place=f"{fault.key}: {fault.code}",
                    seconds=_RETRY_SECONDS,
                )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Name why nothing is taken in, and keys at fault (`exchange.readiness`)."""
        held = {"maintenance": self.maintenance is not None, "room": self.is_full}
        named = (name for name, is_so in held.items() if is_so)
        return (*named, *(one.key for one in self.key_faults))

    @staticmethod
    def _refusal(maintenance: Maintenance) -> ExchangeError:
        return RetryLaterError(
            ErrorCode.MAINTENANCE, place=maintenance.reason, seconds=_RETRY_SECONDS
        )
