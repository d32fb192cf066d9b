"""How often one address may try to sign in and fail.

Accounts lock after a few wrong tries each; this holds whoever tries a few passwords at
many accounts, and the processor and the audit trail that each try takes.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final

from exchange.errors import ExchangeError
from exchange.http.buckets import Buckets
from schemas.errors import ErrorCode

WRONG_TRIES: Final = 60
"""At once from one address, and in each period: a whole office may be behind it."""

_SECONDS: Final = 300.0
_WRONG: Final = frozenset({ErrorCode.SIGN_IN_REFUSED, ErrorCode.IDENTITY_REFUSED})


def is_near(site: str) -> bool:
    """Tell whether somebody is on this machine, or comes through a proxy on it.

    A proxy has many behind it: it counts itself, or one of them keeps all others out.
    """
    return not site or ("/" not in site and ip_address(site).is_loopback)


class SignInGuard:
    """Counts refused tries by the address they come from, for one process.

    Args:
        clock: counts seconds, never backwards.
        is_exempt: tells of an address whether nothing is counted of it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        is_exempt: Callable[[str], bool] = is_near,
    ) -> None:
        self._wrong = Buckets(WRONG_TRIES, seconds=_SECONDS, clock=clock)
        self._is_exempt = is_exempt

    @contextmanager
    def trying(self, site: str) -> Iterator[None]:
        """Let somebody try; that nobody is signed in within the block counts.

        It counts from the beginning, or as many would be tried as come at once.

        Raises:
            ExchangeError: too many were refused from there (TOO_MANY_REQUESTS).
        """
        if self._is_exempt(site):
            yield
            return
        if not self._wrong.take(site):
            raise ExchangeError(ErrorCode.TOO_MANY_REQUESTS, place="sign-in")
        try:
            yield
        except ExchangeError as error:
            if error.code not in _WRONG:
                self._wrong.give_back(site)
            raise
        self._wrong.give_back(site)
