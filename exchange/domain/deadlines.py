"""By when the law wants what of sender and recipient, and whether it was in time.

Decree 30/2020 articles 4.2c, 18.1 (issued on the day of signing, the next working day
at the latest; urgent documents at once), 21.2c (the sender is told the same day), 23.1
(registered and submitted the same day, the next working day at the latest); Decision
28/2018 article 6 (sent on the day of signing, in the morning of the next working day
at the latest). No law counts hours: `DeadlinePolicy` says what "at once" is here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from exchange.domain.records import Envelope, EnvelopeOutline
from exchange.domain.working_days import WorkingCalendar, end_of_day
from schemas.vocabulary import Step, Urgency


class ClockName(StrEnum):
    """What somebody has to do by a moment."""

    SEND = "send"
    CONFIRM = "confirm"
    REGISTER = "register"
    ANSWER = "answer"


class ClockState(StrEnum):
    """How somebody stands towards a moment."""

    ON_TIME = "on_time"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    MET_LATE = "met_late"


CLOCKS_OF_RECIPIENT = (ClockName.CONFIRM, ClockName.REGISTER, ClockName.ANSWER)

LEGAL_BASIS: Mapping[ClockName, str] = {
    ClockName.SEND: "QĐ 28/2018, 6; NĐ 30/2020, 18.1",
    ClockName.CONFIRM: "NĐ 30/2020, 21.2c",
    ClockName.REGISTER: "NĐ 30/2020, 23.1",
    ClockName.ANSWER: "NĐ 30/2020, 24",
}
"""Where the law says so."""

_MET_BY: Mapping[ClockName, frozenset[Step]] = {
    ClockName.CONFIRM: frozenset(
        {
            *(Step.TAKEN, Step.ARRIVED, Step.REFUSED, Step.REGISTERED),
            *(Step.ASSIGNED, Step.IN_PROCESS, Step.FINISHED),
        }
    ),
    ClockName.REGISTER: frozenset(
        {
            *(Step.REFUSED, Step.REGISTERED, Step.ASSIGNED),
            *(Step.IN_PROCESS, Step.FINISHED),
        }
    ),
    ClockName.ANSWER: frozenset({Step.REFUSED, Step.FINISHED}),
}
STOPPED_BY = frozenset({Step.RECALL_REQUESTED, Step.RECALLED})
"""Who is asked to give a document back need not do anything else with it."""

DEADLINE_STEPS = frozenset().union(*_MET_BY.values()) | STOPPED_BY
"""The steps of a recipient that clocks look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePolicy:
    """What is left to those who run a hub.

    Args:
        clocks: those that are heeded.
        flash: how long "at once" is for flash documents, by day and night.
        soon: how long before its moment a clock is due soon.
        escalation: how long after its moment each next level above is told.
        levels: how many levels above are told.
    """

    clocks: frozenset[ClockName] = frozenset(ClockName)
    flash: timedelta = timedelta(hours=1)
    soon: timedelta = timedelta(hours=2)
    escalation: timedelta = timedelta(days=1)
    levels: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """What the clocks of one delivery go by.

    Args:
        arrived_at: when the recipient could read it; None while it cannot.
        steps: when the recipient took each step first.
        is_asked_back: the recipient has not said yet whether it gives the document
            back: what that stopped may go on.
    """

    envelope: Envelope
    arrived_at: datetime | None = None
    steps: Mapping[Step, datetime] = field(default_factory=dict)
    is_asked_back: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """One moment by which something has to be done.

    Args:
        name: what.
        due_at: the last moment that is in time.
        met_at: when it was done; None while it is not.
        stopped_at: when it no longer had to be done, undone; None while it has to.
    """

    name: ClockName
    due_at: datetime
    met_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        """When the clock stopped running; None while it runs."""
        ends = [one for one in (self.met_at, self.stopped_at) if one is not None]
        return min(ends) if ends else None

    def state(self, now: datetime, soon: timedelta) -> ClockState:
        """Tell how it stands; what was stopped in time is on time."""
        if self.ended_at is not None:
            is_late = self.ended_at > self.due_at
            return ClockState.MET_LATE if is_late else ClockState.ON_TIME
        if now > self.due_at:
            return ClockState.OVERDUE
        is_soon = now >= self.due_at - soon
        return ClockState.DUE_SOON if is_soon else ClockState.ON_TIME


