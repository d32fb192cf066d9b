"""How long bodies are kept, as the settings have it."""

from exchange.domain.retention import RetentionPolicy
from exchange.errors import ExchangeError
from exchange.settings.retention import RetentionSettings
from schemas.document_kinds import document_kind_by_abbreviation
from schemas.errors import ErrorCode

_PLACE = "retention.kinds"
_MOST_YEARS = 1000
"""Of a time that can be reckoned with; 0 says for ever."""


def retention_policy(settings: RetentionSettings) -> RetentionPolicy:
    """Return how long bodies are kept.

    Raises:
        ExchangeError: a kind or years are none (CONFIGURATION_INVALID).
    """
    if not 0 <= settings.years <= _MOST_YEARS:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place="retention.years")
    return RetentionPolicy(years=settings.years, kinds=dict(map(_kind, settings.kinds)))


def _kind(text: str) -> tuple[str, float]:
    abbreviation, _, years = text.partition("=")
    found = document_kind_by_abbreviation(abbreviation)
    try:
        number = float(years)
    except ValueError as error:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=_PLACE) from error
    if found is None or not 0 <= number <= _MOST_YEARS:
        raise ExchangeError(ErrorCode.CONFIGURATION_INVALID, place=_PLACE)
    return found.abbreviation, number
