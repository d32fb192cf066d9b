"""When a revocation list is due, and when somebody has to be told about it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_DUE = 1 / 2
_LOW = 1 / 4


class ListAlarm(StrEnum):
    """What an operator has to know of a list."""

    NONE = "none"
    LOW = "low"  # less than a quarter of its life is left
    LAPSED = "lapsed"  # its certificates are refused everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPeriod:
    """When a list counts (RFC 5280 5.1.2.4, 5.1.2.5)."""

    this_update: datetime
    next_update: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFacts:
    """What is known of the list of one CA.

    Args:
        label: names the CA.
        is_ours: its key is here, so that its list can be made here.
        period: of the published list; None if there is none that can be read.
    """

    label: str
    is_ours: bool
    period: ListPeriod | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDecision:
    """What to do about a list.

    Args:
        publish: make a new one now.
        alarm: tell an operator.
        seconds_left: until it lapses; negative since it has.
    """

    publish: bool
    alarm: ListAlarm
    seconds_left: float


def decide(facts: ListFacts, now: datetime) -> ListDecision:
    """Decide about one list.

    A list is renewed at half of its life, so that a process that was down for as long
    still comes in time. One that begins later than now was made by a wrong clock; it
    does not count, and is replaced.
    """
    period = facts.period
    if period is None or now < period.this_update:
        return ListDecision(
            publish=facts.is_ours, alarm=ListAlarm.LAPSED, seconds_left=0.0
        )
    left = (period.next_update - now).total_seconds()
    share = left / (period.next_update - period.this_update).total_seconds()
    return ListDecision(
        publish=facts.is_ours and share <= _DUE,
        alarm=_alarm(share),
        seconds_left=left,
    )


def _alarm(share: float) -> ListAlarm:
    if share <= 0:
        return ListAlarm.LAPSED
    return ListAlarm.LOW if share < _LOW else ListAlarm.NONE
