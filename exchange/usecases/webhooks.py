"""Webhooks of agencies: registered, changed, forgotten, tried, sent again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from exchange.domain.decisions import Refuse
from exchange.domain.notices import (
    Breaker,
    Notice,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Subscription,
    new_notice,
    sent_anew,
)
from exchange.domain.records import AuditLine
from exchange.domain.webhooks import MOST_OF_ONE_AGENCY, read_target
from exchange.errors import ExchangeError
from exchange.services import Caller, Office, Services
from exchange.storage.ports import NoticeQuery
from exchange.usecases.auditing import audit_line
from exchange.usecases.noting import newest_cursor
from exchange.usecases.viewing import agencies_of
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent

_WANTED = frozenset({NoticeEvent.ARRIVED, NoticeEvent.OVERDUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWish:
    """What a system wants to be told, and where.

    Args:
        events: none means all there are.
    """

    url: str
    events: Collection[str] = ()


async def register_webhook(
    services: Services, caller: Caller, agency: str, wish: WebhookWish
) -> Subscription:
    """Register an endpoint; it is told of what comes from now on.

    Raises:
        ExchangeError: it may not be called (WEBHOOK_TARGET_REFUSED), or the agency
            has as many as it may (WEBHOOKS_TOO_MANY).
    """
    (code,) = await agencies_of(services, caller, agency)
    notices, now = services.storage.notices, services.now()
    if len(await notices.subscriptions(code)) >= MOST_OF_ONE_AGENCY:
        raise ExchangeError(ErrorCode.WEBHOOKS_TOO_MANY, place=code)
    subscription = Subscription(
        subscription_id=services.ids.new(now),
        channel=NoticeChannel.WEBHOOK,
        agency=code,
        events=_events(wish),
        created_at=now,
        cursor=await newest_cursor(services.storage),
        system_id=caller.system.system_id,
        url=_url(services, wish),
    )
    line = _line(services, caller, AuditEvent.WEBHOOK_REGISTERED, subscription)
    await notices.subscribe(subscription, audit=line)
    return subscription


async def change_webhook(
    services: Services, caller: Caller, webhook_id: str, wish: WebhookWish
) -> Subscription:
    """Change where an endpoint is and what it is told; its failures are forgotten.

    It is the caller's from then on: whose rights say what it may be told.

    Raises:
        ExchangeError: as `register_webhook`, or there is none (WEBHOOK_NOT_FOUND).
    """
    found = await find_webhook(services, caller, webhook_id)
    changed = replace(
        found,
        system_id=caller.system.system_id,
        url=_url(services, wish),
        events=_events(wish),
        breaker=Breaker(),
    )
    line = _line(services, caller, AuditEvent.WEBHOOK_REGISTERED, changed)
    await services.storage.notices.subscribe(changed, audit=line)
    return changed


async def forget_webhook(services: Services, caller: Caller, webhook_id: str) -> None:
    """Forget an endpoint.

    Raises:
        ExchangeError: there is none (WEBHOOK_NOT_FOUND).
    """
    found = await find_webhook(services, caller, webhook_id)
    line = _line(services, caller, AuditEvent.WEBHOOK_FORGOTTEN, found)
    await services.storage.notices.unsubscribe(webhook_id, audit=line)


async def list_webhooks(
    services: Services, caller: Caller, agency: str
) -> Sequence[Subscription]:
    """Return the endpoints of an agency."""
    (code,) = await agencies_of(services, caller, agency)
    return await services.storage.notices.subscriptions(code)


async def find_webhook(
    services: Services, caller: Caller, webhook_id: str
) -> Subscription:
    """Find an endpoint of an agency the caller acts for, or succeeded.

    Raises:
        ExchangeError: there is none (WEBHOOK_NOT_FOUND).
    """
    found = await services.storage.notices.subscription(webhook_id)
    own = await agencies_of(services, caller, None)
    if found is None or found.agency not in own:
        raise ExchangeError(ErrorCode.WEBHOOK_NOT_FOUND, place=webhook_id)
    return found


async def notices_of(
    services: Services, caller: Caller, query: NoticeQuery
) -> Sequence[Notice]:
    """Return notices of one endpoint.

    Raises:
        ExchangeError: there is none such (WEBHOOK_NOT_FOUND).
    """
    await find_webhook(services, caller, query.subscription_id or "")
    return await services.storage.notices.find(query)


async def try_webhook(office: Office, subscription: Subscription) -> Notice:
    """Send an endpoint a test notice, by the same way as all others."""
    now = office.now()
    if subscription.agency is None:
        raise ExchangeError(
            ErrorCode.WEBHOOK_NOT_FOUND, place=subscription.subscription_id
        )
    notice = new_notice(
        subscription,
        NoticeEvent.TEST,
        subscription.agency,
        now=now,
        occurrence=now.isoformat(),
    )
    await office.storage.notices.enter((notice,), subscriptions=(), cursor=-1)
    return notice


async def resend_notice(
    office: Office, notice_id: str, *, actor: str, subscription_id: str | None = None
) -> Notice:
    """Send a dead letter again, under its id; its schedule begins anew.

    Args:
        office: storage and clock.
        notice_id: which one.
        actor: who wants it.
        subscription_id: whose it has to be; None: anybody's.

    Raises:
        ExchangeError: there is none such (NOTICE_NOT_FOUND).
    """
    notices, now = office.storage.notices, office.now()
    found = await notices.notice(notice_id)
    if (
        found is None
        or found.state is not NoticeState.DEAD_LETTER
        or subscription_id not in {None, found.subscription_id}
    ):
        raise ExchangeError(ErrorCode.NOTICE_NOT_FOUND, place=notice_id)
    again = sent_anew(found, now=now)
    line = audit_line(
        AuditEvent.NOTICE_SENT_ANEW, at=now, actor=actor, subject=notice_id
    )
    if not await notices.replace(found, again, audit=line):
        raise ExchangeError(ErrorCode.NOTICE_NOT_FOUND, place=notice_id)
    return again


def _url(services: Services, wish: WebhookWish) -> str:
    target = read_target(wish.url, services.webhook_policy)
    if isinstance(target, Refuse):
        raise ExchangeError(target.code, place=target.place)
    return target.url


def _events(wish: WebhookWish) -> frozenset[NoticeEvent]:
    if not wish.events:
        return _WANTED
    if unknown := set(wish.events) - _WANTED:
        place = f"events: {min(unknown)[:64]}"
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=place)
    return frozenset(map(NoticeEvent, wish.events))


def _line(
    services: Services, caller: Caller, event: AuditEvent, subscription: Subscription
) -> AuditLine:
    """Say what was done to which endpoint; its URL may hold a secret."""
    return audit_line(
        event,
        at=services.now(),
        actor=caller.system.system_id,
        subject=subscription.subscription_id,
        agency=subscription.agency or "",
    )
