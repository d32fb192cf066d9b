"""Who takes too much is told when to come back; others do not notice."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import make_mocked_request

from exchange.delivery.controls_watch import ControlsWatch
from exchange.domain.roles import AccessRole
from exchange.domain.usage import day_of, seconds_left, sent_today, stored_for
from exchange.errors import ExchangeError, RetryLaterError, StorageUnavailableError
from exchange.http.metering import Meter
from exchange.http.metrics import Metrics
from exchange.http.problems import problem
from exchange.http.routes import AGENCY_ROUTES
from exchange.services import DirectoryOffice
from exchange.settings.limits import LimitSettings
from exchange.storage.memory import MemoryStorage
from exchange.usage import Usage
from exchange.usecases.switch_maintenance import begin_maintenance, end_maintenance
from schemas.errors import ErrorCode
from schemas.identifiers import OrganId, SystemId
from schemas.vocabulary import AuditEvent
from tests.support.callers import Callers, Client, asking, caller_for
from tests.support.pki import NOW
from tests.support.world import (
    COMMUNE,
    FAR_COMMUNE,
    PROVINCE,
    World,
    make_world,
    note,
)

SYSTEM = SystemId("qlvb-h99-151")
HEADERS = {"Content-Type": "application/xml"}
_THREE = LimitSettings(system_requests_per_second=3)
_REQUEST = make_mocked_request("POST", "/v1/envelopes")


@asynccontextmanager
async def two_systems(
    limits: LimitSettings,
) -> AsyncIterator[tuple[World, Client, dict[str, str], dict[str, str]]]:
    """A world, a client, and the headers of two systems."""
    world, callers = await make_world(limits=limits), Callers()
    async with asking(world, callers) as client:
        first, second = (
            callers.add(caller_for(agency, AccessRole.SYSTEM))
            for agency in (PROVINCE, COMMUNE)
        )
        yield world, client, first, second


class TestRequests:
    async def test_of_one_system_run_out_and_of_another_do_not(self) -> None:
        async with two_systems(_THREE) as (_, client, first, second):
            found = [
                (await client.get("/v1/agencies", headers=first)).status
                for _ in range(5)
            ]
            assert found == [200, 200, 200, 429, 429]
            assert (await client.get("/v1/agencies", headers=second)).status == 200

    async def test_that_a_role_may_not_make_run_out_like_all_others(self) -> None:
        world, callers = await make_world(limits=_THREE), Callers()
        async with asking(world, callers) as client:
            by = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
            found = [
                (await client.get("/v1/deliveries", headers=by)).status
                for _ in range(5)
            ]
        lines = await world.services.storage.audit.lines(limit=99)
        refused = [one for one in lines if one.event is AuditEvent.ACCESS_REFUSED]
        assert found == [403, 403, 403, 429, 429]
        assert len(refused) == 3

    async def test_that_take_documents_in_have_a_rate_of_their_own(self) -> None:
        limits = LimitSettings(system_intakes_per_second=1)
        async with two_systems(limits) as (_, client, first, _second):
            await client.post("/v1/envelopes", headers=first | HEADERS, data=b"x")
            answer = await client.post(
                "/v1/envelopes", headers=first | HEADERS, data=b"x"
            )
            assert answer.status == 429
            assert answer.headers["Retry-After"] == "1"

    @pytest.mark.parametrize(
        ("declared", "sent", "closes"),
        [(1, 1, False), (10, 1, True)],
        ids=["body-has-come", "body-is-under-way"],
    )
    async def test_that_are_too_many_leave_the_line_open_once_they_have_come(
        self, declared: int, sent: int, *, closes: bool
    ) -> None:
        limits = LimitSettings(system_intakes_per_second=1)
        async with two_systems(limits) as (_, client, first, _second):
            await client.post("/v1/envelopes", headers=first | HEADERS, data=b"x")
            ((name, value),) = first.items()
            asked = (
                f"POST /v1/envelopes HTTP/1.1\r\nHost: a\r\n{name}: {value}\r\n"
                f"Content-Type: application/xml\r\nContent-Length: {declared}\r\n\r\n"
            ).encode()
            reader, writer = await asyncio.open_connection(client.host, client.port)
            writer.write(asked + b"x" * sent)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert (b"Connection: close" in answer) is closes
            writer.close()
            assert (await client.get("/v1/agencies", headers=first)).status == 200

    async def test_are_shared_by_processes(self) -> None:
        world = await make_world(limits=LimitSettings(system_requests_per_second=4))
        route = next(one for one in AGENCY_ROUTES if not one.takes_in)
        meter = Meter(world.services, processes=2, time=lambda: 0.0)
        caller = caller_for(PROVINCE, AccessRole.SYSTEM)
        meter.admit(_REQUEST, route, caller)
        meter.admit(_REQUEST, route, caller)
        with pytest.raises(RetryLaterError):
            meter.admit(_REQUEST, route, caller)


class TestBytes:
    async def test_of_a_day_are_counted_once_and_end_with_it(self) -> None:
        world = await make_world(limits=LimitSettings(system_bytes_per_day=1))
        message = world.document(note(b"x"))
        await world.send(message)
        await world.send(message)
        name = sent_today(SYSTEM, world.clock.now)
        assert world.services.usage.used(name) == len(message.body)
        route = next(one for one in AGENCY_ROUTES if one.takes_in)
        meter, caller = Meter(world.services), await world.caller(SYSTEM)
        with pytest.raises(RetryLaterError) as refused:
            meter.admit(_REQUEST, route, caller)
        assert refused.value.code is ErrorCode.RATE_EXCEEDED
        assert refused.value.seconds == seconds_left(NOW)
        meter.admit(_REQUEST, route, await world.caller("qlvb-h99"))
        world.clock.move(days=1)
        meter.admit(_REQUEST, route, caller)

    async def test_of_an_overfull_agency_are_refused_and_of_others_taken(self) -> None:
        world = await make_world(limits=LimitSettings(agency_stored_bytes=1))
        first = world.document(note(b"x"))
        await world.send(first)
        with pytest.raises(ExchangeError) as refused:
            await world.send(world.document(note(b"y")))
        assert refused.value.code is ErrorCode.QUOTA_EXCEEDED
        assert refused.value.place == COMMUNE
        assert (await world.send(first)).repeated
        other = world.services.usage.used(stored_for(FAR_COMMUNE))
        assert other == 0

    def test_retry_after_is_told(self) -> None:
        error = RetryLaterError(ErrorCode.RATE_EXCEEDED, seconds=12.3)
        assert problem(error, occurrence="x").headers["Retry-After"] == "13"


class TestUsage:
    async def test_is_counted_by_all_processes(self) -> None:
        store = MemoryStorage().usage
        first, second = Usage(), Usage()
        name = stored_for(OrganId("H99"))
        first.add(name, 5)
        second.add(name, 7)
        assert (first.used(name), second.used(name)) == (5, 7)
        await first.tell(store)
        await second.tell(store)
        await first.tell(store)
        assert (first.used(name), second.used(name)) == (12, 12)

    async def test_is_told_at_the_end_and_once_though_the_end_came_while_telling(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = await make_world()
        store, usage = world.services.storage.usage, world.services.usage
        watch, name = ControlsWatch(world.services, Metrics()), stored_for(COMMUNE)
        begun, added, add = asyncio.Event(), asyncio.Event(), store.add

        async def added_slowly(used: Mapping[str, int]) -> None:
            await add(used)
            begun.set()
            await added.wait()

        monkeypatch.setattr(store, "add", added_slowly)
        usage.add(name, 5)
        turning = asyncio.create_task(watch.turn())
        await begun.wait()
        usage.add(name, 7)
        turning.cancel()
        asyncio.get_running_loop().call_later(0.05, added.set)
        await watch.stop()
        assert await store.totals([name]) == {name: 12}

    async def test_that_nobody_can_be_told_of_hinders_no_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(_used: Mapping[str, int]) -> None:
            raise StorageUnavailableError(ErrorCode.DATABASE_UNAVAILABLE)

        world = await make_world()
        monkeypatch.setattr(world.services.storage.usage, "add", away)
        await ControlsWatch(world.services, Metrics()).stop()

    async def test_of_past_days_is_forgotten(self) -> None:
        store = MemoryStorage().usage
        old = sent_today(SYSTEM, NOW - timedelta(days=2))
        new, kept = sent_today(SYSTEM, NOW), stored_for(COMMUNE)
        await store.add({old: 1, new: 2, kept: 3})
        assert await store.drop(before=day_of(NOW)) == 1
        assert await store.totals([old, new, kept]) == {new: 2, kept: 3}


class TestMaintenance:
    async def test_takes_nothing_in_and_lets_read(self) -> None:
        async with two_systems(LimitSettings()) as (world, client, first, _):
            office = DirectoryOffice(storage=world.services.storage, clock=world.clock)
            metrics = Metrics()
            watch = ControlsWatch(world.services, metrics)
            await begin_maintenance(office, "nâng cấp", operator="test")
            await watch.look()
            answer = await client.post(
                "/v1/envelopes", headers=first | HEADERS, data=b"x"
            )
            assert (answer.status, (await answer.json())["code"]) == (
                503,
                "maintenance",
            )
            assert answer.headers["Retry-After"] == "60"
            assert (await client.get("/v1/agencies", headers=first)).status == 200
            ready = await client.get("/health/ready")
            assert (await ready.json())["parts"] == ["maintenance"]
            assert b"lienthong_maintenance 1.0" in metrics.page()

            await end_maintenance(office, operator="test")
            await watch.look()
            answer = await client.post(
                "/v1/envelopes", headers=first | HEADERS, data=b"x"
            )
            assert answer.status < 500
            assert b"lienthong_maintenance 0.0" in metrics.page()

    async def test_begins_once(self) -> None:
        world = await make_world()
        office = DirectoryOffice(storage=world.services.storage, clock=world.clock)
        await begin_maintenance(office, "", operator="test")
        world.clock.move(minutes=5)
        again = await begin_maintenance(office, "lâu hơn", operator="test")
        assert (again.since, again.reason) == (NOW, "lâu hơn")
        assert await world.services.storage.controls.maintenance() == again

    @pytest.mark.parametrize("reason", ["a\nb", "x" * 201], ids=["line", "long"])
    async def test_reason_is_one_short_line(self, reason: str) -> None:
        world = await make_world()
        office = replace(world.services)
        with pytest.raises(ExchangeError) as refused:
            await begin_maintenance(office, reason, operator="test")
        assert refused.value.code is ErrorCode.REQUEST_INVALID
        assert await world.services.storage.controls.maintenance() is None
