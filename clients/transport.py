"""HTTP to the hub over mutual TLS, with retries of identical bytes.

Retried: no connection, time-outs, 408, 429, 502, 503, 504. Never retried: any other
refusal, since the same bytes would be refused again, and a hub whose certificate is
not believed. An answer that breaks off goes on where it ended, if the hub lets it; what
brought something is no failed attempt.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from clients.clock import utc_now
from clients.errors import ClientError, Problem, RefusedError, UnreachableError
from clients.movement import Movement, WatchedBody
from clients.own_certificate import not_held
from clients.resuming import Arrived
from pki.files import read_private_file
from schemas.edxml.content_type import media_type
from schemas.errors import ErrorCode

_TRANSIENT = frozenset({408, 429, 502, 503, 504})
_EVENTS = "text/event-stream"
_PROBLEM = "application/problem+json"
_IDLE_SECONDS = 60.0
"""A hub keeps an idle connection for 75 s: a new one costs both sides a handshake."""

_AT_ONCE = 16
"""Requests under way to one hub; what waits for news takes none of these places."""

_SILENCE_SECONDS = 60.0
"""A hub sends at least a comment much more often."""

_PIECE = 1 << 20

_NONE = aiohttp.ClientTimeout(total=None)
"""Of aiohttp; ours are of silence, where a total would be one of size."""

_UNREACHED = (
    aiohttp.ClientConnectionError,
    aiohttp.ClientPayloadError,
    aiohttp.ClientResponseError,  # what answers does not speak HTTP
    TimeoutError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAddress:
    """Where the hub is and what this system shows it.

    Args:
        url: ``https://host:port``.
        authority: PEM of the certificates that vouch for the hub's TLS certificate.
        certificate: PEM of this system's client certificate with its issuers.
        key: PEM of its private key.
        passphrase: of the key, if it is encrypted.
    """

    url: str
    authority: Path
    certificate: Path
    key: Path
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently to try again; seconds.

    Args:
        timeout: of silence, after which an attempt is given up; what moves goes on.
    """

    attempts: int = 5
    first_pause: float = 0.5
    longest_pause: float = 5.0
    timeout: float = 120.0

    def pause(self, attempt: int, *, asked: float = 0.0) -> float:
        """Return the pause after the failed `attempt` (1-based).

        Args:
            attempt: which one failed.
            asked: what the hub asks for (Retry-After).
        """
        doubled: float = self.first_pause * 2.0 ** (attempt - 1)
        return min(max(doubled, asked), self.longest_pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; the same object is sent on every attempt.

    Args:
        waits: for news, which may be long: it holds no place of other requests.
        is_part: whoever asks will send less of it after a break, and so it is not
            sent again as it is.
        told: is told how many bytes of the answer came.
        arrived: what an earlier request brought of the same answer, and where what
            this one brings is kept.
    """

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    is_part: bool = False
    told: Callable[[int], object] | None = None
    arrived: Arrived | None = None

    @property
    def reads(self) -> bool:
        """Whether it asks for the whole of something, which may come in parts."""
        return self.method == "GET" and "Range" not in self.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A successful answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _NotNow:
    """No answer, or one that says later.

    Args:
        problem: what the hub says, if it does.
        asked: the seconds it asks to wait.
        was_reached: somebody is there: some of a body was taken, or an answer came.
    """

    problem: Problem | None = None
    asked: float = 0.0
    was_reached: bool = True


def client_tls(address: HubAddress) -> ssl.SSLContext:
    """Build the TLS context: the hub's authority alone, TLS 1.2 or newer.

    Raises:
        PkiError: the private key is unreadable, or open to others.
        ClientError: a certificate is unreadable, or not the key's
            (CONFIGURATION_INVALID, the file is named).
    """
    # Read for its check alone: OpenSSL takes a path and asks nothing.
    read_private_file(address.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with _naming(address.authority):
        context.load_verify_locations(cafile=str(address.authority))
    with _naming(address.certificate):
        # A passphrase that is never asked for: OpenSSL would ask at the terminal.
        context.load_cert_chain(
            str(address.certificate), str(address.key), address.passphrase or ""
        )
    return context


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file that OpenSSL could not use."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ClientError(ErrorCode.CONFIGURATION_INVALID, place=path.name) from error


class Transport:
    """Kept-alive connections to one hub, no more than are of use.

    Args:
        address: of the hub.
        retry: how often and how patiently.
        clock: the time at which this system's own certificate has to hold.
    """

    def __init__(
        self,
        address: HubAddress,
        *,
        retry: RetryPolicy | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._address = address
        self._retry = retry or RetryPolicy()
        self._clock = clock
        # Not the connector's limit: queueing there would count as a slow answer, and
        # streams would leave no connection to the others.
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(
            base_url=self._address.url,
            connector=aiohttp.TCPConnector(
                ssl=client_tls(self._address),
                limit=0,
                keepalive_timeout=_IDLE_SECONDS,
            ),
            timeout=_NONE,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: Request) -> Response:
        """Send `request` until it is answered for good.

        Raises:
            RefusedError: the hub refused.
            UnreachableError: no attempt was answered, or the hub takes nothing for now,
                or its certificate is not believed (HUB_NOT_RECOGNISED), or this
                system's own does not hold now (CLIENT_CERTIFICATE_REFUSED).
        """
        arrived = request.arrived or Arrived()
        failed, was_reached = 0, False
        while True:
            before = arrived.furthest
            async with nullcontext() if request.waits else self._places:
                answer = await self._attempt(request, arrived)
            if isinstance(answer, Response):
                return answer
            has_moved = arrived.can_go_on and arrived.furthest > before
            failed = 1 if has_moved else failed + 1
            was_reached |= answer.was_reached
            if failed >= self._attempts(request, answer):
                raise self._unanswered(request, answer.problem, was_reached=was_reached)
            await asyncio.sleep(self._retry.pause(failed, asked=answer.asked))

    def _attempts(self, request: Request, answer: _NotNow) -> int:
        has_broken = answer.problem is None
        return 1 if request.is_part and has_broken else self._retry.attempts

    def _unanswered(
        self, request: Request, problem: Problem | None, *, was_reached: bool
    ) -> UnreachableError:
        own = not_held(self._address.certificate, self._clock())
        if own and problem is None:
            refused = ErrorCode.CLIENT_CERTIFICATE_REFUSED
            return UnreachableError(place=own, code=refused)
        place = f"{request.method} {request.path}"
        return UnreachableError(place=place, problem=problem, was_reached=was_reached)

    async def events(self, request: Request) -> AsyncIterator[str]:
        """Yield the data of the events of one stream, until the hub ends it.

        Raises:
            RefusedError: the hub refused, or answers with something else.
            UnreachableError: it is not there, or has gone silent.
        """
        if self._session is None:
            raise UnreachableError(place="transport is not open")
        silence = aiohttp.ClientTimeout(total=None, sock_read=_SILENCE_SECONDS)
        try:
            async with self._session.request(
                request.method,
                request.path,
                headers={**request.headers, "Accept": _EVENTS},
                params=dict(request.parameters),
                allow_redirects=False,
                timeout=silence,
            ) as answer:
                kind = media_type(answer.headers.get("Content-Type", ""))
                if answer.status != HTTPStatus.OK or kind != _EVENTS:
                    raise RefusedError(_problem_of(answer, await answer.read()))
                async for data in _data_of(answer.content):
                    yield data
        except aiohttp.ClientConnectorCertificateError as error:
            raise _not_recognised(error) from error
        except (*_UNREACHED, ValueError) as error:
            raise UnreachableError(place=request.path) from error

    async def _attempt(self, request: Request, arrived: Arrived) -> Response | _NotNow:
        if self._session is None:
            raise UnreachableError(place="transport is not open")
        movement = Movement(self._retry.timeout)
        try:
            async with (
                movement,
                self._session.request(
                    request.method,
                    request.path,
                    headers={**request.headers, **_rest_of(request, arrived)},
                    data=_body_for(request, movement),
                    params=dict(request.parameters),
                    allow_redirects=False,
                ) as answer,
            ):
                body = await _body_of(answer, movement, request, arrived)
                if body is None:
                    return _NotNow()
        except aiohttp.ClientConnectorCertificateError as error:
            raise _not_recognised(error) from error
        except _UNREACHED:
            return _NotNow(was_reached=movement.has_moved)
        return _outcome(answer, body, request, arrived)


def _outcome(
    answer: aiohttp.ClientResponse, body: bytes, request: Request, arrived: Arrived
) -> Response | _NotNow:
    """Tell a success from what may be one later.

    Raises:
        RefusedError: it is neither.
    """
    status = answer.status
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and arrived.size:
        arrived.refuse()
        return _NotNow()
    if status in _TRANSIENT:
        return _NotNow(_problem_of(answer, body), _asked_of(answer))
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        raise RefusedError(_problem_of(answer, body))
    if status == HTTPStatus.PARTIAL_CONTENT and request.reads:
        if arrived.is_short:
            return _NotNow()
        status = HTTPStatus.OK  # what came in parts is whole here
    return Response(status=status, headers=answer.headers, body=body)


def _rest_of(request: Request, arrived: Arrived) -> Mapping[str, str]:
    return arrived.headers() if request.reads else {}


def _not_recognised(
    error: aiohttp.ClientConnectorCertificateError,
) -> UnreachableError:
    """Say what is wrong with a certificate, in the words of OpenSSL."""
    place = getattr(error.certificate_error, "verify_message", "")
    return UnreachableError(place=place, code=ErrorCode.HUB_NOT_RECOGNISED)


def _asked_of(answer: aiohttp.ClientResponse) -> float:
    """Return the seconds of Retry-After; of a date, and of nonsense, none."""
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else 0.0


def _body_for(request: Request, movement: Movement) -> WatchedBody | None:
    """Return the body, new for every attempt."""
    return None if request.body is None else WatchedBody(request.body, movement)


async def _body_of(
    answer: aiohttp.ClientResponse,
    movement: Movement,
    request: Request,
    arrived: Arrived,
) -> bytes | None:
    """Read an answer, the whole of what came in parts; None of a part of no use."""
    is_kept = request.reads and answer.status < HTTPStatus.MULTIPLE_CHOICES
    kept = arrived if is_kept else Arrived()
    if is_kept and not kept.begin(answer.status, answer.headers):
        return None
    async for piece in answer.content.iter_chunked(_PIECE):
        movement.goes_on()
        kept.add(piece)
        if request.told is not None:
            request.told(kept.size)
    return kept.content


async def _data_of(lines: aiohttp.StreamReader) -> AsyncIterator[str]:
    """Yield what stands in the `data` lines of events (HTML, server-sent events)."""
    async for line in lines:
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name == "data":
            yield value


def _problem_of(answer: aiohttp.ClientResponse, body: bytes) -> Problem:
    kind = answer.headers.get("Content-Type", "")
    return read_problem(answer.status, body, content_type=kind)


def read_problem(status: int, body: bytes, *, content_type: str) -> Problem:
    """Read a problem document; a foreign answer gives an unnamed problem.

    Gateways have codes of their own in JSON of their own (RFC 9457 names its type).
    """
    fields = _fields_of(body) if media_type(content_type) == _PROBLEM else {}
    return Problem(
        status=status,
        code=_text(fields, "code"),
        side=_text(fields, "side"),
        place=_text(fields, "place"),
        message_vi=_text(fields, "message", "vi"),
        message_en=_text(fields, "message", "en"),
        next_vi=_text(fields, "next", "vi"),
        next_en=_text(fields, "next", "en"),
    )


def _fields_of(body: bytes) -> Mapping[str, object]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(fields: Mapping[str, object], *path: str) -> str:
    found: object = fields
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
