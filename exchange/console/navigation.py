"""Where each role can go from every page."""

from dataclasses import dataclass
from typing import Final

from exchange.domain.roles import AccessRole

_CLERKS: Final = frozenset({AccessRole.CLERK})
_PEOPLE: Final = frozenset(AccessRole) - {AccessRole.SYSTEM}
_DESK: Final = frozenset({AccessRole.CLERK, AccessRole.OFFICIAL})
_OPERATORS: Final = frozenset({AccessRole.OPERATOR})
_AUDITORS: Final = frozenset({AccessRole.AUDITOR})
_WATCHERS: Final = frozenset({AccessRole.OPERATOR, AccessRole.AUDITOR})


@dataclass(frozen=True, slots=True)
class Entry:
    """One place.

    Args:
        path: of the page.
        words: key of its name.
        roles: who sees it.
    """

    path: str
    words: str
    roles: frozenset[AccessRole]


ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("/inbox", "mail.inbox", _DESK),
    Entry("/outbox", "mail.outbox", _DESK),
    Entry("/signing", "signing.title", _DESK),
    Entry("/verify", "verify.title", _PEOPLE),
    Entry("/compose", "compose.title", _CLERKS),
    Entry("/operations", "operations.title", _WATCHERS),
    Entry("/deliveries", "operations.deliveries", _WATCHERS),
    Entry("/registers", "register.title", _DESK),
    Entry("/statistics", "statistics.title", _PEOPLE),
    Entry("/approvals", "approvals.title", _OPERATORS),
    Entry("/audit", "audit.title", _AUDITORS),
    Entry("/directory", "directory.title", _PEOPLE),
)
"""In the order of the page."""


def entries_for(role: AccessRole | None) -> tuple[Entry, ...]:
    """Return what a role sees."""
    return tuple(one for one in ENTRIES if role in one.roles)
