"""Envelopes and moments as clocks look at them; Vietnamese time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from exchange.domain.links import Matter
from exchange.domain.records import Envelope
from exchange.settings.calendar import CalendarSettings
from exchange.working_calendar import working_calendar
from schemas.timestamps import VIETNAM
from tests.support.stored import acceptance

CALENDAR = working_calendar(CalendarSettings())
FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)


def at(day: date, clock: str) -> datetime:
    """Return a moment by the day and the clock in Vietnam."""
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=VIETNAM)
    return moment.astimezone(UTC)


def envelope_of(
    *,
    urgency: int = 0,
    signed: date | None = FRIDAY,
    due: date | None = None,
    accepted_at: datetime | None = None,
) -> Envelope:
    return replace(
        acceptance(1).envelope,
        urgency=urgency,
        matter=Matter(promulgated=signed, due_date=due),
        accepted_at=accepted_at or at(FRIDAY, "09:00"),
    )


def last_moment_of(day: date) -> datetime:
    return at(day + timedelta(days=1), "00:00") - timedelta(milliseconds=1)
