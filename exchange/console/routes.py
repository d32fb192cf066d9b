"""The one table of pages: a row says who may see it, or nobody may."""

from exchange.console.tables.mail import MAIL_PAGES
from exchange.console.tables.operations import OPERATIONS_PAGES
from exchange.console.tables.sign_in import SIGN_IN_PAGES
from exchange.http.route import Route

PAGES: tuple[Route, ...] = (*SIGN_IN_PAGES, *MAIL_PAGES, *OPERATIONS_PAGES)
