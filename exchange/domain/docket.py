"""The docket: one row for each document that reached a recipient, to be registered.

It is made from the log, in the log's order, and follows how the recipient's clocks
(`exchange.domain.deadlines`) end; registers and statistics are read from it.

Invariants:
    - Each clock is counted once, when it has ended or its moment has passed.
    - A moment that passed is one event, however often it is looked at.
    - A row is looked at again only when something may have become due.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from exchange.domain.deadlines import (
    Clock,
    ClockName,
    ClockState,
    DeadlinePolicy,
    DeliveryFacts,
    first_due,
    recipient_clocks,
    send_clock,
)
from exchange.domain.records import EnvelopeOutline
from exchange.domain.working_days import WorkingCalendar, local_day
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import EvidenceLevel

_MOMENT = timedelta(milliseconds=1)
_LOOK_AGAIN = timedelta(hours=6)
"""A row that is late, or asked back, rests no longer: it may have changed."""


class Count(StrEnum):
    """What is counted of one agency in one month."""

    SENT = "sent"
    SENT_SIGNED = "sent_signed"
    SENT_ELECTRONIC_ONLY = "sent_electronic_only"
    SENT_ONE_STOP = "sent_one_stop"
    SENT_FOR_TASKS = "sent_for_tasks"
    SENT_DELIVERIES = "sent_deliveries"
    SENT_ON_TIME = "sent_on_time"
    SENT_LATE = "sent_late"
    RECEIVED = "received"
    RECEIVED_SIGNED = "received_signed"
    RECEIVED_ELECTRONIC_ONLY = "received_electronic_only"
    RECEIVED_ONE_STOP = "received_one_stop"
    RECEIVED_FOR_TASKS = "received_for_tasks"
    CONFIRMED_ON_TIME = "confirmed_on_time"
    CONFIRMED_LATE = "confirmed_late"
    REGISTERED_ON_TIME = "registered_on_time"
    REGISTERED_LATE = "registered_late"
    ANSWERED_ON_TIME = "answered_on_time"
    ANSWERED_LATE = "answered_late"


_COUNTED: dict[ClockName, tuple[Count, Count]] = {
    ClockName.SEND: (Count.SENT_ON_TIME, Count.SENT_LATE),
    ClockName.CONFIRM: (Count.CONFIRMED_ON_TIME, Count.CONFIRMED_LATE),
    ClockName.REGISTER: (Count.REGISTERED_ON_TIME, Count.REGISTERED_LATE),
    ClockName.ANSWER: (Count.ANSWERED_ON_TIME, Count.ANSWERED_LATE),
}


@dataclass(frozen=True, slots=True)
class _Sorts:
    """As what a document is counted, by what it is."""

    each: Count
    signed: Count
    electronic_only: Count
    one_stop: Count
    for_tasks: Count


_SENT = _Sorts(
    Count.SENT,
    Count.SENT_SIGNED,
    Count.SENT_ELECTRONIC_ONLY,
    Count.SENT_ONE_STOP,
    Count.SENT_FOR_TASKS,
)
_RECEIVED = _Sorts(
    Count.RECEIVED,
    Count.RECEIVED_SIGNED,
    Count.RECEIVED_ELECTRONIC_ONLY,
    Count.RECEIVED_ONE_STOP,
    Count.RECEIVED_FOR_TASKS,
)


@dataclass(frozen=True, slots=True, order=True)
class Tally:
    """A count of one agency in one month (``2026-11``, in Vietnam)."""

    month: str
    agency: OrganId
    count: Count
    number: int = 1


@dataclass(frozen=True, slots=True)
class LateClock:
    """A moment that passed."""

    name: ClockName
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocketRow:
    """One document towards one recipient.

    Args:
        arrived_at: when the recipient could read it.
        next_at: when it is looked at again; None: never.
        settled: the clocks that are counted.
        late: moments that passed and are not made good.
        told: to whom the row is late: recipient, sender, who took over from either,
            and agencies above the recipient, in this order; none while it is not.
        version: how often it changed.
    """

    envelope_id: EnvelopeId
    recipient: OrganId
    sender: OrganId
    arrived_at: datetime
    next_at: datetime | None = None
    settled: frozenset[ClockName] = frozenset()
    late: tuple[LateClock, ...] = ()
    told: tuple[OrganId, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """What looking at a row came to.

    Args:
        overdue: moments that are found to have passed now, still open or made good.
        escalated: agencies above that are told now; so is who took over when the row
            was late already.
    """

    before: DocketRow
    after: DocketRow
    tallies: tuple[Tally, ...] = ()
    overdue: tuple[LateClock, ...] = ()
    escalated: tuple[OrganId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """Who answers for a row now; the parties themselves, unless they were closed.

    Args:
        recipient: in whose hands the document is.
        sender: whose it is.
        above: the agencies above that recipient, the nearest first.
    """

    recipient: OrganId
    sender: OrganId
    above: Sequence[OrganId] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """By what rows are judged."""

    calendar: WorkingCalendar
    policy: DeadlinePolicy


def month_of(moment: datetime) -> str:
    """Return the month of a moment in Vietnam."""
    return local_day(moment).isoformat()[:7]


def first_row(
    envelope: EnvelopeOutline, recipient: OrganId, arrived_at: datetime, rules: Rules
) -> DocketRow:
    """Return the row of a document that became readable."""
    due = first_due(envelope, arrived_at, rules.calendar, rules.policy)
    return DocketRow(
        envelope_id=envelope.envelope_id,
        recipient=recipient,
        sender=envelope.sender,
        arrived_at=arrived_at,
        next_at=None if due is None else due + _MOMENT,
    )


def arrival_tallies(row: DocketRow, envelope: EnvelopeOutline) -> Iterator[Tally]:
    """Count a document that reached a recipient."""
    month = month_of(row.arrived_at)
    for count in _sorts(_RECEIVED, envelope):
        yield Tally(month, row.recipient, count)


def sending_tallies(envelope: EnvelopeOutline, rules: Rules) -> Iterator[Tally]:
    """Count a document that was sent."""
    month, sender = month_of(envelope.accepted_at), envelope.sender
    for count in _sorts(_SENT, envelope):
        yield Tally(month, sender, count)
    yield Tally(month, sender, Count.SENT_DELIVERIES, len(envelope.reached))
    clock = send_clock(envelope, rules.calendar, rules.policy)
    if clock is not None:
        yield Tally(month, sender, _counted(clock))


def judge_row(
    row: DocketRow,
    facts: DeliveryFacts,
    rules: Rules,
    *,
    answerable: Answerable,
    now: datetime,
) -> RowChange:
    """Settle what has ended, find what is late, and tell those above in turn.

    Args:
        row: as it is stored.
        facts: what the recipient did.
        rules: calendar and policy.
        answerable: for recipient and sender.
        now: when it is looked at.
    """
    clocks = recipient_clocks(facts, rules.calendar, rules.policy)
    halted = [one for one in clocks if facts.is_asked_back and one.met_at is None]
    running = [one for one in clocks if one not in halted]
    fresh = [
        one
        for one in running
        if one.name not in row.settled and (one.ended_at or one.due_at < now)
    ]
    settled = row.settled | {one.name for one in fresh}
    late = [one for one in clocks if one.name in settled and _is_late(one, now)]
    higher = _higher(late, rules.policy, answerable.above, now)
    told = _told(row, answerable, higher) if late else ()
    unsettled = [one for one in running if one.name not in settled]
    rest = _rest(late, rules.policy, answerable.above, now)
    after = replace(
        row,
        next_at=_next_look(unsettled, (*late, *halted), now, rest),
        settled=settled,
        late=tuple(LateClock(one.name, one.due_at) for one in late),
        told=told,
        version=row.version + 1,
    )
    return RowChange(
        before=row,
        after=after,
        tallies=tuple(_settling(row, fresh)),
        overdue=tuple(_passed(fresh)),
        escalated=tuple(_escalated(row, answerable, told, higher)),
    )


def _sorts(counts: _Sorts, envelope: EnvelopeOutline) -> Iterator[Count]:
    matter = envelope.matter
    yield counts.each
    if envelope.evidence_level is EvidenceLevel.SIGNED:
        yield counts.signed
    if not matter.paper:
        yield counts.electronic_only
    if matter.application:
        yield counts.one_stop
    if matter.tasks:
        yield counts.for_tasks


def _settling(row: DocketRow, clocks: Sequence[Clock]) -> Iterator[Tally]:
    """Count clocks; what no longer had to be done is neither in time nor late."""
    month = month_of(row.arrived_at)
    for one in clocks:
        if one.met_at is not None or one.stopped_at is None:
            yield Tally(month, row.recipient, _counted(one))


def _counted(clock: Clock) -> Count:
    in_time, late = _COUNTED[clock.name]
    is_met = clock.met_at is not None and clock.met_at <= clock.due_at
    return in_time if is_met else late


def _passed(clocks: Sequence[Clock]) -> Iterator[LateClock]:
    for one in clocks:
        if one.ended_at is None or one.ended_at > one.due_at:
            yield LateClock(one.name, one.due_at)


def _is_late(clock: Clock, now: datetime) -> bool:
    return clock.state(now, timedelta()) is ClockState.OVERDUE


def _higher(
    late: Sequence[Clock],
    policy: DeadlinePolicy,
    above: Sequence[OrganId],
    now: datetime,
) -> Sequence[OrganId]:
    """Return the agencies above that know by now, each a while after the one below."""
    if not late:
        return ()
    passed, pause = _since_first(late, now), policy.escalation
    steps = int(passed / pause) if pause > timedelta() else policy.levels
    return above[: min(steps, policy.levels)]


def _since_first(late: Sequence[Clock], now: datetime) -> timedelta:
    return now - min(one.due_at for one in late)


def _told(
    row: DocketRow, answerable: Answerable, higher: Sequence[OrganId]
) -> tuple[OrganId, ...]:
    parties = (row.recipient, row.sender)
    heirs = (answerable.recipient, answerable.sender)
    return tuple(dict.fromkeys((*parties, *heirs, *higher)))


def _escalated(
    row: DocketRow,
    answerable: Answerable,
    told: Collection[OrganId],
    higher: Sequence[OrganId],
) -> Iterator[OrganId]:
    """Yield who is told now; what passes now is told to the recipient as such."""
    heirs = (answerable.recipient,) if row.told and told else ()
    yield from (one for one in (*heirs, *higher) if one not in row.told)


def _rest(
    late: Sequence[Clock],
    policy: DeadlinePolicy,
    above: Sequence[OrganId],
    now: datetime,
) -> timedelta:
    """Return how long a row rests: no longer than until the next above is to know."""
    most = min(policy.levels, len(above))
    if not late or len(_higher(late, policy, above, now)) >= most:
        return _LOOK_AGAIN
    pause = policy.escalation
    until_next = pause - _since_first(late, now) % pause
    return min(_LOOK_AGAIN, until_next + _MOMENT)


def _next_look(
    unsettled: Sequence[Clock],
    changeable: Sequence[Clock],
    now: datetime,
    rest: timedelta,
) -> datetime | None:
    looks = [one.due_at + _MOMENT for one in unsettled]
    if changeable:
        looks.append(now + rest)
    return min(looks, default=None)
