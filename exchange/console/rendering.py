"""Filling templates; every value is escaped, every name must be there."""

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from exchange.console.keys import TEMPLATES, VISITOR
from exchange.console.navigation import entries_for
from exchange.console.visitor import Visitor
from exchange.console.words.catalogue import say
from schemas.catalogue import explain
from schemas.errors import ErrorCode, Text

_VIETNAM = timezone(timedelta(hours=7))
_HTML = "text/html"
SEEN = "seen"
"""Of the query: what a page shows already; only a page that looks by itself says so."""

LIVE_PATHS = "/live/"
"""Of streams that tell pages of news."""

_DIRECTIONS = dict.fromkeys(
    (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
"""Marks and overrides of the direction of writing; Vietnamese needs none."""


def template_environment() -> Environment:
    """Return the templates of all pages."""
    environment = Environment(
        loader=PackageLoader("exchange.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_straight,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["local"] = local_time
    environment.filters["day"] = local_day
    environment.filters["explained"] = _explained
    return environment


def _straight(value: object) -> object:
    """Take out of a text what would show it in another order than it has (UTR 36)."""
    return value.translate(_DIRECTIONS) if isinstance(value, str) else value


def _explained(code: ErrorCode) -> Text:
    """Return what a code says to people."""
    return explain(code).message


def local_time(moment: datetime | None) -> str:
    """Write a moment as clerks read it: day and minute in Vietnam."""
    return moment.astimezone(_VIETNAM).strftime("%d/%m/%Y %H:%M") if moment else ""


def local_day(moment: datetime | None) -> str:
    """Write the day of a moment in Vietnam."""
    return moment.astimezone(_VIETNAM).strftime("%d/%m/%Y") if moment else ""


def page(
    request: web.Request, template: str, *, status: int = 200, **values: Any
) -> web.Response:
    """Answer with a page, filled for whoever looks.

    Args:
        request: what is answered.
        template: file below `templates/`.
        status: HTTP status.
        values: names the template knows besides those of every page.
    """
    visitor = visitor_of(request)
    filled = request.app[TEMPLATES].get_template(template)
    text = filled.render(**_everywhere(request, visitor), **values)
    return web.Response(status=status, text=text, content_type=_HTML)


def visitor_of(request: web.Request) -> Visitor:
    """Return who looks; before that is known, nobody."""
    visitor: Visitor = request.get(VISITOR, Visitor())
    return visitor


def _everywhere(request: web.Request, visitor: Visitor) -> dict[str, Any]:
    came_from = _came_from(request)
    return {
        "visitor": visitor,
        "language": visitor.language,
        "other_language": "vi" if visitor.language == "en" else "en",
        "path": request.path,
        "came_from": came_from,
        "here": came_from or request.path_qs,
        "w": partial(_said, visitor.language),
        "text": partial(_in_language, visitor.language),
        "navigation": entries_for(visitor.role),
    }


def _came_from(request: web.Request) -> str:
    """Return the page whose form was sent; home where it is not known, else empty.

    The address that a form is sent to is no page to go to.
    """
    if request.method in {"GET", "HEAD"}:
        return ""
    try:
        page_of_form = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    path = page_of_form.path
    is_own = page_of_form.netloc == request.host and not path.startswith("//")
    return f"{path}?{page_of_form.query}".rstrip("?") if is_own and path else "/"


def _said(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)


def _in_language(language: str, text: Text) -> str:
    return text.en if language == "en" else text.vi


def see_other(path: str) -> web.Response:
    """Answer a form: look there now.

    Args:
        path: of this console, from its root.
    """
    return web.Response(status=303, headers={"Location": path})


def onward(request: web.Request, path: str) -> web.Response:
    """Answer a form that is done: look there now, also where a page sent it itself."""
    if is_part(request):
        return web.Response(headers={"HX-Redirect": path})
    return see_other(path)


def is_look(request: web.Request) -> bool:
    """Tell whether a page looks for news by itself; nobody need sit before it."""
    is_stream = request.path.startswith(LIVE_PATHS)
    return is_stream or (is_part(request) and SEEN in request.query)


def is_part(request: web.Request) -> bool:
    """Tell whether only a part of a page is asked for (htmx)."""
    return request.headers.get("HX-Request") == "true"
