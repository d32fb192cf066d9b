"""What operators look after: how many deliveries wait, for how long, and which."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice, pairwise
from typing import Final

from exchange.domain.records import (
    Delivery,
    Envelope,
    InboxItem,
    StoredReceipt,
    delivery_key,
)
from exchange.domain.stuck import first_id_of
from exchange.errors import ExchangeError
from exchange.services import Office
from exchange.storage.ports import DeliveryQuery
from exchange.usecases.find_stuck import stuck_query
from exchange.usecases.stated import stated_in
from schemas.errors import ErrorCode
from schemas.identifiers import EnvelopeId
from schemas.receipt import Finding
from schemas.vocabulary import DeliveryState

PAGE: Final = 50
"""Rows of one page."""

MOST_COUNTED: Final = 1_000
"""More of one state and age are not counted: it is as bad as it can be."""

UNTAKEN_FOR: Final = timedelta(hours=24)
"""How long a document may wait before operators ask its recipient."""

WATCHED: Final = (
    DeliveryState.ACCEPTED,
    DeliveryState.CHECKING,
    DeliveryState.AVAILABLE,
    DeliveryState.LEASED,
    DeliveryState.FAILED,
    DeliveryState.HELD,
    DeliveryState.QUARANTINED,
    DeliveryState.DEAD_LETTER,
)
"""States a document should leave, or should not come to; in the order of its way."""

AGES: Final = (timedelta(hours=1), timedelta(days=1))
"""Where one class of ages ends and the next begins."""


class Watchlist(StrEnum):
    """What is late, whatever state it is in."""

    STUCK = "stuck"
    UNTAKEN = "untaken"


Wanted = DeliveryState | Watchlist


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many deliveries are in one state.

    Args:
        by_age: how many of each class of ages, the youngest first.
        oldest: when the oldest of their envelopes was accepted.
    """

    state: DeliveryState
    by_age: tuple[int, ...]
    oldest: datetime | None

    @property
    def number(self) -> int:
        """How many in all, as far as they were counted."""
        return sum(self.by_age)


@dataclass(frozen=True, slots=True)
class Late:
    """A page of deliveries, the oldest first.

    Args:
        after: where the next page begins; empty on the last one.
    """

    items: tuple[InboxItem, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One step of a delivery, with what was said about it and what was found."""

    receipt: StoredReceipt
    description: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempts:
    """All that was tried for one envelope; nothing of the document itself."""

    envelope: Envelope
    deliveries: tuple[Delivery, ...]
    steps: tuple[Attempt, ...]


async def count_waiting(office: Office) -> tuple[Waiting, ...]:
    """Count what waits in every watched state, by age."""
    now = office.now()
    bounds = [None, *(first_id_of(now - age) for age in AGES), None]
    queries = [
        DeliveryQuery(
            states=(state,), before=younger, after=older or "", limit=MOST_COUNTED
        )
        for state in WATCHED
        for younger, older in pairwise(bounds)
    ]
    counts = iter(await office.storage.deliveries.counts(queries))
    by_age = [tuple(islice(counts, len(bounds) - 1)) for _ in WATCHED]
    return tuple(
        await asyncio.gather(
            *(_waiting(office, *one) for one in zip(WATCHED, by_age, strict=True))
        )
    )


async def deliveries_in(
    office: Office, wanted: Wanted, *, after: str = "", stuck_seconds: float
) -> Late:
    """Return a page of one state or watchlist.

    Args:
        office: its storage and clock.
        wanted: what is shown.
        after: key of the last delivery seen.
        stuck_seconds: how long a delivery may stay in a state it should leave.
    """
    stuck_before = office.now() - timedelta(seconds=stuck_seconds)
    found = await office.storage.deliveries.find(
        _query(wanted, after, stuck_before, office.now())
    )
    page = found[:PAGE]
    next_after = ""
    if len(found) > PAGE:
        last = page[-1].delivery
        next_after = delivery_key(last.envelope_id, last.recipient)
    return Late(tuple(page), next_after)


async def attempts_of(office: Office, envelope_id: EnvelopeId) -> Attempts:
    """Return all steps of one envelope, the oldest first.

    Raises:
        ExchangeError: there is none (ENVELOPE_NOT_FOUND).
    """
    store = office.storage.envelopes
    envelope = await store.envelope(envelope_id)
    if envelope is None:
        raise ExchangeError(ErrorCode.ENVELOPE_NOT_FOUND, place=envelope_id)
    receipts = sorted(
        await store.receipts(envelope_id), key=lambda one: one.recorded_at
    )
    return Attempts(
        envelope,
        tuple(await store.deliveries(envelope_id)),
        await _attempts(receipts),
    )


async def _attempts(receipts: Iterable[StoredReceipt]) -> tuple[Attempt, ...]:
    attempts = []
    for one in receipts:
        attempts.append(_attempt(one))
        # A letter to every commune has thousands, and each is verified.
        await asyncio.sleep(0)
    return tuple(attempts)


async def _waiting(
    office: Office, state: DeliveryState, by_age: tuple[int, ...]
) -> Waiting:
    if not sum(by_age):
        return Waiting(state=state, by_age=by_age, oldest=None)
    query = DeliveryQuery(states=(state,), limit=1)
    first = await office.storage.deliveries.find(query)
    oldest = first[0].envelope.accepted_at if first else None
    return Waiting(state=state, by_age=by_age, oldest=oldest)


def _query(
    wanted: Wanted, after: str, stuck_before: datetime, now: datetime
) -> DeliveryQuery:
    match wanted:
        case Watchlist.STUCK:
            return stuck_query(stuck_before, after=after, limit=PAGE + 1)
        case Watchlist.UNTAKEN:
            return DeliveryQuery(
                states=(DeliveryState.AVAILABLE,),
                before=first_id_of(now - UNTAKEN_FOR),
                after=after,
                limit=PAGE + 1,
            )
        case state:
            return DeliveryQuery(states=(state,), after=after, limit=PAGE + 1)


def _attempt(receipt: StoredReceipt) -> Attempt:
    read = stated_in(receipt)
    return (
        Attempt(receipt, read.description, read.findings)
        if read
        else Attempt(receipt, "")
    )
