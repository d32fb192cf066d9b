"""The one table of pages: a row says who may see it, or nobody may."""

from dataclasses import replace

from exchange.console.tables.directory import DIRECTORY_PAGES
from exchange.console.tables.live import LIVE_STREAMS
from exchange.console.tables.mail import MAIL_PAGES
from exchange.console.tables.operations import OPERATIONS_PAGES
from exchange.console.tables.sign_in import SIGN_IN_PAGES
from exchange.console.tables.signing import SIGNING_PAGES
from exchange.console.tables.verifying import VERIFYING_PAGES
from exchange.http.route import Route
from exchange.settings.console import ConsoleSettings

PAGES: tuple[Route, ...] = (
    *SIGN_IN_PAGES,
    *MAIL_PAGES,
    *DIRECTORY_PAGES,
    *OPERATIONS_PAGES,
    *VERIFYING_PAGES,
    *SIGNING_PAGES,
    *LIVE_STREAMS,
)


def pages_of(settings: ConsoleSettings) -> tuple[Route, ...]:
    """Return the table as a site opens it: verifying files for everybody, or not."""
    if not settings.public_verification:
        return PAGES
    return tuple(_opened(one) if one in VERIFYING_PAGES else one for one in PAGES)


def _opened(page: Route) -> Route:
    return replace(page, allowed=frozenset(), is_open=True)
