"""What counting leaves of many documents: statistics, and register numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from exchange.domain.counting import gathered
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, Tally, month_of
from exchange.storage.mongo import codec
from exchange.storage.mongo.counts import ROWS, SUMS, adding_to_row, adding_to_sums
from exchange.storage.mongo.driver import Database, Document
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState
from tests.support.places import Place

_SENT: Final = (
    Count.SENT,
    Count.SENT_DELIVERIES,
    Count.SENT_SIGNED,
    Count.SENT_ELECTRONIC_ONLY,
    Count.SENT_ON_TIME,
)
_RECEIVED: Final = (
    Count.RECEIVED,
    Count.RECEIVED_SIGNED,
    Count.RECEIVED_ELECTRONIC_ONLY,
)
_TAKEN: Final = (Count.CONFIRMED_ON_TIME, Count.REGISTERED_ON_TIME)
_LEFT: Final = (Count.CONFIRMED_LATE, Count.REGISTERED_LATE)


class Counts:
    """Counts of agencies in months, as the docket adds them up."""

    def __init__(self) -> None:
        self._events: Counter[tuple[str, OrganId, tuple[Count, ...]]] = Counter()

    def add(self, places: Iterable[Place]) -> None:
        """Count some documents."""
        for one in places:
            month = month_of(one.accepted_at)
            is_taken = one.state is DeliveryState.ACKNOWLEDGED
            self._events[month, one.sender, _SENT] += 1
            self._events[month, one.recipient, _RECEIVED] += 1
            self._events[month, one.recipient, _TAKEN if is_taken else _LEFT] += 1

    async def store(self, database: Database, directory: Directory) -> None:
        """Add what was counted to what is there, by where agencies stand."""
        tallies = (
            Tally(month, agency, one, number)
            for (month, agency, counted), number in self._events.items()
            for one in counted
        )
        counts = gathered(tallies, directory)
        rows = list(map(adding_to_row, counts))
        await database[ROWS].bulk_write(rows, ordered=False)
        await database[SUMS].bulk_write(list(adding_to_sums(counts)), ordered=False)


def register_number(place: Place) -> Iterator[Document]:
    """Yield the number under which a document was registered by who took it."""
    if place.state is DeliveryState.ACKNOWLEDGED:
        yield {
            "_id": codec.key_of(place.envelope_id, place.recipient),
            "envelope": place.envelope_id,
            "recipient": place.recipient,
            "year": place.accepted_at.year,
            "number": place.place + 1,
            "recorded_at": place.accepted_at,
            "recorded_by": f"qlvb-{place.recipient.lower()}",
        }