def send_clock(
    envelope: EnvelopeOutline, calendar: WorkingCalendar, policy: DeadlinePolicy
) -> Clock | None:
    """Return the sender's clock; None where no day of signing is named."""
    signed = envelope.matter.promulgated
    if not _is_heeded(ClockName.SEND, envelope, policy) or signed is None:
        return None
    due = end_of_day(signed) if is_urgent(envelope) else _next_morning(signed, calendar)
    return Clock(ClockName.SEND, due, envelope.accepted_at)


def recipient_clocks(
    facts: DeliveryFacts, calendar: WorkingCalendar, policy: DeadlinePolicy
) -> tuple[Clock, ...]:
    """Return the recipient's clocks, the earliest first."""
    arrived = facts.arrived_at
    if arrived is None:
        return ()
    dues = _dues(facts.envelope, arrived, calendar, policy)
    found = (_clock(name, facts, due) for name, due in dues)
    return tuple(sorted(found, key=lambda one: one.due_at))


def first_due(
    envelope: EnvelopeOutline,
    arrived: datetime,
    calendar: WorkingCalendar,
    policy: DeadlinePolicy,
) -> datetime | None:
    """Return the first moment by which the recipient has to do something."""
    dues = _dues(envelope, arrived, calendar, policy)
    return min((due for _, due in dues), default=None)


def is_urgent(envelope: EnvelopeOutline) -> bool:
    """Tell whether an envelope is marked urgent, in whatever degree."""
    return envelope.urgency > Urgency.NORMAL


def _is_heeded(
    name: ClockName, envelope: EnvelopeOutline, policy: DeadlinePolicy
) -> bool:
    return name in policy.clocks and envelope.is_registrable


def _dues(
    envelope: EnvelopeOutline,
    arrived: datetime,
    calendar: WorkingCalendar,
    policy: DeadlinePolicy,
) -> Iterator[tuple[ClockName, datetime]]:
    for name in CLOCKS_OF_RECIPIENT:
        if _is_heeded(name, envelope, policy):
            due = _DUE[name](envelope, arrived, calendar, policy)
            if due is not None:
                yield name, due


def _clock(name: ClockName, facts: DeliveryFacts, due: datetime) -> Clock:
    met = _first(facts, _MET_BY[name])
    return Clock(name, due, met, _first(facts, STOPPED_BY))


def _first(facts: DeliveryFacts, steps: Collection[Step]) -> datetime | None:
    return min((facts.steps[one] for one in steps if one in facts.steps), default=None)


def _next_morning(signed: date, calendar: WorkingCalendar) -> datetime:
    return calendar.morning_end(calendar.next_working_day(signed))


_Due = Callable[
    [EnvelopeOutline, datetime, WorkingCalendar, DeadlinePolicy], datetime | None
]


def _confirm_due(
    envelope: EnvelopeOutline,
    arrived: datetime,
    calendar: WorkingCalendar,
    policy: DeadlinePolicy,
) -> datetime:
    if envelope.urgency >= Urgency.FLASH:
        return arrived + policy.flash
    return end_of_day(calendar.day_of_arrival(arrived))


def _register_due(
    envelope: EnvelopeOutline,
    arrived: datetime,
    calendar: WorkingCalendar,
    policy: DeadlinePolicy,
) -> datetime:
    if is_urgent(envelope):
        return _confirm_due(envelope, arrived, calendar, policy)
    seen = calendar.day_of_arrival(arrived)
    return end_of_day(calendar.next_working_day(seen))


def _answer_due(
    envelope: EnvelopeOutline,
    _arrived: datetime,
    _calendar: WorkingCalendar,
    _policy: DeadlinePolicy,
) -> datetime | None:
    due = envelope.matter.due_date
    return None if due is None else end_of_day(due)


_DUE: Mapping[ClockName, _Due] = {
    ClockName.CONFIRM: _confirm_due,
    ClockName.REGISTER: _register_due,
    ClockName.ANSWER: _answer_due,
}
