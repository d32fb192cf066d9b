"""Filling MongoDB with notices and large bodies, in the shape the codecs write."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from exchange.domain.notices import (
    Attempt,
    Notice,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Outcome,
    Subscription,
    new_notice,
)
from exchange.storage.mongo.driver import Database
from exchange.storage.mongo.notice_codec import notice_document
from tests.support.pki import NOW
from tests.support.stored import PROVINCE, envelope_id

ENDPOINTS: Final = 100
"""Every one has as many notices of those that were sent, and were given up."""

LEFT_ALONE: Final = "left-alone"
"""The endpoint whose notices have all been due for longest."""


def endpoint(place: int) -> str:
    """Return the id of an endpoint, by its place among all."""
    return f"endpoint-{place:03d}"


async def load_notices(database: Database, number: int) -> None:
    """Store so many of each kind: sent, given up, due of the endpoint left alone.

    One that is due of each of three other endpoints comes last.
    """
    collection = database["notices"]
    made = [_waiting(LEFT_ALONE, place) for place in range(number)]
    made += [_waiting(endpoint(place), number + place) for place in range(3)]
    for state in (NoticeState.SENT, NoticeState.DEAD_LETTER):
        made += [_tried(endpoint(n % ENDPOINTS), n, state) for n in range(number)]
    await collection.insert_many(map(notice_document, made))


async def load_accepted_bodies(database: Database, number: int) -> None:
    """Store what is kept of so many large bodies that envelopes claimed long ago."""
    rows = (
        {"_id": f"body-{n}", "state": "accepted", "size": 1, "begun_at": NOW}
        for n in range(number)
    )
    await database["bodies"].insert_many(rows)


def _waiting(subscription_id: str, number: int) -> Notice:
    subscription = Subscription(
        subscription_id=subscription_id,
        channel=NoticeChannel.WEBHOOK,
        agency=PROVINCE,
        events=frozenset({NoticeEvent.ARRIVED}),
        created_at=NOW,
        cursor=-1,
    )
    return new_notice(
        subscription,
        NoticeEvent.ARRIVED,
        PROVINCE,
        now=NOW + timedelta(milliseconds=number),
        envelope_id=envelope_id(number),
    )


def _tried(subscription_id: str, number: int, state: NoticeState) -> Notice:
    is_sent = state is NoticeState.SENT
    attempt = Attempt(NOW, Outcome.DONE if is_sent else Outcome.REFUSED)
    waiting = _waiting(subscription_id, number)
    key = f"{state}-{waiting.notice_id}"
    return replace(waiting, notice_id=key, state=state, attempts=(attempt,))
