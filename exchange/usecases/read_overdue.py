"""What is late to an agency: its own, what it sent, and what it was told of."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exchange.domain.deadlines import (
    LEGAL_BASIS,
    Clock,
    ClockState,
    DeliveryFacts,
    recipient_clocks,
)
from exchange.domain.decisions import Refuse
from exchange.domain.docket import DocketRow, Rules
from exchange.domain.records import delivery_key
from exchange.domain.working_days import local_day
from exchange.services import Office
from exchange.usecases.docket import facts_of
from schemas.identifiers import OrganId
from schemas.render import reason_to_json
from schemas.timestamps import format_utc
from schemas.verdict import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueQuery:
    """Rows late to an agency; None: to anybody.

    Args:
        inherited: closed codes that lead to it; what was theirs is its own.
        after: key of the last one seen.
    """

    agency: OrganId | None
    inherited: Collection[OrganId] = ()
    after: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueItem:
    """A document that is late towards one recipient, as it stands now.

    Args:
        document_code: for its sender and recipient alone, and who took over from them.
        clocks: with the state of each.
    """

    row: DocketRow
    document_code: str
    clocks: tuple[tuple[Clock, ClockState], ...]


@dataclass(frozen=True, slots=True)
class OverduePage:
    """What is late, and the key after which to go on.

    Args:
        doubts: what is not certain of the calendar that it was counted by.
    """

    items: tuple[OverdueItem, ...]
    after: str
    doubts: tuple[Refuse, ...] = ()

    def fields(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "items": [_fields(one) for one in self.items],
            "next": self.after,
            "warnings": [
                {**reason_to_json(Reason(one.code, one.place)), "place": one.place}
                for one in self.doubts
            ],
        }


async def read_overdue(
    office: Office, rules: Rules, query: OverdueQuery
) -> OverduePage:
    """Return what is late and has not been made good since it was looked at.

    A page may be short: what was made good is left out, its key is not. It is empty
    only where nothing more is late.
    """
    now, page = office.now(), await _page(office, rules, query)
    while page.rows and not page.items:
        page = await _page(office, rules, replace(query, after=page.after))
    doubts = _doubts(page.items, rules, now)
    return OverduePage(page.items, page.after, doubts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Rows that were late when they were looked at, and those that are."""

    rows: Sequence[DocketRow]
    items: tuple[OverdueItem, ...]
    after: str


async def _page(office: Office, rules: Rules, query: OverdueQuery) -> _Page:
    now = office.now()
    rows = await office.storage.docket.late(
        query.agency, after=query.after, limit=query.limit
    )
    if not rows:
        return _Page(rows=(), items=(), after=query.after)
    facts = await facts_of(office, rows)
    judged = (
        _item(row, facts[row.envelope_id, row.recipient], rules, query, now)
        for row in rows
    )
    return _Page(
        rows=rows,
        items=tuple(one for one in judged if _is_late(one)),
        after=delivery_key(rows[-1].envelope_id, rows[-1].recipient),
    )


def _item(
    row: DocketRow,
    facts: DeliveryFacts,
    rules: Rules,
    query: OverdueQuery,
    now: datetime,
) -> OverdueItem:
    clocks = recipient_clocks(facts, rules.calendar, rules.policy)
    own = {query.agency, *query.inherited}
    is_party = not own.isdisjoint((row.recipient, row.sender))
    return OverdueItem(
        row=row,
        document_code=facts.envelope.document_code if is_party else "",
        clocks=tuple((one, one.state(now, rules.policy.soon)) for one in clocks),
    )


def _doubts(
    items: Iterable[OverdueItem], rules: Rules, now: datetime
) -> tuple[Refuse, ...]:
    """Return what is not certain of the years of today and of all moments shown."""
    due = (clock.due_at for one in items for clock, _ in one.clocks)
    return tuple(rules.calendar.doubts(map(local_day, (now, *due))))


def _is_late(item: OverdueItem) -> bool:
    return any(state is ClockState.OVERDUE for _, state in item.clocks)


def _fields(item: OverdueItem) -> dict[str, object]:
    row = item.row
    return {
        "envelope": row.envelope_id,
        "recipient": row.recipient,
        "sender": row.sender,
        "document_code": item.document_code,
        "arrived_at": format_utc(row.arrived_at),
        "told": list(row.told),
        "clocks": list(_clocks(item.clocks)),
    }


def _clocks(clocks: Sequence[tuple[Clock, ClockState]]) -> Iterator[dict[str, object]]:
    for clock, state in clocks:
        yield {
            "clock": clock.name,
            "state": state,
            "due_at": format_utc(clock.due_at),
            "met_at": format_utc(clock.met_at) if clock.met_at else None,
            "law": LEGAL_BASIS[clock.name],
        }
