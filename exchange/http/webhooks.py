"""Handlers: webhooks of agencies and their notices."""

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.domain.notices import Notice, NoticeState, Subscription
from exchange.errors import ExchangeError
from exchange.http import answers
from exchange.http.json_body import json_object, text_member, texts_member
from exchange.http.keys import SERVICES
from exchange.http.request import caller_of, number_parameter, required_agency
from exchange.services import Hub
from exchange.storage.ports import NoticeQuery
from exchange.usecases.webhooks import (
    WebhookWish,
    change_webhook,
    find_webhook,
    forget_webhook,
    list_webhooks,
    notices_of,
    register_webhook,
    resend_notice,
    try_webhook,
)
from schemas.errors import ErrorCode
from schemas.timestamps import format_utc

Json = dict[str, object]
_LONGEST_ID = 64


async def register(request: web.Request) -> web.Response:
    """POST /v1/webhooks."""
    services = request.app[SERVICES]
    subscription = await register_webhook(
        services, caller_of(request), required_agency(request), await _wish(request)
    )
    answer = answers.as_json(_described(services.hub, subscription), status=201)
    answer.headers["Location"] = f"/v1/webhooks/{subscription.subscription_id}"
    return answer


async def listed(request: web.Request) -> web.Response:
    """GET /v1/webhooks."""
    services = request.app[SERVICES]
    found = await list_webhooks(services, caller_of(request), required_agency(request))
    return answers.as_json({"items": [_described(services.hub, one) for one in found]})


async def read(request: web.Request) -> web.Response:
    """GET /v1/webhooks/{id}."""
    found = await _found(request)
    return answers.as_json(_described(request.app[SERVICES].hub, found))


async def change(request: web.Request) -> web.Response:
    """PUT /v1/webhooks/{id}."""
    services = request.app[SERVICES]
    changed = await change_webhook(
        services, caller_of(request), request.match_info["id"], await _wish(request)
    )
    return answers.as_json(_described(services.hub, changed))


async def forget(request: web.Request) -> web.Response:
    """DELETE /v1/webhooks/{id}."""
    webhook_id = request.match_info["id"]
    await forget_webhook(request.app[SERVICES], caller_of(request), webhook_id)
    return answers.as_json({"id": webhook_id, "forgotten": True})


async def test(request: web.Request) -> web.Response:
    """POST /v1/webhooks/{id}/test."""
    notice = await try_webhook(request.app[SERVICES], await _found(request))
    return answers.as_json(_notice(notice), status=202)


async def notices(request: web.Request) -> web.Response:
    """GET /v1/webhooks/{id}/notices."""
    services = request.app[SERVICES]
    query = NoticeQuery(
        state=_state(request),
        subscription_id=request.match_info["id"],
        after=_after(request),
        limit=max(1, min(number_parameter(request, "limit", default=100), 200)),
    )
    found = await notices_of(services, caller_of(request), query)
    last = found[-1].notice_id if found else query.after
    return answers.as_json({"items": [_notice(one) for one in found], "next": last})


async def resend(request: web.Request) -> web.Response:
    """POST /v1/webhooks/{id}/resend."""
    fields = await json_object(request, known=("notice",))
    found = await _found(request)
    notice = await resend_notice(
        request.app[SERVICES],
        text_member(fields, "notice"),
        actor=caller_of(request).system.system_id,
        subscription_id=found.subscription_id,
    )
    return answers.as_json(_notice(notice), status=202)


async def _found(request: web.Request) -> Subscription:
    return await find_webhook(
        request.app[SERVICES], caller_of(request), request.match_info["id"]
    )


async def _wish(request: web.Request) -> WebhookWish:
    fields = await json_object(request, known=("url", "events"))
    return WebhookWish(
        url=text_member(fields, "url"), events=texts_member(fields, "events")
    )


def _described(hub: Hub, subscription: Subscription) -> Json:
    """Describe a webhook, and by which key its notices are signed."""
    breaker = subscription.breaker
    certificate = hub.receipt.certificate.public_bytes(Encoding.PEM).decode()
    return {
        "id": subscription.subscription_id,
        "agency": subscription.agency,
        "url": subscription.url,
        "events": sorted(subscription.events),
        "created_at": format_utc(subscription.created_at),
        "cursor": subscription.cursor,
        "left_alone_until": (
            format_utc(breaker.open_until) if breaker.open_until else None
        ),
        "key_id": hub.key_id,
        "certificate": certificate,
    }


def _notice(notice: Notice) -> Json:
    is_waiting = notice.state is NoticeState.WAITING
    return {
        "id": notice.notice_id,
        "event": notice.event,
        "agency": notice.agency,
        "envelope": notice.envelope_id,
        "cursor": notice.cursor,
        "state": notice.state,
        "next_at": format_utc(notice.next_at) if is_waiting else None,
        "attempts": [
            {"at": format_utc(one.at), "outcome": one.outcome, "detail": one.detail}
            for one in notice.attempts
        ],
    }


def _state(request: web.Request) -> NoticeState:
    try:
        return NoticeState(request.query.get("state", NoticeState.DEAD_LETTER))
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="state") from error


def _after(request: web.Request) -> str:
    after = request.query.get("after", "")
    if len(after) > _LONGEST_ID:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="after")
    return after
