"""What of a hub needs attention, from what its page shows: the headline follows it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from exchange.domain.records import AuditLine
from exchange.usecases.check_parts import CheckedPart
from exchange.usecases.hub_health import FollowedList, Growth

_FEW_DAYS: Final = 14
_MOODS: Final = ("bad", "unsure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is looked at.

    Args:
        degraded: what the process itself says needs attention.
        lists: revocation lists.
        last_audit: of the log.
        checked: what was asked just now.
    """

    degraded: Sequence[str]
    lists: Sequence[FollowedList]
    last_audit: AuditLine | None
    growth: Growth
    checked: Sequence[CheckedPart] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One thing that is not as it should be.

    Args:
        mood: ``bad`` or ``unsure``.
        words: key of what it is; empty where `about` says it all.
        about: which one: a name or a code.
    """

    mood: str
    words: str = ""
    about: str = ""


def concerns_of(parts: Parts) -> tuple[Concern, ...]:
    """Return what is not well, the worst first; empty when all is."""
    found = (
        *(Concern(mood="unsure", about=one) for one in parts.degraded),
        *_of_lists(parts.lists),
        *_of_audit(parts.last_audit),
        *_of_room(parts.growth),
        *_of_checks(parts.checked),
    )
    return tuple(sorted(found, key=lambda one: _MOODS.index(one.mood)))


def _of_lists(lists: Iterable[FollowedList]) -> Iterator[Concern]:
    for one in lists:
        if one.mood != "good":
            yield Concern(mood=one.mood, words="operations.lists", about=one.issuer)


def _of_audit(last: AuditLine | None) -> Iterator[Concern]:
    if last is not None and last.code:
        yield Concern(mood="bad", words="operations.last_audit", about=last.code)


def _of_room(growth: Growth) -> Iterator[Concern]:
    left = growth.days_left
    if left is not None and left < _FEW_DAYS:
        yield Concern(mood="unsure" if left else "bad", words="operations.free")


def _of_checks(checked: Iterable[CheckedPart]) -> Iterator[Concern]:
    for one in checked:
        if one.code is not None:
            words = f"operations.part.{one.part}"
            yield Concern(mood="bad", words=words, about=one.code)
