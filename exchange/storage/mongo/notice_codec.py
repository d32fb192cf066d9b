"""Subscriptions and notices to documents and back."""

from exchange.domain.notices import (
    Attempt,
    Breaker,
    Notice,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
    Outcome,
    Subscription,
)
from exchange.storage.mongo.codec import with_values
from exchange.storage.mongo.driver import Document


def subscription_document(subscription: Subscription) -> Document:
    """Encode a subscription without its cursor, which moves by itself."""
    return with_values(
        {
            "_id": subscription.subscription_id,
            "channel": subscription.channel.value,
            "agency": subscription.agency,
            "events": sorted(subscription.events),
            "created_at": subscription.created_at,
            "system": subscription.system_id,
            "url": subscription.url,
            "breaker": breaker_document(subscription.breaker),
        }
    )


def subscription_record(document: Document) -> Subscription:
    """Decode a subscription."""
    breaker = document["breaker"]
    return Subscription(
        subscription_id=document["_id"],
        channel=NoticeChannel(document["channel"]),
        agency=document.get("agency"),
        events=frozenset(map(NoticeEvent, document["events"])),
        created_at=document["created_at"],
        cursor=document["cursor"],
        system_id=document.get("system"),
        url=document["url"],
        breaker=Breaker(tuple(breaker["failures"]), breaker["open_until"]),
    )


def breaker_document(breaker: Breaker) -> Document:
    """Encode what is remembered of an endpoint's failures."""
    return {"failures": list(breaker.failures), "open_until": breaker.open_until}


def notice_document(notice: Notice) -> Document:
    """Encode a notice."""
    is_sent = notice.state is NoticeState.SENT
    return with_values(
        {
            "_id": notice.notice_id,
            "subscription": notice.subscription_id,
            "channel": notice.channel.value,
            "event": notice.event.value,
            "agency": notice.agency,
            "created_at": notice.created_at,
            "since": notice.since,
            "next_at": notice.next_at,
            "envelope": notice.envelope_id,
            "cursor": notice.cursor,
            "state": notice.state.value,
            "attempts": [attempt_document(one) for one in notice.attempts],
            "claim": notice.claim,
            "sent_at": notice.attempts[-1].at if is_sent else None,
        }
    )


def attempt_document(attempt: Attempt) -> Document:
    """Encode an attempt."""
    return {
        "at": attempt.at,
        "outcome": attempt.outcome.value,
        "detail": attempt.detail,
    }


def notice_record(document: Document) -> Notice:
    """Decode a notice."""
    return Notice(
        notice_id=document["_id"],
        subscription_id=document["subscription"],
        channel=NoticeChannel(document["channel"]),
        event=NoticeEvent(document["event"]),
        agency=document["agency"],
        created_at=document["created_at"],
        since=document["since"],
        next_at=document["next_at"],
        envelope_id=document.get("envelope"),
        cursor=document.get("cursor"),
        state=NoticeState(document["state"]),
        attempts=tuple(
            Attempt(one["at"], Outcome(one["outcome"]), one["detail"])
            for one in document["attempts"]
        ),
        claim=document["claim"],
    )
