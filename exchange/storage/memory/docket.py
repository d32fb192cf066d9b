"""The docket in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from exchange.domain.counting import (
    AgencyCounts,
    LevelKey,
    LevelTally,
    gathered,
    level_sums,
)
from exchange.domain.directory import Directory
from exchange.domain.docket import Count, DocketRow, RowChange, Tally
from exchange.domain.records import (
    AuditLine,
    Delivery,
    Envelope,
    StoredReceipt,
    delivery_key,
)
from exchange.storage.memory.tables import Tables
from exchange.storage.ports.docket import (
    Arrival,
    ArrivalQuery,
    DocketEntry,
    Followed,
    TallyQuery,
)
from schemas.identifiers import EnvelopeId, OrganId
from schemas.vocabulary import LogEntryType


class MemoryDocket:
    """The docket."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._rows: dict[str, DocketRow] = {}
        self._counts: dict[tuple[str, OrganId, Count], int] = {}
        self._above: dict[tuple[str, OrganId], set[OrganId]] = {}
        self._sums: dict[tuple[LevelKey, Count], int] = {}
        self._cursor = -1

    async def cursor(self) -> int:
        """Return the log index up to which the docket was made; -1 at first."""
        return self._cursor

    async def followed(self, after: int, *, limit: int) -> Followed:
        """What the log entries after an index brought, at most so many of them."""
        entries = self._tables.entries[after + 1 : after + 1 + limit]
        shown = {one.index: one.entry for one in entries if one.entry.makes_visible}
        arrivals = sorted(
            (one.log_index, one.recipient, one.envelope_id)
            for one in self._tables.deliveries.values()
            if one.log_index in shown
        )
        accepted = {
            one.entry.envelope_id: None
            for one in entries
            if one.entry.entry_type is LogEntryType.ACCEPTED
            and one.entry.envelope_id in self._tables.envelopes
        }
        named = {*accepted, *(one for _, _, one in arrivals)}
        return Followed(
            until=entries[-1].index if entries else after,
            leaves={index: one.leaf for index, one in shown.items()},
            arrivals=[Arrival(at, one, to) for at, to, one in arrivals],
            accepted=tuple(accepted),
            envelopes={one: self._tables.envelopes[one] for one in named},
        )

    async def enter(self, entry: DocketEntry) -> bool:
        """Store rows that are not there yet, count, and move the cursor."""
        if self._cursor != entry.before:
            return False
        self._cursor = entry.after
        for row in entry.rows:
            self._rows.setdefault(_key(row), row)
        self._add(entry.counts)
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
        self,
        changes: Sequence[RowChange],
        counts: Collection[AgencyCounts],
        audit: Sequence[AuditLine],
    ) -> bool:
        """Replace rows, count, and store audit lines."""
        for change in changes:
            found = self._rows.get(_key(change.before))
            if found is None or found.version != change.before.version:
                return False
        for change in changes:
            self._rows[_key(change.after)] = change.after
        self._add(counts)
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

    async def tallies(self, query: TallyQuery) -> Sequence[Tally]:
        """Counts by month and agency."""
        found = sorted(
            Tally(month, agency, count, number)
            for (month, agency, count), number in self._counts.items()
            if query.first_month <= month <= query.last_month
            and self._is_of(query, month, agency)
            and (query.after is None or (month, agency) > query.after)
        )
        places = sorted({(one.month, one.agency) for one in found})
        shown = set(places[: query.most] if query.most else places)
        return [one for one in found if (one.month, one.agency) in shown]

    async def level_tallies(
        self, above: OrganId, *, first_month: str, last_month: str
    ) -> Sequence[LevelTally]:
        """Sums of all agencies that were below one, by month and level."""
        return sorted(
            LevelTally(key.month, key.level, count, number)
            for (key, count), number in self._sums.items()
            if key.above == above and first_month <= key.month <= last_month
        )

    async def recount(
        self, month: str, directory: Directory, audit: AuditLine
    ) -> Collection[OrganId]:
        """Give the counts of a month the places a directory has, and add up anew."""
        counted = gathered(self._tallies_of(month), directory)
        moved = {
            one.agency
            for one in counted
            if self._above[month, one.agency] != set(one.place.above)
        }
        for key in [one for one in self._sums if one[0].month == month]:
            del self._sums[key]
        for one in counted:
            self._above[month, one.agency] = set(one.place.above)
        self._add_up(counted)
        self._tables.audit.append(audit)
        return moved

    def _tallies_of(self, month: str) -> list[Tally]:
        return [
            Tally(month, agency, count, number)
            for (counted_in, agency, count), number in self._counts.items()
            if counted_in == month
        ]

    def _is_of(self, query: TallyQuery, month: str, agency: OrganId) -> bool:
        if query.agency is None or agency == query.agency:
            return True
        return query.with_below and query.agency in self._above[month, agency]

    def _add(self, counted: Collection[AgencyCounts]) -> None:
        for one in counted:
            above = self._above.setdefault((one.month, one.agency), set())
            above.update(one.place.above)
            for count, number in one.counts.items():
                name = (one.month, one.agency, count)
                self._counts[name] = self._counts.get(name, 0) + number
        self._add_up(counted)

    def _add_up(self, counted: Collection[AgencyCounts]) -> None:
        for key, counts in level_sums(counted).items():
            for count, number in counts.items():
                self._sums[key, count] = self._sums.get((key, count), 0) + number


def _key(row: DocketRow) -> str:
    return delivery_key(row.envelope_id, row.recipient)
