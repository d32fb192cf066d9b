"""A refusal as a card: what happened, whose side, what to do next."""

from dataclasses import dataclass

from aiohttp import web

from exchange.console.rendering import is_part, page
from exchange.http.problems import retry_after, status_of
from schemas.catalogue import explain
from schemas.errors import CodedError, ErrorCode, Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One problem in plain words.

    Args:
        code: stable; what one tells the help desk.
        place: where, as far as anybody may know.
    """

    code: str
    explanation: Explanation
    place: str = ""


def card_of(error: CodedError) -> Card:
    """Return the card of a refusal."""
    return card_for(error.code, str(error.place or ""))


def card_for(code: ErrorCode, place: str) -> Card:
    """Return the card of a reason."""
    return Card(code=code, explanation=explain(code), place=place)


def problem_page(
    request: web.Request, error: CodedError, *, occurrence: str
) -> web.Response:
    """Answer with the card of a refusal."""
    template = "problem_part.html" if is_part(request) else "problem.html"
    shown = page(
        request,
        template,
        status=status_of(error.code),
        card=card_of(error),
        occurrence=occurrence,
    )
    shown.headers.update(retry_after(error))
    return shown
