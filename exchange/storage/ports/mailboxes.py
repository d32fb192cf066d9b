"""Mail as people look through it: the newest first, a page at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from exchange.domain.mail_filter import MailFilter
from exchange.domain.records import Envelope, InboxItem
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class SentQuery:
    """Documents an agency sent.

    Args:
        before: only older ones than this.
        limit: most of them.
    """

    sender: OrganId
    before: EnvelopeId | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedSearch:
    """A search among visible deliveries of a recipient, the newest first.

    Args:
        before: only below this log index; None: from the newest on.
        since: not below this one.
        limit: most that are returned.
        examined: most that are looked at; what that costs is bounded by it.
        wanted: what they must be.
    """

    recipient: OrganId
    wanted: MailFilter
    before: int | None = None
    since: int = 0
    limit: int = 50
    examined: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSearch:
    """A search among documents an agency sent, the newest first.

    Args:
        before: only older ones than this; None: from the newest on.
        since: no older one than this.
        limit: most that are returned.
        examined: most that are looked at.
        wanted: what they must be.
    """

    sender: OrganId
    wanted: MailFilter
    before: EnvelopeId | None = None
    since: str = ""
    limit: int = 50
    examined: int = 2_000


@dataclass(frozen=True, slots=True)
class ArrivedFound:
    """What a search found.

    Args:
        older: where to look on; None where everything was looked at.
    """

    items: tuple[InboxItem, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class SentFound:
    """What a search found.

    Args:
        older: where to look on; None where everything was looked at.
    """

    items: tuple[Envelope, ...]
    older: EnvelopeId | None


class MailboxStore(Protocol):
    """Mail as people look through it."""

    async def arrived(
        self, recipient: OrganId, *, before: int | None, limit: int
    ) -> Sequence[InboxItem]:
        """Visible deliveries with a log index below `before`, newest first."""

    async def sent(self, query: SentQuery) -> Sequence[Envelope]:
        """Documents an agency sent, newest first."""

    async def search_arrived(self, query: ArrivedSearch) -> ArrivedFound:
        """Visible deliveries that are what is wanted, newest first."""

    async def search_sent(self, query: SentSearch) -> SentFound:
        """Documents an agency sent that are what is wanted, newest first."""

    async def states(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Mapping[EnvelopeId, Mapping[DeliveryState, int]]:
        """How many deliveries of each envelope are in each state."""
