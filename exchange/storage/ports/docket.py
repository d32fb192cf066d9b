"""The docket: what reached whom, what is late, and what is counted of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exchange.domain.counting import AgencyCounts, LevelTally
from exchange.domain.directory import Directory
from exchange.domain.docket import DocketRow, RowChange, Tally
from exchange.domain.records import (
    AuditLine,
    Delivery,
    Envelope,
    EnvelopeOutline,
    StoredReceipt,
)
from schemas.identifiers import EnvelopeId, OrganId


@dataclass(frozen=True, slots=True)
class Arrival:
    """An envelope became visible to a recipient with the log entry of an index."""

    index: int
    envelope_id: EnvelopeId
    recipient: OrganId


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a stretch of the log brought.

    Args:
        until: the index of its last entry.
        leaves: canonical bytes of the entries that may have shown something.
        arrivals: what they made visible, in log order.
        accepted: envelopes that were accepted, in log order.
        envelopes: those that arrived and those that were accepted, at least.
    """

    until: int
    leaves: Mapping[int, bytes]
    arrivals: Sequence[Arrival]
    accepted: Sequence[EnvelopeId]
    envelopes: Mapping[EnvelopeId, EnvelopeOutline]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocketEntry:
    """What log entries brought, entered at once or not at all.

    Args:
        before: the log index up to which the docket was made; -1 at first.
        after: the same afterwards.
        counts: one of each agency and month at most.
    """

    before: int
    after: int
    rows: Collection[DocketRow]
    counts: Collection[AgencyCounts]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalQuery:
    """Rows of one recipient, in the order of their arrival.

    Args:
        since: from this moment on.
        until: before this one.
        after: arrival and envelope of the last row seen.
        limit: most of them.
    """

    recipient: OrganId
    since: datetime
    until: datetime
    after: tuple[datetime, EnvelopeId] | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyQuery:
    """Counts of agencies in months, by month and agency.

    Args:
        first_month: as in ``2026-11``.
        last_month: likewise, included.
        agency: whose; all if none is named.
        with_below: also of the agencies that were below it.
        after: month and agency of the last that was seen.
        most: how many agencies in months; 0: all.
    """

    first_month: str
    last_month: str
    agency: OrganId | None = None
    with_below: bool = False
    after: tuple[str, OrganId] | None = None
    most: int = 0


class DocketStore(Protocol):
    """The docket."""

    async def cursor(self) -> int:
        """The log index up to which the docket was made; -1 at first."""

    async def followed(self, after: int, *, limit: int) -> Followed:
        """What the log entries after an index brought, at most so many of them.

        Fewer, but one, where they show more than can be entered at once.
        """

    async def enter(self, entry: DocketEntry) -> bool:
        """Store rows that are not there yet, count, and move the cursor.

        Nothing of it, and False, if the cursor is not at `entry.before`.
        """

    async def due(self, *, now: datetime, limit: int) -> Sequence[DocketRow]:
        """Rows to be looked at, those that are due longest first."""

    async def settle(
        self,
        changes: Sequence[RowChange],
        counts: Collection[AgencyCounts],
        audit: Sequence[AuditLine],
    ) -> bool:
        """Replace rows, count, and store audit lines.

        Nothing of it, and False, if one of the rows is not as it was.
        """

    async def late(
        self, agency: OrganId | None, *, after: str, limit: int
    ) -> Sequence[DocketRow]:
        """Rows that are late to an agency, or to anybody, ordered by key."""

    async def arrived(self, query: ArrivalQuery) -> Sequence[DocketRow]:
        """Rows of a recipient within a time."""

    async def envelopes(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Sequence[Envelope]:
        """Envelopes by their ids, ordered by id."""

    async def deliveries(
        self, keys: Collection[tuple[EnvelopeId, OrganId]]
    ) -> Sequence[Delivery]:
        """Deliveries by envelope and recipient, ordered by key."""

    async def receipts(
        self, keys: Collection[tuple[EnvelopeId, str]]
    ) -> Sequence[StoredReceipt]:
        """Step receipts by envelope and key, without their bytes."""

    async def tallies(self, query: TallyQuery) -> Sequence[Tally]:
        """Counts by month and agency."""

    async def level_tallies(
        self, above: OrganId, *, first_month: str, last_month: str
    ) -> Sequence[LevelTally]:
        """Sums of all agencies that were below one, by month and level.

        Args:
            above: the agency, or `EVERYBODY`.
            first_month: as in ``2026-11``.
            last_month: likewise, included.
        """

    async def recount(
        self, month: str, directory: Directory, audit: AuditLine
    ) -> Collection[OrganId]:
        """Give the counts of a month the places a directory has, and add up anew.

        All of it, with the audit line, or nothing; what is counted meanwhile counts.

        Args:
            month: as in ``2026-11``.
            directory: has where each agency stood.
            audit: who asked for it.

        Returns:
            Agencies that now count below others than before.
        """
