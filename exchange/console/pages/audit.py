"""The audit trail, the newest first, narrowed by what an auditor asks for."""

from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from exchange.console.pages.deliveries import whole_hub
from exchange.console.rendering import page, visitor_of
from exchange.console.words.catalogue import WORDS, say
from exchange.domain.directory_file import read_moment
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.storage.ports import AuditQuery
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent

_LONGEST = 200
_DAY = timedelta(days=1)
_FILTERS = ("event", "actor", "subject", "since", "until")


async def audit(request: web.Request) -> web.StreamResponse:
    """Show a page of the trail."""
    whole_hub(request)
    fields = {name: _text(request, name) for name in _FILTERS}
    before = _text(request, "before")
    query = AuditQuery(
        event=_event(fields["event"]),
        actor=fields["actor"],
        subject=fields["subject"],
        since=_moment("since", fields["since"]),
        until=_moment("until", fields["until"], later=_DAY),
        before=before,
    )
    found = await request.app[SERVICES].storage.audit.search(query)
    kept = urlencode({name: value for name, value in fields.items() if value})
    return page(
        request,
        "audit.html",
        lines=found.lines,
        events=tuple(AuditEvent),
        event_word=partial(_word, visitor_of(request).language),
        fields=fields,
        newer=f"/audit?{kept}" if before else "",
        older=f"/audit?{kept}&before={found.older}" if found.older else "",
    )


def _word(language: str, event: AuditEvent) -> str:
    """Return the name of an event; one that is newer than the words has none."""
    key = f"event.{event}"
    return say(key, language) if key in WORDS else event


def _text(request: web.Request, name: str) -> str:
    text = request.query.get(name, "").strip()
    if len(text) > _LONGEST:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return text


def _event(text: str) -> AuditEvent | None:
    try:
        return AuditEvent(text) if text else None
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="event") from error


def _moment(name: str, text: str, *, later: timedelta = timedelta()) -> datetime | None:
    """Return what a field names, or a time after it; None where it is empty."""
    try:
        return read_moment(text) + later if text else None
    except (ValueError, OverflowError) as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name) from error
