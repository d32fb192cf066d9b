"""Errors of the exchange."""

from collections.abc import Collection

from schemas.errors import CodedError, ErrorCode


class ExchangeError(CodedError):
    """The exchange refuses, or cannot do, what it was asked."""


class StateConflictError(ExchangeError):
    """What is stored is no longer in the state the change starts from.

    Nothing was stored; whoever asked may read again and decide anew.
    """


class BodyMissingError(ExchangeError):
    """The body an acceptance names is not there for it.

    Nothing was stored. What was uploaded may have been taken, or removed, meanwhile.
    """


class RetryLaterError(ExchangeError):
    """Not now; the same request may be repeated later.

    Args:
        seconds: after which time.
    """

    def __init__(self, code: ErrorCode, *, place: str = "", seconds: float) -> None:
        super().__init__(code, place=place)
        self.seconds = seconds


class MethodNotAllowedError(ExchangeError):
    """What is asked for is there, by other methods.

    Args:
        allowed: by these.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        super().__init__(ErrorCode.METHOD_NOT_ALLOWED)
        self.allowed = allowed


class StorageUnavailableError(ExchangeError):
    """The database did not answer in time; whether it stored is not known.

    Repeating the call with the same ids is safe.
    """
