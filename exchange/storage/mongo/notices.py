"""Subscriptions and notices in MongoDB."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from pymongo import ReturnDocument, UpdateOne

from exchange.domain.notices import Attempt, Breaker, Notice, NoticeState, Subscription
from exchange.domain.records import AuditLine, InboxItem
from exchange.storage.mongo import codec
from exchange.storage.mongo import notice_codec as records
from exchange.storage.mongo.driver import (
    SNAPSHOT,
    Database,
    Document,
    available,
    find_all,
    find_one,
)
from exchange.storage.mongo.envelope_codec import envelope_record
from exchange.storage.mongo.shown import shown_by
from exchange.storage.mongo.transactions import Transaction, in_transaction
from exchange.storage.ports.notices import NoticeClaim, NoticeQuery, Shown
from schemas.identifiers import OrganId

_WAITING = NoticeState.WAITING.value
_WAITING_OF_EACH = "waiting_of_each"
_MOST_TRIED = 16
"""Of subscriptions that have something due: others may take it all in the meantime."""


class MongoNotices:
    """Subscriptions and notices."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscriptions = database["subscriptions"]
        self._notices = database["notices"]

    async def subscribe(self, subscription: Subscription, *, audit: AuditLine) -> None:
        """Store a subscription, or replace what it says; its cursor stays."""
        await in_transaction(self._database, partial(_subscribe, subscription, audit))

    async def ensure(self, subscription: Subscription) -> None:
        """Store a subscription unless there is one of this id."""
        key = {"_id": subscription.subscription_id}
        document = _without_id(subscription) | {"cursor": subscription.cursor}
        async with available():
            await self._subscriptions.update_one(
                key, {"$setOnInsert": document}, upsert=True
            )

    async def unsubscribe(self, subscription_id: str, *, audit: AuditLine) -> None:
        """Forget a subscription; its notices stay."""

        def work(transaction: Transaction) -> None:
            transaction.delete_one("subscriptions", {"_id": subscription_id})
            _append(audit, transaction)

        await in_transaction(self._database, work)

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Find a subscription."""
        found = await find_one(self._subscriptions, {"_id": subscription_id})
        return None if found is None else records.subscription_record(found)

    async def subscriptions(
        self, agency: OrganId | None = None
    ) -> Sequence[Subscription]:
        """Subscriptions of one agency, or all, ordered by id."""
        wanted = {} if agency is None else {"agency": agency}
        return await self._found_subscriptions(wanted)

    async def subscriptions_about(
        self, agencies: Collection[OrganId]
    ) -> Sequence[Subscription]:
        """Subscriptions of some agencies, and those about all, ordered by id."""
        return await self._found_subscriptions({"agency": {"$in": [None, *agencies]}})

    async def _found_subscriptions(self, wanted: Document) -> Sequence[Subscription]:
        found = await find_all(self._subscriptions, wanted, sort=[("_id", 1)])
        return [records.subscription_record(one) for one in found]

    async def shown(self, after: int, *, limit: int) -> Shown:
        """What the log entries after an index made visible, in log order.

        Entries are committed in order, so the last one that is seen is no promise of
        others before it.
        """
        log = self._database["log"].with_options(read_concern=SNAPSHOT)
        entries = await find_all(
            log, {"_id": {"$gt": after}}, sort=[("_id", 1)], limit=limit
        )
        until = entries[-1]["_id"] if entries else after
        return Shown(items=tuple(await self._items(entries)), until=until)

    async def enter(
        self,
        notices: Collection[Notice],
        *,
        subscriptions: Collection[str],
        cursor: int,
    ) -> None:
        """Store the notices that are not there yet, and move cursors forward.

        In this order: whoever is killed in between stores the same ones again.
        """
        fresh = [_put_once(records.notice_document(one)) for one in notices]
        behind = {"_id": {"$in": list(subscriptions)}, "cursor": {"$lt": cursor}}
        async with available():
            if fresh:
                await self._notices.bulk_write(fresh, ordered=False)
            await self._subscriptions.update_many(behind, {"$set": {"cursor": cursor}})

    async def any_due(self, *, now: datetime) -> bool:
        """Tell whether a notice is due, whoever may claim it."""
        return bool(await self._due({"next_at": {"$lte": now}}))

    async def claim(self, claim: NoticeClaim, *, now: datetime) -> Notice | None:
        """Take the notice that is due longest; an attempt is begun with it.

        Others may take what a subscription has in the meantime: then the next one's is
        taken.
        """
        change = {
            "$set": {"claim": claim.owner, "next_at": claim.until},
            "$push": {"attempts": records.attempt_document(Attempt(now))},
        }
        for one in await self._due(_claimable(claim, now)):
            due = {"subscription": one["_id"], "next_at": {"$lte": now}}
            found = await self._claimed(due, change)
            if found is not None:
                return records.notice_record(found)
        return None

    async def finish(self, notice: Notice, *, owner: str) -> bool:
        """Store how an attempt ended; nothing if the claim is somebody else's now."""
        held = {"_id": notice.notice_id, "claim": owner}
        document = records.notice_document(notice)
        async with available():
            done = await self._notices.replace_one(held, document)
        return bool(done.matched_count)

    async def open_breakers(self) -> Sequence[Subscription]:
        """Subscriptions that are left alone, or were until now."""
        opened = {"breaker.open_until": {"$ne": None}}
        found = await find_all(self._subscriptions, opened, sort=[("_id", 1)])
        return [records.subscription_record(one) for one in found]

    async def change_breaker(
        self, subscription_id: str, before: Breaker, after: Breaker
    ) -> bool:
        """Replace a breaker that is as it was; tell whether it was."""
        same = {"_id": subscription_id, "breaker": records.breaker_document(before)}
        change = {"$set": {"breaker": records.breaker_document(after)}}
        async with available():
            done = await self._subscriptions.update_one(same, change)
        return bool(done.matched_count)

    async def find(self, query: NoticeQuery) -> Sequence[Notice]:
        """Notices, ordered by id."""
        wanted = codec.with_values(
            {
                "state": query.state.value,
                "subscription": query.subscription_id,
                "_id": {"$gt": query.after},
            }
        )
        found = await find_all(
            self._notices, wanted, sort=[("_id", 1)], limit=query.limit
        )
        return [records.notice_record(one) for one in found]

    async def notice(self, notice_id: str) -> Notice | None:
        """Find a notice."""
        found = await find_one(self._notices, {"_id": notice_id})
        return None if found is None else records.notice_record(found)

    async def replace(self, before: Notice, after: Notice, *, audit: AuditLine) -> bool:
        """Replace a notice whose state is as it was; tell whether it was."""

        def work(transaction: Transaction) -> bool:
            same = {"_id": before.notice_id, "state": before.state.value}
            document = records.notice_document(after)
            done = transaction.replace_one("notices", same, document)
            if done.matched_count:
                _append(audit, transaction)
            return bool(done.matched_count)

        return await in_transaction(self._database, work)

    async def _due(self, which: Document) -> list[Document]:
        """Find subscriptions by the first notice that waits of each; longest due first.

        The index leads from the first of one to the first of the next, so neither what
        waits behind it nor what is left alone is looked at.
        """
        first = {one: {"$first": f"${one}"} for one in ("next_at", "channel")}
        stages: list[Document] = [
            {"$match": {"state": _WAITING}},
            {"$sort": {"subscription": 1, "next_at": 1, "_id": 1}},
            {"$group": {"_id": "$subscription", "notice": {"$first": "$_id"}, **first}},
            {"$match": which},
            {"$sort": {"next_at": 1, "notice": 1}},
            {"$limit": _MOST_TRIED},
        ]
        async with available():
            found = self._notices.aggregate(stages, hint=_WAITING_OF_EACH)
            return await found.to_list(None)

    async def _claimed(self, due: Document, change: Document) -> Document | None:
        async with available():
            return await self._notices.find_one_and_update(
                {"state": _WAITING, **due},
                change,
                sort=[("next_at", 1), ("_id", 1)],
                hint=_WAITING_OF_EACH,
                return_document=ReturnDocument.AFTER,
            )

    async def _items(self, entries: Sequence[Document]) -> list[InboxItem]:
        shown = await shown_by(self._database, entries)
        if not shown:
            return []
        wanted = {"_id": {"$in": [one["envelope"] for one in shown]}}
        found = await find_all(
            self._database["envelopes"], wanted, sort=[("_id", 1)], without="body"
        )
        envelopes = {one["_id"]: envelope_record(one) for one in found}
        return [
            InboxItem(codec.delivery_record(one), envelopes[one["envelope"]])
            for one in shown
        ]


def _claimable(claim: NoticeClaim, now: datetime) -> Document:
    whose: Document = {"$nin": list(claim.barred)}
    if claim.only is not None:
        whose["$eq"] = claim.only
    return {
        "_id": whose,
        "next_at": {"$lte": now},
        "channel": {"$in": [one.value for one in claim.channels]},
    }


def _subscribe(
    subscription: Subscription, audit: AuditLine, transaction: Transaction
) -> None:
    key = {"_id": subscription.subscription_id}
    change = {
        "$set": _without_id(subscription),
        "$setOnInsert": {"cursor": subscription.cursor},
    }
    transaction.update_one("subscriptions", key, change, upsert=True)
    _append(audit, transaction)


def _append(audit: AuditLine, transaction: Transaction) -> None:
    transaction.insert("audit", [codec.audit_document(audit)])


def _without_id(subscription: Subscription) -> Document:
    document = records.subscription_document(subscription)
    del document["_id"]
    return document


def _put_once(document: Document) -> UpdateOne:
    return UpdateOne({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)
