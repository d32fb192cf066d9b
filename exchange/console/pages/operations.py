"""The dashboard of operators, and the switch of maintenance."""

from collections.abc import Sequence

from aiohttp import web

from exchange.certification.office import CaOffice
from exchange.console.chart import chart_of
from exchange.console.forms import fields_of
from exchange.console.health import Parts, concerns_of
from exchange.console.pages.deliveries import whole_hub
from exchange.console.rendering import is_part, page, see_other, visitor_of
from exchange.console.station import Station, station_of
from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of
from exchange.usecases.check_parts import CheckedPart, check_parts
from exchange.usecases.hub_health import (
    followed_lists,
    growth,
    last_log_audit,
    log_head,
)
from exchange.usecases.look_after_deliveries import MOST_COUNTED, count_waiting
from exchange.usecases.switch_maintenance import begin_maintenance, end_maintenance
from exchange.usecases.traffic import traffic
from pki.registration.expiry import Expiry, ending
from schemas.catalogue import explain
from schemas.errors import CodedError, ErrorCode
from schemas.vocabulary import Level

_PATH = "/operations"


async def dashboard(request: web.Request) -> web.StreamResponse:
    """Show how the hub is."""
    return await _shown(request)


async def parts_checked(request: web.Request) -> web.StreamResponse:
    """Ask the authorities now, and show what they answer."""
    return await _shown(request, await check_parts(request.app[SERVICES]))


async def _shown(
    request: web.Request, checked: Sequence[CheckedPart] = ()
) -> web.StreamResponse:
    whole_hub(request)
    services, station = request.app[SERVICES], station_of(request)
    hours = await traffic(services)
    parts = Parts(
        degraded=await _degraded(station),
        lists=followed_lists(services),
        last_audit=await last_log_audit(services),
        growth=await growth(services, hours),
        checked=checked,
    )
    return page(
        request,
        "operations_now.html" if is_part(request) else "operations.html",
        waiting=await count_waiting(services),
        most=MOST_COUNTED,
        documents=chart_of(hours, lambda one: one.documents),
        sizes=chart_of(hours, lambda one: one.size),
        levels=tuple(Level),
        lists=parts.lists,
        stamps=services.stamps is not None,
        head=await log_head(services),
        last_audit=parts.last_audit,
        growth=parts.growth,
        checked=checked,
        has_authorities=bool(services.stamps or services.revocations),
        explain=explain,
        concerns=concerns_of(parts),
        expiring=await _expiring(station),
        maintenance=await services.storage.controls.maintenance(),
        may_act=visitor_of(request).role is AccessRole.OPERATOR,
    )


async def maintenance_switched(request: web.Request) -> web.StreamResponse:
    """Take nothing in from now on, or take documents in again."""
    services, fields = request.app[SERVICES], await fields_of(request)
    operator = caller_of(request).system.system_id
    match fields.text("switch"):
        case "on" if fields.text("reason"):
            reason = fields.text("reason")
            await begin_maintenance(services, reason, operator=operator)
        case "off":
            await end_maintenance(services, operator=operator)
        case _:
            raise ExchangeError(ErrorCode.REQUEST_INVALID, place="switch")
    return see_other(_PATH)


async def _degraded(station: Station) -> tuple[str, ...]:
    try:
        return await station.readiness.degraded()
    except CodedError as error:
        return (f"{error.code} {error.place}".strip(),)


async def _expiring(station: Station) -> Sequence[Expiry] | None:
    """Return what ends within 60 days; None where the CA is elsewhere."""
    return None if station.ca is None else await station.ca.run(_ending)


def _ending(office: CaOffice) -> Sequence[Expiry]:
    return ending(office.hierarchy, office.clock())
