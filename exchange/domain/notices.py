"""Notices: small words to systems and mailboxes that something is there to look at.

Invariants:
    - A notice never carries a document, a subject or a name; it says where to look.
    - One event towards one subscription is one notice, whatever is repeated: its id
      follows from them.
    - A notice is tried by the schedule of `exchange.domain.retries`, each attempt is
      kept, and after the last one it is a dead letter (design, invariant 4).
    - An endpoint that fails again and again is left alone for a minute at a time. The
      mail server is one endpoint for all agencies: what it says of one mailbox is not
      its failure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from hashlib import sha256

from exchange.domain.records import InboxItem
from exchange.domain.retries import next_try
from schemas.identifiers import EnvelopeId, OrganId, SystemId
from schemas.vocabulary import EnvelopeKind

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(minutes=1)
"""So many failures within this time, and the endpoint is left alone for as long."""

MAIL_SUBSCRIPTION = "mail"
"""Id of the one subscription by which all agencies with a mail address get mail."""

_ID_LENGTH = 32


class NoticeChannel(StrEnum):
    """How a notice travels."""

    WEBHOOK = "webhook"
    SMTP = "smtp"


class NoticeEvent(StrEnum):
    """What a notice is about."""

    ARRIVED = "envelope.arrived"
    OVERDUE = "envelope.overdue"
    TEST = "webhook.test"


class NoticeState(StrEnum):
    """Where a notice is."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD_LETTER = "dead_letter"


class Outcome(StrEnum):
    """What came of an attempt; `begun` for ever if its process was killed."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt.

    Args:
        detail: a status or the kind of failure; of few words, nothing that was sent.
        is_of_notice: whether a failure is this notice's, and nothing that others would
            meet at the same endpoint; its breaker asks at once, so it is not kept.
    """

    at: datetime
    outcome: Outcome = Outcome.BEGUN
    detail: str = ""
    is_of_notice: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is remembered of the failures of one endpoint."""

    failures: tuple[datetime, ...] = ()
    open_until: datetime | None = None


class Admission(Enum):
    """Whether an endpoint may be tried now."""

    FREELY = 1
    ONCE = 2
    NOT_NOW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to know what.

    Args:
        agency: whose events; None: those of all agencies.
        system_id: who registered it.
        url: of a webhook.
        cursor: notices of all log entries up to this index are stored.
    """

    subscription_id: str
    channel: NoticeChannel
    agency: OrganId | None
    events: frozenset[NoticeEvent]
    created_at: datetime
    cursor: int
    system_id: SystemId | None = None
    url: str = ""
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice and all attempts to deliver it.

    Args:
        since: its schedule counts from here.
        next_at: when it may be tried; while somebody tries, when that has failed.
        claim: whoever tries now; empty if nobody does.
    """

    notice_id: str
    subscription_id: str
    channel: NoticeChannel
    event: NoticeEvent
    agency: OrganId
    created_at: datetime
    since: datetime
    next_at: datetime
    envelope_id: EnvelopeId | None = None
    cursor: int | None = None
    state: NoticeState = NoticeState.WAITING
    attempts: tuple[Attempt, ...] = ()
    claim: str = ""


def new_notice(
    subscription: Subscription,
    event: NoticeEvent,
    agency: OrganId,
    *,
    now: datetime,
    envelope_id: EnvelopeId | None = None,
    cursor: int | None = None,
    occurrence: str = "",
) -> Notice:
    """Make the notice of an event; the same event gives the same id.

    Args:
        subscription: who wants to know.
        event: what happened.
        agency: to whom.
        now: when it is noted.
        envelope_id: the envelope concerned.
        cursor: its place in the inbox.
        occurrence: tells apart what may happen more than once to one envelope.
    """
    parts = (
        subscription.subscription_id,
        event,
        agency,
        envelope_id or "",
        occurrence,
    )
    return Notice(
        notice_id=sha256("\n".join(parts).encode()).hexdigest()[:_ID_LENGTH],
        subscription_id=subscription.subscription_id,
        channel=subscription.channel,
        event=event,
        agency=agency,
        created_at=now,
        since=now,
        next_at=now,
        envelope_id=envelope_id,
        cursor=cursor,
    )


def wants_arrival(subscription: Subscription, item: InboxItem) -> bool:
    """Tell whether a subscription about its recipient wants to know of an arrival.

    Mail is for documents alone; a clerk is not called for every status.
    """
    index = item.delivery.log_index
    return (
        NoticeEvent.ARRIVED in subscription.events
        and index is not None
        and index > subscription.cursor
        and (
            subscription.channel is NoticeChannel.WEBHOOK
            or item.envelope.kind is EnvelopeKind.DOCUMENT
        )
    )


def may_be_told(
    subscription: Subscription,
    agency: OrganId,
    rights: Mapping[SystemId, Collection[OrganId]],
) -> bool:
    """Tell whether a subscription may be told of an agency's events now.

    An endpoint is its system's, and hears no more than that system may read; mail goes
    to the agency itself.

    Args:
        subscription: who wants to know.
        agency: whose event it is.
        rights: agencies that systems act for now; without those that are unknown.
    """
    system_id = subscription.system_id
    return system_id is None or agency in rights.get(system_id, ())


def after_attempt(
    notice: Notice, attempt: Attempt, *, now: datetime, chance: float
) -> Notice:
    """Return a notice as it is once its last attempt has ended.

    Args:
        notice: with the attempt begun.
        attempt: how it ended.
        now: when it ended.
        chance: from 0 up to 1, drawn anew.
    """
    attempts = (*notice.attempts[:-1], attempt)
    ended = replace(notice, attempts=attempts, claim="")
    if attempt.outcome is Outcome.DONE:
        return replace(ended, state=NoticeState.SENT)
    failures = sum(one.at >= notice.since for one in attempts)
    again = next_try(failures, first=notice.since, now=now, chance=chance)
    if attempt.outcome is Outcome.REFUSED or again is None:
        return replace(ended, state=NoticeState.DEAD_LETTER)
    return replace(ended, next_at=again)


def sent_anew(notice: Notice, *, now: datetime) -> Notice:
    """Return a dead letter as it is when somebody sends it again by hand."""
    return replace(notice, state=NoticeState.WAITING, since=now, next_at=now)


def admission(breaker: Breaker, now: datetime) -> Admission:
    """Tell whether an endpoint may be tried now."""
    if breaker.open_until is None:
        return Admission.FREELY
    return Admission.NOT_NOW if now < breaker.open_until else Admission.ONCE


def left_alone(breaker: Breaker, now: datetime) -> Breaker:
    """Return a breaker that is open from now on."""
    return replace(breaker, open_until=now + OPEN_FOR)


def after_answer(breaker: Breaker, attempt: Attempt, now: datetime) -> Breaker:
    """Return what is remembered after an attempt.

    A refusal is an answer, and so is what concerns one notice alone: the endpoint is
    well.
    """
    if attempt.outcome is not Outcome.FAILED or attempt.is_of_notice:
        return Breaker()
    recent = tuple(one for one in breaker.failures if now - one < OPEN_FOR)
    failures = (*recent, now)[-FAILURES_TO_OPEN:]
    counted = replace(breaker, failures=failures)
    if breaker.open_until is None and len(failures) < FAILURES_TO_OPEN:
        return counted
    return left_alone(counted, now)
