"""The search form above a list of mail, as a query of the page's address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from exchange.console.keys import FINDER
from exchange.domain.mail_filter import MailFilter
from exchange.errors import ExchangeError
from exchange.http.keys import SERVICES
from exchange.usecases.directory import current_directory
from schemas.errors import ErrorCode
from schemas.folding import folded
from schemas.identifiers import OrganId
from schemas.vocabulary import DeliveryState, Urgency

FIELDS: Final = ("q", "party", "since", "until", "urgency", "state", "paper")
_VIETNAM: Final = timezone(timedelta(hours=7))
_FIRST_YEAR: Final = 1945
_LAST_YEAR: Final = 9_000
_LONGEST: Final = 200
_MOST_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class MailSearch:
    """A search as it was asked for.

    Args:
        typed: every field as it was typed, by name.
        wanted: what that means.
        agency: the closed one whose mail is looked through; empty for one's own.
    """

    typed: Mapping[str, str]
    wanted: MailFilter
    agency: str = ""

    @property
    def fields(self) -> Mapping[str, str]:
        """What was typed, without what was left empty."""
        return {name: text for name, text in self.typed.items() if text}

    @property
    def is_wide(self) -> bool:
        """Whether more than the words was asked for."""
        return bool(self.fields.keys() - {"q"})

    def address(self, path: str, before: object = None) -> str:
        """Return the address of a page of the same search."""
        place = {} if before is None else {"before": str(before)}
        return _address(path, {**self._mailbox, **self.fields, **place})

    def everything(self, path: str) -> str:
        """Return the address of the same mail, where nothing is looked for."""
        return _address(path, self._mailbox)

    @property
    def _mailbox(self) -> Mapping[str, str]:
        return {"agency": self.agency} if self.agency else {}


def _address(path: str, fields: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(fields)}" if fields else path


async def mail_search_of(request: web.Request) -> MailSearch:
    """Read what is looked for.

    Raises:
        ExchangeError: a field is none of its kind (REQUEST_INVALID).
    """
    typed = {name: _text(request, name) for name in FIELDS}
    since, until = (_day(name, typed[name]) for name in ("since", "until"))
    wanted = MailFilter(
        words=tuple(folded(typed["q"]).split()[:_MOST_WORDS]),
        parties=await _parties(request, typed["party"]),
        since=since,
        until=until and until + timedelta(days=1),
        urgency=_urgency(typed["urgency"]),
        state=_state(typed["state"]),
        paper=_paper(typed["paper"]),
    )
    return MailSearch(typed, wanted, _text(request, "agency"))


async def _parties(request: web.Request, typed: str) -> frozenset[OrganId] | None:
    """Return the agencies that may be meant by a name or a code."""
    words = folded(typed)
    if not words:
        return None
    known = await current_directory(request.app[SERVICES])
    # All of them: a name of many is that of the one whose mail is looked for, too.
    return frozenset(one.code for one in request.app[FINDER].names.found(known, words))


def _text(request: web.Request, name: str) -> str:
    text = request.query.get(name, "").strip()
    if len(text) > _LONGEST:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return text


def _day(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name) from error
    # Days at the ends of the calendar have no moment in UTC.
    if not _FIRST_YEAR <= day.year < _LAST_YEAR:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place=name)
    return datetime.combine(day, time(), _VIETNAM)


def _urgency(text: str) -> int:
    known = {str(int(one)): int(one) for one in Urgency}
    if text and text not in known:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="urgency")
    return known.get(text, 0)


def _paper(text: str) -> bool | None:
    if text not in {"", "true", "false"}:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="paper")
    return text == "true" if text else None


def _state(text: str) -> DeliveryState | None:
    try:
        return DeliveryState(text) if text else None
    except ValueError as error:
        raise ExchangeError(ErrorCode.REQUEST_INVALID, place="state") from error
