"""Who wants to know what, and the notices that tell them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exchange.domain.notices import (
    Breaker,
    Notice,
    NoticeChannel,
    NoticeState,
    Subscription,
)
from exchange.domain.records import AuditLine, InboxItem
from schemas.identifiers import OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What became visible, and how far into the log that is."""

    items: tuple[InboxItem, ...]
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeClaim:
    """What somebody takes on itself to try.

    Args:
        owner: unique to this claim.
        until: when others may try again, if nothing is heard of it.
        channels: those it can try.
        barred: subscriptions it leaves alone.
        only: the one subscription it tries; None: any.
    """

    owner: str
    until: datetime
    channels: Collection[NoticeChannel]
    barred: Collection[str] = ()
    only: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeQuery:
    """Which notices, in the order of their ids."""

    state: NoticeState
    subscription_id: str | None = None
    after: str = ""
    limit: int = 100


class NoticeStore(Protocol):
    """Subscriptions and notices."""

    async def subscribe(self, subscription: Subscription, *, audit: AuditLine) -> None:
        """Store a subscription, or replace what it says; its cursor stays."""

    async def ensure(self, subscription: Subscription) -> None:
        """Store a subscription unless there is one of this id."""

    async def unsubscribe(self, subscription_id: str, *, audit: AuditLine) -> None:
        """Forget a subscription; its notices stay."""

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Find a subscription."""

    async def subscriptions(
        self, agency: OrganId | None = None
    ) -> Sequence[Subscription]:
        """Subscriptions of one agency, or all, ordered by id."""

    async def subscriptions_about(
        self, agencies: Collection[OrganId]
    ) -> Sequence[Subscription]:
        """Subscriptions of some agencies, and those about all, ordered by id."""

    async def shown(self, after: int, *, limit: int) -> Shown:
        """What the log entries after an index made visible, in log order.

        `limit` is of log entries.
        """

    async def enter(
        self,
        notices: Collection[Notice],
        *,
        subscriptions: Collection[str],
        cursor: int,
    ) -> None:
        """Store the notices that are not there yet, and move cursors forward."""

    async def any_due(self, *, now: datetime) -> bool:
        """Tell whether a notice is due, whoever may claim it."""

    async def claim(self, claim: NoticeClaim, *, now: datetime) -> Notice | None:
        """Take the notice that is due longest; an attempt is begun with it.

        Nobody else gets it until `claim.until`, however many ask at the same time.
        """

    async def finish(self, notice: Notice, *, owner: str) -> bool:
        """Store how an attempt ended; nothing if the claim is somebody else's now."""

    async def open_breakers(self) -> Sequence[Subscription]:
        """Subscriptions that are left alone, or were until now."""

    async def change_breaker(
        self, subscription_id: str, before: Breaker, after: Breaker
    ) -> bool:
        """Replace a breaker that is as it was; tell whether it was."""

    async def find(self, query: NoticeQuery) -> Sequence[Notice]:
        """Notices, ordered by id."""

    async def notice(self, notice_id: str) -> Notice | None:
        """Find a notice."""

    async def replace(self, before: Notice, after: Notice, *, audit: AuditLine) -> bool:
        """Replace a notice whose state is as it was; tell whether it was."""
