"""Handlers of EST (RFC 7030): they read, ask the desk, and answer."""

import time
from http import HTTPStatus

from aiohttp import web
from cryptography import x509

from exchange.certification.enrolment import EnrolmentDesk
from exchange.errors import ExchangeError
from exchange.http.buckets import Buckets
from exchange.http.enrolment_wire import (
    CERTS_ONLY,
    CSR_ATTRIBUTES,
    PKCS10,
    certs_only,
    csr_attributes,
    read_basic,
    read_request_body,
)
from exchange.http.gate import Gate
from exchange.http.keys import GATE, LIMITS
from exchange.http.limits import small_body
from exchange.http.passed_certificate import connection_certificate
from exchange.http.request import media_type_of, site_of_peer
from exchange.settings.certification import EnrolmentSettings
from pki.registration.records import Enrolment
from schemas.errors import CodedError, ErrorCode

DESK = web.AppKey("enrolment_desk", EnrolmentDesk)

_BODY_BYTES = 96 * 1024  # a request of 64 KiB in base64, with line ends
_PENDING_SECONDS = 60
_WRONG_CODES = 10
_WRONG_CODES_SECONDS = 900.0
_MINUTE = 60.0
_AT_ONCE = 32
_BASE64 = {"Content-Transfer-Encoding": "base64"}


class EnrolmentGuard:
    """Keeps one address from asking, or guessing, without end.

    Args:
        settings: of the listener.
    """

    def __init__(self, settings: EnrolmentSettings) -> None:
        clock = time.monotonic
        self._requests = Buckets(
            settings.requests_per_minute, seconds=_MINUTE, clock=clock
        )
        self._wrong = Buckets(_WRONG_CODES, seconds=_WRONG_CODES_SECONDS, clock=clock)

    def admit(self, request: web.Request) -> None:
        """Let a request pass.

        Raises:
            ExchangeError: too many came from there (TOO_MANY_REQUESTS).
        """
        site = site_of_peer(request)
        if not self._wrong.admits(site) or not self._requests.take(site):
            raise ExchangeError(ErrorCode.TOO_MANY_REQUESTS)

    def was_wrong(self, request: web.Request) -> None:
        """Take note of a wrong code."""
        self._wrong.take(site_of_peer(request))


GUARD = web.AppKey("enrolment_guard", EnrolmentGuard)


def new_gate() -> Gate:
    """Return the gate in front of the CA's one thread."""
    return Gate(_AT_ONCE)


async def authorities(request: web.Request) -> web.Response:
    """GET /cacerts: root and issuing CAs (RFC 7030 4.1)."""
    found = await request.app[DESK].authorities()
    return _answer(certs_only(found), "application/pkcs7-mime")


async def attributes(_request: web.Request) -> web.Response:
    """GET /csrattrs: what a request should look like (RFC 7030 4.5)."""
    return _answer(csr_attributes(), CSR_ATTRIBUTES)


async def enrol(request: web.Request) -> web.Response:
    """POST /simpleenroll: by a one-time code (RFC 7030 4.2.1)."""
    proof = read_basic(request.headers.get("Authorization", ""))
    csr = await _request_in(request)
    try:
        with request.app[GATE].passed():
            enrolment = await request.app[DESK].enrol(proof.code_id, proof.secret, csr)
    except CodedError as error:
        if error.code is ErrorCode.ENROLMENT_CODE_REFUSED:
            request.app[GUARD].was_wrong(request)
        raise
    return _outcome(enrolment)


async def reenrol(request: web.Request) -> web.Response:
    """POST /simplereenroll: by the certificate of the connection (RFC 7030 4.2.2)."""
    der = connection_certificate(request)
    if der is None:
        raise ExchangeError(ErrorCode.CLIENT_CERTIFICATE_MISSING)
    csr = await _request_in(request)
    with request.app[GATE].passed():
        current = x509.load_der_x509_certificate(der)
        return _outcome(await request.app[DESK].reenrol(current, csr))


async def _request_in(request: web.Request) -> bytes:
    if media_type_of(request) != PKCS10:
        raise ExchangeError(ErrorCode.CONTENT_TYPE_UNSUPPORTED, place="Content-Type")
    seconds = request.app[LIMITS].idle_seconds
    body = await small_body(request, limit=_BODY_BYTES, idle_seconds=seconds)
    return read_request_body(body)


def _outcome(enrolment: Enrolment) -> web.Response:
    """Answer with the certificate alone, or that it is not there yet (4.2.3)."""
    if enrolment.certificate is not None:
        return _answer(certs_only((enrolment.certificate,)), CERTS_ONLY)
    text = (
        f"{enrolment.request_id}: waits for approval; repeat this request later.\n"
        f"{enrolment.request_id}: đang chờ duyệt; gửi lại yêu cầu này sau.\n"
    )
    return web.Response(
        status=HTTPStatus.ACCEPTED,
        text=text,
        headers={"Retry-After": str(_PENDING_SECONDS), "Cache-Control": "no-store"},
    )


def _answer(body: bytes, content_type: str) -> web.Response:
    # RFC 8951 has clients ignore the header; those from before it ask for it.
    headers = {**_BASE64, "Content-Type": content_type, "Cache-Control": "no-store"}
    return web.Response(body=body, headers=headers)
