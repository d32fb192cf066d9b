"""Search an agency's mail; each page looks at a bounded number of documents.

What arrived is listed in the order of the log, so days become log indexes first: the
log is in the order of time, up to what stood in line at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from exchange.domain.mail_filter import MailFilter
from exchange.domain.stuck import first_id_of
from exchange.services import Caller, Services
from exchange.storage.ports import ArrivedSearch, SentSearch
from exchange.usecases.look_through_mail import (
    PAGE,
    ArrivedPage,
    SentPage,
    own_mailbox,
)
from schemas.evidence import LogEntry
from schemas.identifiers import EnvelopeId

EXAMINED: Final = 1_500
"""Documents a page looks at."""

_IN_LINE: Final = timedelta(hours=1)
_HELD: Final = timedelta(days=30)
"""What waited longer for its check than this is found without the last day alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMail:
    """What somebody looks for.

    Args:
        before: where the page before ended; empty for the first.
    """

    caller: Caller
    agency: str
    wanted: MailFilter
    before: str = ""


async def search_arrived(services: Services, command: SearchMail) -> ArrivedPage:
    """Return a page of what arrived and is what is wanted.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    code = await own_mailbox(services, command.caller, command.agency)
    wanted, before = command.wanted, None
    if command.before:
        before = int(command.before)
    elif wanted.until is not None:
        before = await _first_entry(services, wanted.until + _HELD)
    since = wanted.since and await _first_entry(services, wanted.since - _IN_LINE)
    query = ArrivedSearch(
        recipient=code,
        wanted=wanted,
        before=before,
        since=since or 0,
        limit=PAGE,
        examined=EXAMINED,
    )
    found = await services.storage.mailboxes.search_arrived(query)
    return ArrivedPage(found.items, found.older)


async def search_sent(services: Services, command: SearchMail) -> SentPage:
    """Return a page of what was sent and is what is wanted.

    Raises:
        ExchangeError: the caller does not act for the agency.
    """
    code = await own_mailbox(services, command.caller, command.agency)
    wanted, before = command.wanted, None
    if command.before:
        before = EnvelopeId(command.before)
    elif wanted.until is not None:
        before = first_id_of(wanted.until)
    query = SentSearch(
        sender=code,
        wanted=wanted,
        before=before,
        since=first_id_of(wanted.since) if wanted.since else "",
        limit=PAGE,
        examined=EXAMINED,
    )
    mailboxes = services.storage.mailboxes
    found = await mailboxes.search_sent(query)
    states = await mailboxes.states([one.envelope_id for one in found.items])
    return SentPage(found.items, states, found.older)


async def _first_entry(services: Services, moment: datetime) -> int:
    """Return the index of the first log entry of a moment or later."""
    log = services.storage.log
    first, end = 0, await log.size()
    while first < end:
        middle = (first + end) // 2
        (leaf,) = await log.leaves(middle, limit=1)
        if LogEntry.from_bytes(leaf.content).at < moment:
            first = middle + 1
        else:
            end = middle
    return first
