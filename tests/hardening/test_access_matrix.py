"""Every route × every role × own, other, former agency; made from the route table."""

import json
from itertools import product

import pytest
from aiohttp import ClientResponse, web
from structlog.testing import capture_logs

from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.http import health
from exchange.http.route import Route
from exchange.http.routes import AGENCY_ROUTES, add_routes
from schemas.edxml.document import Organisation
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId
from schemas.vocabulary import AuditEvent
from tests.support.callers import (
    Callers,
    Client,
    ask,
    asking,
    caller_for,
    content_of,
)
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    MINISTRY,
    PROVINCE,
    World,
    make_world,
    note,
)

MARK = b"NOI-DUNG-RIENG-5523"
RELATIONS = {
    "own": (PROVINCE, False),
    "other": (FAR_COMMUNE, False),
    "former": (PROVINCE, True),
}
READ_BY_OWN = {
    "readInbox": 200,
    "readEnvelope": 200,
    "readAttachment": 200,
    "readReceipt": 200,
    "traceEnvelope": 200,
    "listAgencies": 200,
    "readAgency": 200,
    "readLogHead": 200,
    "listRecipientLists": 200,
    "listDelegations": 200,
    "readOutbox": 200,
    "followInbox": 200,
    "readIncomingRegister": 200,
    "readOutgoingRegister": 200,
    "readStatistics": 200,
    "listOverdue": 200,
    "listWebhooks": 200,
    "readEncryptionCertificate": 404,
}
"""What a recipient gets of what is there, where its role may ask at all."""

OF_ALL = {"listAgencies", "readAgency", "readEncryptionCertificate", "readLogHead"}
"""What is the same for all agencies."""


async def sent(world: World, *recipients: OrganId) -> str:
    message = world.document(
        note(MARK), recipients=tuple(Organisation(organ_id=one) for one in recipients)
    )
    accepted = await world.send(message)
    await world.deliver()
    return accepted.envelope.envelope_id


async def code_of(answer: ClientResponse) -> str:
    if answer.method == "HEAD":
        # Its refusal has no body to say why.
        return "role_not_allowed" if answer.status == 403 else ""
    is_problem = answer.content_type == "application/problem+json"
    return str(json.loads(await answer.read())["code"]) if is_problem else ""


@pytest.mark.parametrize("route", AGENCY_ROUTES, ids=lambda one: one.operation_id)
async def test_route_answers_only_whom_it_allows_and_only_of_their_own(
    route: Route,
) -> None:
    world, callers = await make_world(), Callers()
    envelope_id = await sent(world, PROVINCE, MINISTRY)
    async with asking(world, callers) as client:
        for role, (relation, (agency, ended)) in product(AccessRole, RELATIONS.items()):
            who = (role, relation)
            by = callers.add(caller_for(agency, role, ended=ended))
            answer = await ask(client, route, envelope_id, agency=agency, by=by)
            code, content = await code_of(answer), await content_of(answer)
            if role not in route.allowed:
                assert (answer.status, code) == (403, "role_not_allowed"), who
                continue
            assert code != "role_not_allowed", who
            if relation == "own" or route.operation_id in OF_ALL:
                expected = READ_BY_OWN.get(route.operation_id, answer.status)
                assert answer.status == expected, (*who, code)
                continue
            assert MARK not in content, who
            assert code or envelope_id.encode() not in content, who
            if "{id}" in route.path:
                # Bodies are empty here, so a refusal may also be about those.
                assert answer.status >= 400, who
                if route.operation_id in READ_BY_OWN:
                    hidden = {"envelope_not_found", "agency_not_acted_for"}
                    assert code in hidden, who


@pytest.mark.parametrize(
    "route",
    [one for one in AGENCY_ROUTES if any(each.name == "agency" for each in one.query)],
    ids=lambda one: one.operation_id,
)
async def test_nobody_names_an_agency_that_is_not_theirs(route: Route) -> None:
    world, callers = await make_world(), Callers()
    envelope_id = await sent(world, PROVINCE, MINISTRY)
    async with asking(world, callers) as client:
        for role in route.allowed:
            for ended in (False, True):
                own = MINISTRY if ended else PROVINCE
                by = callers.add(caller_for(own, role, ended=ended))
                answer = await ask(client, route, envelope_id, agency=MINISTRY, by=by)
                content = await content_of(answer)
                assert answer.status >= 400, (role, ended)
                assert MARK not in content, (role, ended)


async def test_refused_role_is_audited_by_route_and_caller() -> None:
    world, callers = await make_world(), Callers()
    envelope_id = await sent(world, PROVINCE)
    caller = caller_for(PROVINCE, AccessRole.OPERATOR)
    async with asking(world, callers) as client:
        await client.get(f"/v1/envelopes/{envelope_id}", headers=callers.add(caller))

    (line, *_) = await world.services.storage.audit.lines(limit=1)
    assert line.event is AuditEvent.ACCESS_REFUSED
    assert line.code is ErrorCode.ROLE_NOT_ALLOWED
    assert (line.actor, line.subject) == (caller.system.system_id, "readEnvelope")


