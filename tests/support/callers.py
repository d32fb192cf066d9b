"""Callers of every role, named by a header in place of their credentials."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from exchange.app import create_app
from exchange.domain.parties import ActsFor, System
from exchange.domain.roles import AccessRole
from exchange.http.auth import Authenticator
from exchange.http.keys import AUTHENTICATOR, METER
from exchange.http.metering import Meter
from exchange.http.route import Route
from exchange.services import Caller
from exchange.settings.server import AuthMode
from schemas.identifiers import OrganId, SystemId
from tests.support.pki import NOW
from tests.support.world import World

HEADER = "Test-Caller"
_STREAM = "text/event-stream"
_DAYS = {"from": "2026-01-01", "to": "2026-12-31"}
_PERIODS = {
    "readIncomingRegister": _DAYS,
    "readOutgoingRegister": _DAYS,
    "readStatistics": {"from": "2026-01", "to": "2026-12"},
}
"""What these routes cannot be asked without."""
Client = TestClient[web.Request, web.Application]


@dataclass(slots=True)
class Callers:
    """Who is known; `add` gives the header that names one."""

    known: dict[str, Caller] = field(default_factory=dict)

    def add(self, caller: Caller) -> dict[str, str]:
        name = str(len(self.known))
        self.known[name] = caller
        return {HEADER: name}


class NamedCallers(Authenticator):
    """Knows callers by a header; what they may do is decided as always."""

    def __init__(self, world: World, callers: Callers) -> None:
        super().__init__(world.services, mode=AuthMode.MUTUAL_TLS)
        self._callers = callers

    async def caller(self, request: web.Request) -> Caller:
        return self._callers.known[request.headers[HEADER]]


@asynccontextmanager
async def asking(world: World, callers: Callers) -> AsyncIterator[Client]:
    """A client of the agency interface, without TLS; no bucket fills up again."""
    app = create_app(world.services, owner=None)
    app[AUTHENTICATOR] = NamedCallers(world, callers)
    app[METER] = Meter(world.services, time=lambda: 0.0)
    async with TestClient(TestServer(app)) as client:
        yield client


def caller_for(
    agency: OrganId | None, role: AccessRole, *, ended: bool = False
) -> Caller:
    """Somebody who acts for an agency, or did until a moment ago."""
    until = NOW - timedelta(seconds=1) if ended else None
    rights = (ActsFor(agency, NOW - timedelta(days=30), until),) if agency else ()
    system = System(
        system_id=SystemId(f"{role}-{agency}-{ended}"),
        name="",
        certificates=frozenset(),
        acts_for=rights,
        may_channel=True,
    )
    audits_all = role is AccessRole.AUDITOR and agency is None
    return Caller(system=system, role=role, audits_all=audits_all)


async def ask(
    client: Client,
    route: Route,
    envelope_id: str,
    *,
    agency: OrganId,
    by: dict[str, str],
) -> ClientResponse:
    """Make the call of a route, about an envelope and for an agency."""
    words = {"id": envelope_id, "n": 1, "code": agency, "name": "hop"}
    path = route.path.format(**words, digest="0" * 64)
    asked = {one.name for one in route.query}
    period = _PERIODS.get(route.operation_id, {})
    parameters = {**period, **({"agency": agency} if "agency" in asked else {})}
    body = b"{}" if route.request else None
    headers = {**by, "Content-Type": "application/json"} if body else by
    return await client.request(
        route.method,
        path,
        params=parameters,
        data=body,
        headers=headers,
    )


async def content_of(answer: ClientResponse) -> bytes:
    """The answer, or of one that has no end its beginning."""
    if answer.content_type != _STREAM:
        return await answer.read()
    begun = await answer.content.readany()
    answer.close()
    return begun
