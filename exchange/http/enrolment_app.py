"""The application of the enrolment listener."""

from http import HTTPStatus

from aiohttp import web

from exchange.certification.enrolment import EnrolmentDesk
from exchange.http import enrolment
from exchange.http.answers import TEXT
from exchange.http.connection import unnamed
from exchange.http.enrolment import DESK, GUARD, EnrolmentGuard, new_gate
from exchange.http.enrolment_wire import CERTS_ONLY, CSR_ATTRIBUTES, PKCS10
from exchange.http.keys import GATE, HEARD, LIMITS, METRICS, PLAINLY
from exchange.http.metrics import Metrics
from exchange.http.middleware import Handler, explained, limited, observed
from exchange.http.patience import Heard
from exchange.http.route import Route
from exchange.http.routes import add_routes
from exchange.settings.certification import EnrolmentSettings
from exchange.settings.limits import LimitSettings

_EST = "/.well-known/est"
_CHALLENGE = 'Basic realm="lienthong-est", charset="UTF-8"'

ENROLMENT_LISTENER: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{_EST}/cacerts",
        operation_id="estCaCerts",
        summary="Chứng thư của các nơi cấp / certificates of the CAs",
        handler=enrolment.authorities,
        answers={200: "application/pkcs7-mime"},
        is_open=True,
    ),
    Route(
        method="GET",
        path=f"{_EST}/csrattrs",
        operation_id="estCsrAttrs",
        summary="Yêu cầu nên có gì / what a request should look like",
        handler=enrolment.attributes,
        answers={200: CSR_ATTRIBUTES},
        is_open=True,
    ),
    Route(
        method="POST",
        path=f"{_EST}/simpleenroll",
        operation_id="estSimpleEnroll",
        summary="Đăng ký bằng mã một lần / enrol by a one-time code",
        handler=enrolment.enrol,
        request=(PKCS10,),
        answers={200: CERTS_ONLY, 202: TEXT},
        is_open=True,
    ),
    Route(
        method="POST",
        path=f"{_EST}/simplereenroll",
        operation_id="estSimpleReenroll",
        summary="Gia hạn bằng chứng thư đang có / renew by the certificate held",
        handler=enrolment.reenrol,
        request=(PKCS10,),
        answers={200: CERTS_ONLY, 202: TEXT},
        is_open=True,
    ),
)


def create_enrolment_app(
    desk: EnrolmentDesk,
    *,
    settings: EnrolmentSettings,
    limits: LimitSettings,
    metrics: Metrics,
) -> web.Application:
    """Return the application of the enrolment listener.

    Args:
        desk: what the handlers ask.
        settings: of the listener.
        limits: sizes and times of requests.
        metrics: counters of the process.
    """
    app = web.Application(
        middlewares=[observed, explained, limited, _admitted],
        client_max_size=limits.small_body_bytes,
    )
    app.on_response_prepare.append(unnamed)
    app.on_response_prepare.append(_challenging)
    app[LIMITS], app[METRICS], app[HEARD] = limits, metrics, Heard()
    app[GATE], app[DESK], app[PLAINLY] = new_gate(), desk, True
    app[GUARD] = EnrolmentGuard(settings)
    add_routes(app, ENROLMENT_LISTENER)
    return app


@web.middleware
async def _admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Stop who asks too much, before anything of the body is read."""
    request.app[GUARD].admit(request)
    return await handler(request)


async def _challenging(_request: web.Request, response: web.StreamResponse) -> None:
    """Say how to authenticate (RFC 9110 11.6.1, RFC 7030 3.2.3)."""
    if response.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = _CHALLENGE
