"""Several time stamping authorities in order of preference, those that fail left alone.

How a request travels is the caller's: a transport is handed in.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.x509 import ObjectIdentifier

from pki.errors import PkiError
from pki.trust import TrustStore
from pki.tsa.client import AskedStamp, TimeStamp, check_response
from schemas.errors import ErrorCode

_NONCE_BITS = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a server is left alone.

    Args:
        failures: so many in a row open the breaker.
        first_pause: how long it stays open at first; each further failure doubles it.
        longest_pause: but no longer than this.
    """

    failures: int = 3
    first_pause: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of one server; it changes by being replaced.

    Args:
        failures: in a row.
        open_until: until then it is not asked; afterwards one failure opens it again.
    """

    failures: int = 0
    open_until: datetime | None = None

    def allows(self, now: datetime) -> bool:
        """Tell whether the server may be asked."""
        return self.open_until is None or now >= self.open_until

    def after_failure(self, now: datetime, rules: BreakerRules) -> "Breaker":
        """Return the state after one more failure."""
        failures = self.failures + 1
        beyond = failures - rules.failures
        if beyond < 0:
            return Breaker(failures)
        # Bounded before it is raised: the count has no end.
        pause = rules.first_pause * 2 ** min(beyond, 32)
        return Breaker(failures, now + min(pause, rules.longest_pause))


class Transport(Protocol):
    """Carries a request to a server."""

    def __call__(self, address: str, request: bytes) -> bytes:
        """Return the server's response.

        Raises:
            OSError: the server cannot be reached in time, or answers with an error.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampServer:
    """One authority.

    Args:
        address: as the transport understands it.
        trust: whom to believe for it, and revocation lists.
        policy: the policy to ask for; None for any.
    """

    address: str
    trust: TrustStore
    policy: ObjectIdentifier | None = None


class TimeStampClient:
    """Asks servers in their order until one gives a stamp that holds.

    Args:
        servers: in order of preference.
        transport: carries requests.
        clock: gives the time, aware of its zone.
        rules: when a server is left alone.
    """

    def __init__(
        self,
        servers: Sequence[TimeStampServer],
        transport: Transport,
        clock: Callable[[], datetime],
        rules: BreakerRules | None = None,
    ) -> None:
        self._servers = tuple(servers)
        self._transport = transport
        self._clock = clock
        self._rules = rules or BreakerRules()
        self._breakers = [Breaker() for _ in self._servers]

    def stamp(self, digest: bytes, hash_name: str = "sha256") -> TimeStamp:
        """Have `digest` stamped.

        Raises:
            PkiError: TIME_STAMP_UNAVAILABLE; the place says why the last server
                that was asked failed.
        """
        why = "no server"
        nonce = secrets.randbits(_NONCE_BITS)
        asked = AskedStamp(digest=digest, hash_name=hash_name, nonce=nonce)
        for number, server in enumerate(self._servers):
            if not self._breakers[number].allows(self._clock()):
                continue
            try:
                stamp = self._ask(server, replace(asked, policy=server.policy))
            except (OSError, PkiError) as error:
                why = _reason(error)
                self._failed(number)
            else:
                self._breakers[number] = Breaker()
                return stamp
        raise PkiError(ErrorCode.TIME_STAMP_UNAVAILABLE, place=why)

    def replace_trust(self, trust: TrustStore) -> None:
        """Believe others for every server from now on; breakers stay as they are."""
        self._servers = tuple(replace(one, trust=trust) for one in self._servers)

    def state_of(self, address: str) -> Breaker:
        """Return the state of a server, for metrics.

        Raises:
            KeyError: there is no such server.
        """
        states = zip(self._servers, self._breakers, strict=True)
        return {server.address: state for server, state in states}[address]

    def _ask(self, server: TimeStampServer, asked: AskedStamp) -> TimeStamp:
        response = self._transport(server.address, asked.encode())
        now = self._clock()
        return check_response(response, asked, trust=server.trust, at=now)

    def _failed(self, number: int) -> None:
        breaker = self._breakers[number]
        self._breakers[number] = breaker.after_failure(self._clock(), self._rules)


def _reason(error: OSError | PkiError) -> str:
    return str(error) if isinstance(error, PkiError) else type(error).__name__
