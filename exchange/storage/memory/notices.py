"""Subscriptions and notices in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.notices import (
    Attempt,
    Breaker,
    Notice,
    NoticeState,
    Subscription,
)
from exchange.domain.records import AuditLine, Delivery, InboxItem
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.notices import NoticeClaim, NoticeQuery, Shown
from schemas.identifiers import OrganId


class MemoryNotices:
    """Subscriptions and notices."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._subscriptions: dict[str, Subscription] = {}
        self._notices: dict[str, Notice] = {}

    async def subscribe(self, subscription: Subscription, *, audit: AuditLine) -> None:
        """Store a subscription, or replace what it says; its cursor stays."""
        key = subscription.subscription_id
        before = self._subscriptions.get(key, subscription)
        self._subscriptions[key] = replace(subscription, cursor=before.cursor)
        self._tables.audit.append(audit)

    async def ensure(self, subscription: Subscription) -> None:
        """Store a subscription unless there is one of this id."""
        self._subscriptions.setdefault(subscription.subscription_id, subscription)

    async def unsubscribe(self, subscription_id: str, *, audit: AuditLine) -> None:
        """Forget a subscription; its notices stay."""
        self._subscriptions.pop(subscription_id, None)
        self._tables.audit.append(audit)

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Find a subscription."""
        return self._subscriptions.get(subscription_id)

    async def subscriptions(
        self, agency: OrganId | None = None
    ) -> Sequence[Subscription]:
        """Subscriptions of one agency, or all, ordered by id."""
        found = (one for _, one in sorted(self._subscriptions.items()))
        return [one for one in found if agency in {None, one.agency}]

    async def subscriptions_about(
        self, agencies: Collection[OrganId]
    ) -> Sequence[Subscription]:
        """Subscriptions of some agencies, and those about all, ordered by id."""
        wanted = {None, *agencies}
        return [one for one in await self.subscriptions() if one.agency in wanted]

    async def shown(self, after: int, *, limit: int) -> Shown:
        """What the log entries after an index made visible, in log order."""
        entries = self._tables.entries[after + 1 : after + 1 + limit]
        items = [
            InboxItem(one, self._tables.envelopes[one.envelope_id])
            for entry in entries
            for one in self._shown_by(entry.index)
        ]
        until = entries[-1].index if entries else after
        return Shown(items=tuple(items), until=until)

    async def enter(
        self,
        notices: Collection[Notice],
        *,
        subscriptions: Collection[str],
        cursor: int,
    ) -> None:
        """Store the notices that are not there yet, and move cursors forward."""
        for one in notices:
            self._notices.setdefault(one.notice_id, one)
        for key in subscriptions:
            before = self._subscriptions.get(key)
            if before is not None and before.cursor < cursor:
                self._subscriptions[key] = replace(before, cursor=cursor)

    async def any_due(self, *, now: datetime) -> bool:
        """Tell whether a notice is due, whoever may claim it."""
        waiting = NoticeState.WAITING
        found = self._notices.values()
        return any(one.state is waiting and one.next_at <= now for one in found)

    async def claim(self, claim: NoticeClaim, *, now: datetime) -> Notice | None:
        """Take the notice that is due longest; an attempt is begun with it."""
        due = sorted(
            (one.next_at, one.notice_id, one)
            for one in self._notices.values()
            if _may_claim(one, claim) and one.next_at <= now
        )
        if not due:
            return None
        before = due[0][2]
        claimed = replace(
            before,
            claim=claim.owner,
            next_at=claim.until,
            attempts=(*before.attempts, Attempt(now)),
        )
        self._notices[claimed.notice_id] = claimed
        return claimed

    async def finish(self, notice: Notice, *, owner: str) -> bool:
        """Store how an attempt ended; nothing if the claim is somebody else's now."""
        if self._notices[notice.notice_id].claim != owner:
            return False
        self._notices[notice.notice_id] = notice
        return True

    async def open_breakers(self) -> Sequence[Subscription]:
        """Subscriptions that are left alone, or were until now."""
        found = await self.subscriptions()
        return [one for one in found if one.breaker.open_until is not None]

    async def change_breaker(
        self, subscription_id: str, before: Breaker, after: Breaker
    ) -> bool:
        """Replace a breaker that is as it was; tell whether it was."""
        found = self._subscriptions.get(subscription_id)
        if found is None or found.breaker != before:
            return False
        self._subscriptions[subscription_id] = replace(found, breaker=after)
        return True

    async def find(self, query: NoticeQuery) -> Sequence[Notice]:
        """Notices, ordered by id."""
        found = [
            one
            for one in self._in_order()
            if one.state is query.state
            and one.notice_id > query.after
            and query.subscription_id in {None, one.subscription_id}
        ]
        return found[: query.limit]

    async def notice(self, notice_id: str) -> Notice | None:
        """Find a notice."""
        return self._notices.get(notice_id)

    async def replace(self, before: Notice, after: Notice, *, audit: AuditLine) -> bool:
        """Replace a notice whose state is as it was; tell whether it was."""
        found = self._notices.get(before.notice_id)
        if found is None or found.state is not before.state:
            return False
        self._notices[after.notice_id] = after
        self._tables.audit.append(audit)
        return True

    def _in_order(self) -> Iterator[Notice]:
        for key in sorted(self._notices):
            yield self._notices[key]

    def _shown_by(self, index: int) -> list[Delivery]:
        shown = [
            one for one in self._tables.deliveries.values() if one.log_index == index
        ]
        return sorted(shown, key=lambda one: one.recipient)


def _may_claim(notice: Notice, claim: NoticeClaim) -> bool:
    return (
        notice.state is NoticeState.WAITING
        and notice.channel in claim.channels
        and notice.subscription_id not in claim.barred
        and claim.only in {None, notice.subscription_id}
    )
