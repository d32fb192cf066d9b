"""What the table of routes is made of."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from exchange.domain.roles import AccessRole

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter of the query."""

    name: str
    summary: str
    required: bool = False
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation.

    Args:
        path: as OpenAPI writes it.
        request: media types of the body; none when there is no body.
        allowed: who may call it; nobody, unless it says so or `is_open`.
        answers: media type of each status.
        also: further media types that Accept may ask for, in a good answer.
        query: parameters of the query.
        is_open: whether it answers callers without a certificate.
        is_transfer: whether large bodies travel, which takes time.
        takes_in: whether it brings documents in: not during maintenance, and with a
            rate of its own.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    handler: Handler
    allowed: frozenset[AccessRole] = frozenset()
    answers: Mapping[int, str] = field(default_factory=dict)
    request: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    query: tuple[Query, ...] = ()
    is_open: bool = False
    is_transfer: bool = False
    takes_in: bool = False
