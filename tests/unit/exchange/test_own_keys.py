"""A hub whose receipts nobody would believe takes nothing in, and says why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exchange.delivery.controls_watch import ControlsWatch
from exchange.domain.own_keys import LOG_KEY, RECEIPT_KEY
from exchange.errors import ExchangeError
from exchange.http.metrics import Metrics
from exchange.own_keys import key_faults
from exchange.services import Services
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from tests.support.world import PkiTrust, World, make_world


@pytest.fixture
async def world() -> World:
    return await make_world()


def looked_at(services: Services) -> Services:
    ControlsWatch(services, Metrics()).look_at_keys()
    return services


def with_receipt_key(world: World, credential: Credential) -> Services:
    hub = replace(world.services.hub, receipt=credential)
    return replace(world.services, hub=hub)


def refusal(services: Services) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        services.switches.require_open()
    return caught.value


async def test_sound_keys_take_in(world: World) -> None:
    services = looked_at(world.services)

    services.switches.require_open()

    assert await services.check() == ()


async def test_key_of_another_kind_signs_no_receipts(world: World) -> None:
    services = looked_at(with_receipt_key(world, world.services.hub.log))

    error = refusal(services)

    assert error.code is ErrorCode.HUB_KEY_NOT_BELIEVED
    assert error.place == f"{RECEIPT_KEY}: certificate_usage_wrong"
    assert await services.check() == (RECEIPT_KEY,)


async def test_key_whose_certificate_has_ended_signs_no_receipts(world: World) -> None:
    services = world.services
    end = services.hub.receipt.certificate.not_valid_after_utc
    world.clock.now = end + timedelta(seconds=1)

    error = refusal(looked_at(services))

    assert error.code is ErrorCode.HUB_KEY_NOT_BELIEVED
    assert LOG_KEY in await services.check()


async def test_list_that_is_late_needs_no_new_key_and_is_told(world: World) -> None:
    world.clock.move(hours=24 * 60)

    services = looked_at(world.services)

    services.switches.require_open()
    assert await services.check() == (RECEIPT_KEY, LOG_KEY)


async def test_key_that_is_mended_takes_in_again(world: World) -> None:
    services = looked_at(with_receipt_key(world, world.services.hub.log))
    mended = replace(services, hub=world.services.hub)

    looked_at(mended)

    mended.switches.require_open()


async def test_hub_without_roots_judges_nobody_and_so_not_itself(world: World) -> None:
    services = with_receipt_key(world, world.services.hub.log)
    trust = PkiTrust(world.pki)
    trust.material = replace(trust.material, roots=())

    assert key_faults(services.hub, trust, services.now()) == ()


async def test_end_of_a_key_is_told_before_nothing_is_taken_in(world: World) -> None:
    metrics, hub = Metrics(), world.services.hub

    ControlsWatch(world.services, metrics).look_at_keys()

    for key, credential in ((RECEIPT_KEY, hub.receipt), (LOG_KEY, hub.log)):
        end = credential.certificate.not_valid_after_utc.timestamp()
        assert told_end(metrics, key) == end


def told_end(metrics: Metrics, key: str) -> float:
    gauge = f'lienthong_hub_key_end{{key="{key}"}} '
    lines = metrics.page().decode().splitlines()
    (line,) = (one for one in lines if one.startswith(gauge))
    return float(line.removeprefix(gauge))
