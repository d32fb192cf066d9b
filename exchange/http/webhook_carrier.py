"""Posts notices to webhooks: one address, no redirects, little patience."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from exchange.domain.decisions import Refuse
from exchange.domain.notices import Attempt, Notice, Outcome, Subscription
from exchange.domain.webhooks import Target, TargetPolicy, may_connect, read_target
from exchange.errors import ExchangeError
from exchange.services import Services
from exchange.usecases.signed_notices import NoticeRequest, notice_request
from schemas.errors import CodedError, ErrorCode

_SECONDS = 15.0
_LOOK_UPS = 32
"""Names looked up at once: one that nobody answers for outlasts its attempt, so there
are more than attempts; a thread that is not needed is not there."""

_AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Refusals that are about now, not about the notice."""


class _Pinned(AbstractResolver):
    """Leads to the addresses that were checked, whatever the name says by now."""

    def __init__(self, checked: Sequence[tuple[str, int]]) -> None:
        self._checked = checked

    async def resolve(
        self, host: str, port: int = 0, family: int = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        del family
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=version,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address, version in self._checked
        ]

    async def close(self) -> None:
        """Nothing is open."""


class WebhookCarrier:
    """Posts notices.

    Args:
        policy: where endpoints may be.
        anchors: PEM files of the roots believed of them; the system's are not.

    Raises:
        ExchangeError: an anchor is unreadable (CONFIGURATION_INVALID).
    """

    def __init__(self, policy: TargetPolicy, anchors: Sequence[Path] = ()) -> None:
        self._policy = policy
        self._tls = tls_of(anchors)
        # Its own: looking up a name that does not resolve holds a thread for half a
        # minute, and everybody else's are needed to take letters in. Those of a
        # carrier that is forgotten end by themselves.
        self._look_ups = ThreadPoolExecutor(_LOOK_UPS, "webhook names")

    async def carry(
        self, services: Services, notice: Notice, subscription: Subscription
    ) -> Attempt:
        """Try once; the answer's body is not read."""
        now = services.now()
        target = read_target(subscription.url, self._policy)
        if isinstance(target, Refuse):
            return Attempt(now, Outcome.REFUSED, f"target {target.place}")
        try:
            request = notice_request(services.hub, notice, subscription, now=now)
            async with asyncio.timeout(_SECONDS):
                checked = await self._addresses(target)
                if not checked:
                    return Attempt(now, Outcome.REFUSED, "address")
                status = await self._post(request, _Pinned(checked))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return Attempt(now, Outcome.FAILED, type(error).__name__)
        except CodedError as error:
            return Attempt(now, Outcome.FAILED, error.code)
        return Attempt(now, outcome_of(status), str(status))

    async def _addresses(self, target: Target) -> list[tuple[str, int]]:
        """Resolve once; all a name leads to must be fit to connect to, or none is."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._look_ups, _found_addresses, target
        )
        is_listed = self._policy.lists(target)
        if all(may_connect(one, is_listed=is_listed) for one, _ in found):
            return found
        return []

    async def _post(self, request: NoticeRequest, resolver: _Pinned) -> int:
        connector = aiohttp.TCPConnector(
            resolver=resolver, use_dns_cache=False, ssl=self._tls, force_close=True
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "lienthong"},
            ) as session,
            session.post(
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as answer,
        ):
            return answer.status


def _found_addresses(target: Target) -> list[tuple[str, int]]:
    """Ask what a name leads to; this blocks."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return [(str(one[4][0]), int(one[0])) for one in found]


def outcome_of(status: int) -> Outcome:
    """Tell what a status means: done, never, or another time."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome.DONE
    if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.FAILED
    return Outcome.REFUSED


def tls_of(anchors: Sequence[Path]) -> ssl.SSLContext:
    """Return TLS 1.2 or newer that believes these roots and no others.

    Raises:
        ExchangeError: one is unreadable (CONFIGURATION_INVALID).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in anchors:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ValueError) as error:
            place = f"notices.anchors: {path.name}"
            raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
    return context
