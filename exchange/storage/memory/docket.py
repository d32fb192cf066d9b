"""The docket in memory."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.docket import Count, DocketRow, RowChange, Tally
from exchange.domain.records import (
    AuditLine,
    Delivery,
    Envelope,
    StoredReceipt,
    delivery_key,
)
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.docket import ArrivalQuery, DocketEntry
from schemas.identifiers import EnvelopeId, OrganId


class MemoryDocket:
    """The docket."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._rows: dict[str, DocketRow] = {}
        self._counts: dict[tuple[str, OrganId, Count], int] = {}
        self._cursor = -1

    async def cursor(self) -> int:
        """Return the log index up to which the docket was made; -1 at first."""
        return self._cursor

    async def enter(self, entry: DocketEntry) -> bool:
        """Store rows that are not there yet, count, and move the cursor."""
        if self._cursor != entry.before:
            return False
        self._cursor = entry.after
        for row in entry.rows:
            self._rows.setdefault(_key(row), row)
        self._add(entry.tallies)
        return True

    async def due(self, *, now: datetime, limit: int) -> Sequence[DocketRow]:
        """Rows to be looked at, those that are due longest first."""
        due = sorted(
            (one.next_at, key)
            for key, one in self._rows.items()
            if one.next_at is not None and one.next_at <= now
        )
        return [self._rows[key] for _, key in due[:limit]]

    async def settle(
        self, changes: Sequence[RowChange], audit: Sequence[AuditLine]
    ) -> bool:
        """Replace rows, count, and store audit lines."""
        for change in changes:
            found = self._rows.get(_key(change.before))
            if found is None or found.version != change.before.version:
                return False
        for change in changes:
            self._rows[_key(change.after)] = change.after
            self._add(change.tallies)
        self._tables.audit.extend(audit)
        return True

    async def late(
        self, agency: OrganId | None, *, after: str, limit: int
    ) -> Sequence[DocketRow]:
        """Rows that are late to an agency, or to anybody, ordered by key."""
        found = [
            row
            for key, row in sorted(self._rows.items())
            if key > after and row.told and (agency is None or agency in row.told)
        ]
        return found[:limit]

    async def arrived(self, query: ArrivalQuery) -> Sequence[DocketRow]:
        """Rows of a recipient within a time."""
        found = sorted(
            (row.arrived_at, row.envelope_id)
            for row in self._rows.values()
            if row.recipient == query.recipient
            and query.since <= row.arrived_at < query.until
            and (query.after is None or (row.arrived_at, row.envelope_id) > query.after)
        )
        return [
            self._rows[delivery_key(one, query.recipient)]
            for _, one in found[: query.limit]
        ]

    async def envelopes(
        self, envelope_ids: Collection[EnvelopeId]
    ) -> Sequence[Envelope]:
        """Envelopes by their ids, ordered by id."""
        stored = self._tables.envelopes
        return [stored[one] for one in sorted(set(envelope_ids)) if one in stored]

    async def deliveries(
        self, keys: Collection[tuple[EnvelopeId, OrganId]]
    ) -> Sequence[Delivery]:
        """Deliveries by envelope and recipient, ordered by key."""
        stored = self._tables.deliveries
        return [stored[one] for one in sorted(keys) if one in stored]

    async def receipts(
        self, keys: Collection[tuple[EnvelopeId, str]]
    ) -> Sequence[StoredReceipt]:
        """Step receipts by envelope and key, without their bytes."""
        stored = self._tables.receipts
        return [
            replace(stored[one], content=b"") for one in sorted(keys) if one in stored
        ]

    async def tallies(
        self,
        *,
        first_month: str,
        last_month: str,
        agencies: Collection[OrganId],
        after: tuple[str, OrganId] | None = None,
        most: int = 0,
    ) -> Sequence[Tally]:
        """Counts of some agencies, of all if none is named, by month and agency."""
        found = sorted(
            Tally(month, agency, count, number)
            for (month, agency, count), number in self._counts.items()
            if first_month <= month <= last_month
            and (not agencies or agency in agencies)
            and (after is None or (month, agency) > after)
        )
        places = sorted({(one.month, one.agency) for one in found})
        shown = set(places[:most] if most else places)
        return [one for one in found if (one.month, one.agency) in shown]

    async def totals(
        self, *, first_month: str, last_month: str, agencies: Collection[OrganId]
    ) -> Sequence[Tally]:
        """Counts of the same together, by month; no agency is named in them."""
        every = await self.tallies(
            first_month=first_month, last_month=last_month, agencies=agencies
        )
        sums: dict[tuple[str, Count], int] = {}
        for one in every:
            key = (one.month, one.count)
            sums[key] = sums.get(key, 0) + one.number
        return sorted(
            Tally(month, OrganId(""), count, number)
            for (month, count), number in sums.items()
        )

    def _add(self, tallies: Iterable[Tally]) -> None:
        for one in tallies:
            key = (one.month, one.agency, one.count)
            self._counts[key] = self._counts.get(key, 0) + one.number


def _key(row: DocketRow) -> str:
    return delivery_key(row.envelope_id, row.recipient)
