"""By what deadlines are judged, as the settings have it."""

from datetime import timedelta

from exchange.domain.deadlines import ClockName, DeadlinePolicy
from exchange.domain.docket import Rules
from exchange.errors import ExchangeError
from exchange.settings.calendar import CalendarSettings
from exchange.settings.deadlines import DeadlineSettings
from exchange.working_calendar import working_calendar
from schemas.errors import ErrorCode


def deadline_rules(calendar: CalendarSettings, deadlines: DeadlineSettings) -> Rules:
    """Return calendar and policy.

    Raises:
        ExchangeError: the calendar or a clock is none (CONFIGURATION_INVALID).
    """
    try:
        clocks = frozenset(map(ClockName, deadlines.clocks))
    except ValueError as error:
        place = "deadlines.clocks"
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=place) from error
    policy = DeadlinePolicy(
        clocks=clocks,
        flash=timedelta(minutes=deadlines.flash_minutes),
        soon=timedelta(hours=deadlines.soon_hours),
        escalation=timedelta(hours=deadlines.escalation_hours),
        levels=deadlines.levels,
    )
    return Rules(working_calendar(calendar), policy)