@pytest.mark.parametrize(
    ("role", "named"),
    [(AccessRole.SYSTEM, "system-H99-False"), (AccessRole.CLERK, "clerk")],
    ids=["system", "person"],
)
async def test_access_log_names_systems_and_of_people_the_role(
    role: AccessRole, named: str
) -> None:
    world, callers = await make_world(), Callers()
    by = callers.add(caller_for(PROVINCE, role))
    async with asking(world, callers) as client:
        with capture_logs() as logs:
            await client.get("/v1/agencies", headers=by)
    assert [one["system"] for one in logs if one["event"] == "http.request"] == [named]


async def access_lines(
    path: str, role: AccessRole = AccessRole.SYSTEM
) -> tuple[dict[str, object], dict[str, object]]:
    """Ask once; return the one line that is logged, and what was answered."""
    world, callers = await make_world(), Callers()
    by = callers.add(caller_for(PROVINCE, role))
    async with asking(world, callers) as client:
        with capture_logs() as logs:
            answer = await client.get(path, headers=by)
            content = await answer.read()
    (line,) = [dict(one) for one in logs if one["event"] == "http.request"]
    is_json = answer.content_type.endswith("json")
    return line, {"size": len(content), **(json.loads(content) if is_json else {})}


async def test_access_line_says_who_asked_what_for_whom_and_how_much() -> None:
    line, answer = await access_lines(f"/v1/inbox?agency={PROVINCE}")

    assert float(str(line.pop("milliseconds"))) >= 0
    assert line.pop("request")
    assert line == {
        "event": "http.request",
        "log_level": "info",
        "operation": "readInbox",
        "status": 200,
        "code": "",
        "bytes_in": 0,
        "bytes_out": answer["size"],
        "system": "system-H99-False",
        "agency": PROVINCE,
    }


async def test_refusal_and_its_access_line_carry_one_name_and_code() -> None:
    line, answer = await access_lines("/v1/inbox?agency=H99.nobody-with-this-name")

    assert answer["instance"] == f"urn:lienthong:occurrence:{line['request']}"
    assert line["code"] == answer["code"]
    assert line["agency"] == ""
    assert "nobody-with-this-name" not in str(line)


async def test_access_line_of_a_person_names_no_agency() -> None:
    line, _ = await access_lines("/v1/agencies", AccessRole.CLERK)

    assert (line["system"], line["agency"]) == ("clerk", "")


@pytest.mark.parametrize(
    ("allowed", "is_open"),
    [(frozenset[AccessRole](), False), (frozenset(AccessRole), True)],
    ids=["nobody", "both"],
)
def test_route_that_does_not_say_whom_it_allows_stops_the_start(
    allowed: frozenset[AccessRole], *, is_open: bool
) -> None:
    route = Route(
        method="GET",
        path="/v1/new",
        operation_id="newRoute",
        summary="",
        handler=health.live,
        allowed=allowed,
        is_open=is_open,
    )
    with pytest.raises(ExchangeError) as refused:
        add_routes(web.Application(), (route,))
    assert refused.value.place == "newRoute"


class TestOverseers:
    """Those who see states and steps, and no document."""

    async def states(self, client: Client, envelope_id: str, by: dict[str, str]) -> int:
        answer = await client.get(f"/v1/envelopes/{envelope_id}/trace", headers=by)
        return len((await answer.json()).get("deliveries", ()))

    async def test_agency_above_all_parties_sees_all_states_and_no_document(
        self,
    ) -> None:
        world, callers = await make_world(), Callers()
        envelope_id = await sent(world, FAR_COMMUNE)
        by = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
        async with asking(world, callers) as client:
            assert await self.states(client, envelope_id, by) == 1
            for part in ("", "/attachments/1", "/evidence"):
                answer = await client.get(
                    f"/v1/envelopes/{envelope_id}{part}", headers=by
                )
                assert await code_of(answer) == "payload_not_allowed"

    async def test_recipient_above_the_others_sees_their_states_too(self) -> None:
        world, callers = await make_world(), Callers()
        envelope_id = await sent(world, PROVINCE, FAR_COMMUNE)
        province = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
        commune = callers.add(caller_for(FAR_COMMUNE, AccessRole.SYSTEM))
        async with asking(world, callers) as client:
            assert await self.states(client, envelope_id, province) == 2
            assert await self.states(client, envelope_id, commune) == 1

    async def test_agency_above_some_parties_sees_its_own_alone(self) -> None:
        world, callers = await make_world(), Callers()
        envelope_id = await sent(world, PROVINCE, MINISTRY)
        by = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
        async with asking(world, callers) as client:
            assert await self.states(client, envelope_id, by) == 1

    @pytest.mark.parametrize(
        ("agency", "states"),
        [(None, 2), (COMMUNE, 2), (PROVINCE, 1), (FAR_COMMUNE, 0)],
        ids=["hub", "sender", "recipient", "stranger"],
    )
    async def test_auditor_sees_states_of_its_scope_and_no_document(
        self, agency: OrganId | None, states: int
    ) -> None:
        world, callers = await make_world(), Callers()
        envelope_id = await sent(world, PROVINCE, MINISTRY)
        by = callers.add(caller_for(agency, AccessRole.AUDITOR))
        async with asking(world, callers) as client:
            assert await self.states(client, envelope_id, by) == states
            for part in ("", "/attachments/1", "/evidence"):
                answer = await client.get(
                    f"/v1/envelopes/{envelope_id}{part}", headers=by
                )
                assert await code_of(answer) == "role_not_allowed"
