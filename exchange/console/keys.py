"""What pages find in the application and in a request."""

from asyncio import Semaphore

from aiohttp import web
from jinja2 import Environment

from exchange.console.federation import Federation
from exchange.console.live_desk import LiveDesk
from exchange.console.recipients import RecipientFinder
from exchange.console.sign_in_guard import SignInGuard
from exchange.console.visitor import Visitor
from exchange.settings.console import ConsoleSettings
from exchange.usecases.accounts.office import AccountOffice

ACCOUNTS = web.AppKey("accounts", AccountOffice)
CONSOLE = web.AppKey("console", ConsoleSettings)
FEDERATION = web.AppKey("federation", Federation)
FINDER = web.AppKey("finder", RecipientFinder)
IS_SECURE = web.AppKey("is_secure", bool)
GUARD = web.AppKey("sign_in_guard", SignInGuard)
LIVE = web.AppKey("live", LiveDesk)
TEMPLATES = web.AppKey("templates", Environment)
UPLOADS = web.AppKey("uploads", Semaphore)
VISITOR = web.RequestKey("visitor", Visitor)
