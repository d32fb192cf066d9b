"""What handlers find in the application and in a request."""

from aiohttp import web

from exchange.http.auth import Authenticator
from exchange.http.gate import Gate
from exchange.http.metering import Meter
from exchange.http.metrics import Metrics
from exchange.http.patience import Heard
from exchange.http.route import Route
from exchange.http.streams import Streams
from exchange.readiness import Readiness
from exchange.services import Services
from exchange.settings.limits import LimitSettings

LIMITS = web.AppKey("limits", LimitSettings)
PLAINLY = web.AppKey("plainly", bool)
READINESS = web.AppKey("readiness", Readiness)
ROUTES = web.AppKey("routes", dict[str, Route])
SERVICES = web.AppKey("services", Services)
AUTHENTICATOR = web.AppKey("authenticator", Authenticator)
METRICS = web.AppKey("metrics", Metrics)
METER = web.AppKey("meter", Meter)
GATE = web.AppKey("gate", Gate)
STREAMS = web.AppKey("streams", Streams)
HEARD = web.AppKey("heard", Heard)
