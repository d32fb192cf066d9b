"""Pages of inboxes, found together for pollers whom the same news wake.

What the log brings wakes several pollers at once, all of them at about the same place
of the log: one look finds what each of them shows.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from exchange.storage.group import GroupCommitter
from exchange.storage.mongo import driver
from exchange.storage.mongo.driver import SNAPSHOT, Document, find_all
from schemas.identifiers import OrganId

_NEAR = 500
"""Log entries between two pollers who may look together."""

_AT_ONCE = 500
"""Deliveries of one look; where there are more, each poller looks alone."""

_AGENCIES = 1_000
"""Of those who look together."""


@dataclass(slots=True)
class Page:
    """What somebody asks for, and the deliveries found, in log order."""

    recipients: frozenset[OrganId]
    after: int
    limit: int
    found: Sequence[Document] = field(default_factory=list)


class InboxLookup:
    """Finds visible deliveries by recipients, from a place of the log on."""

    def __init__(self, deliveries: driver.Collection) -> None:
        # One snapshot: a scan that went on while the log grew could miss an entry.
        self._deliveries = deliveries.with_options(read_concern=SNAPSHOT)
        self._asking = GroupCommitter(self._answer, weight=_weight, limit=_AGENCIES)

    async def find(
        self, recipients: Collection[OrganId], *, after: int, limit: int
    ) -> Sequence[Document]:
        """Return the next deliveries; those of one log index stay together.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        page = Page(frozenset(recipients), after, limit)
        await self._asking.submit(page)
        return page.found

    async def _answer(self, group: Sequence[Page]) -> None:
        newest = max(one.after for one in group)
        near = [one for one in group if newest - one.after <= _NEAR]
        alone = [one for one in group if newest - one.after > _NEAR]
        if len(near) == 1 or not await self._together(near):
            alone.extend(near)
        await asyncio.gather(*map(self._alone, alone))

    async def _together(self, pages: Sequence[Page]) -> bool:
        """Fill the pages by one look; tell whether it found all there is."""
        everybody = frozenset[OrganId]().union(*(one.recipients for one in pages))
        oldest = min(one.after for one in pages)
        found = await self._visible(everybody, {"$gt": oldest}, limit=_AT_ONCE)
        for one in pages:
            one.found = page_of(found, one)
        return len(found) < _AT_ONCE

    async def _alone(self, page: Page) -> None:
        index = {"$gt": page.after}
        found = await self._visible(page.recipients, index, limit=page.limit)
        if len(found) == page.limit:
            last = found[-1]["log_index"]
            earlier = [one for one in found if one["log_index"] < last]
            found = [*earlier, *await self._visible(page.recipients, last)]
        page.found = found

    async def _visible(
        self, recipients: Collection[OrganId], index: object, *, limit: int = 0
    ) -> list[Document]:
        wanted = {"recipient": {"$in": list(recipients)}, "log_index": index}
        order = [("log_index", 1), ("recipient", 1)]
        return await find_all(self._deliveries, wanted, sort=order, limit=limit)


def page_of(found: Sequence[Document], page: Page) -> Sequence[Document]:
    """Pick what belongs on a page; what has the log index of its last item does, too.

    Args:
        found: deliveries in log order.
        page: whose, from where on, and how many.
    """
    own = [
        one
        for one in found
        if one["log_index"] > page.after and one["recipient"] in page.recipients
    ]
    if len(own) <= page.limit:
        return own
    last = own[page.limit - 1]["log_index"]
    return [one for one in own if one["log_index"] <= last]


def _weight(page: Page) -> int:
    return len(page.recipients)
