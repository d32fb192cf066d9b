"""What the public listener answers, without a socket."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote

import pytest
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus

from exchange.http.plain_http import PlainAnswer, PlainRequest
from exchange.http.public_desk import PublicDesk
from exchange.publication import PublishedFile
from pki.ocsp.responder import OcspAnswer
from tests.support.ocsp import OcspDesk, request_for
from tests.support.pki import NOW

CRL = PublishedFile(b"list", "application/pkix-crl", NOW, "tag")


class Published:
    """One file, and the responder of a test CA."""

    def __init__(self, desk: OcspDesk) -> None:
        self._desk = desk

    @property
    def files(self) -> Mapping[str, PublishedFile]:
        return {"/crl/root.crl": CRL}

    def answer(self, request: bytes) -> OcspAnswer:
        return self._desk.responder.answer(request)


class Asked:
    """A desk, and a request about a certificate that is good."""

    def __init__(self, nonce: bytes | None = None) -> None:
        self.ocsp = OcspDesk()
        self.desk = PublicDesk(Published(self.ocsp))
        self.request = request_for(
            self.ocsp.person(), issuer=self.ocsp.issuer, nonce=nonce
        )

    def get(self, target: str, **headers: bytes) -> PlainAnswer:
        return self._ask("GET", target, headers, b"")

    def post(self, target: str = "/ocsp", **headers: bytes) -> PlainAnswer:
        return self._ask("POST", target, headers, self.request)

    def other(self, method: str, target: str) -> PlainAnswer:
        return self._ask(method, target, {}, b"")

    def _ask(
        self, method: str, target: str, headers: Mapping[str, bytes], body: bytes
    ) -> PlainAnswer:
        named = {key.replace("_", "-").encode(): one for key, one in headers.items()}
        request = PlainRequest(method, target, named, body)
        answer = self.desk.answer(request, self.ocsp.now)
        assert isinstance(answer, PlainAnswer)
        return answer

    def path(self, *, safe: str = "") -> str:
        return "/ocsp/" + quote(b64encode(self.request).decode(), safe=safe)


def headers_of(answer: PlainAnswer) -> dict[str, str]:
    lines = answer.headers.decode().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def told(answer: PlainAnswer) -> ocsp.OCSPResponse:
    assert answer.status is HTTPStatus.OK
    assert headers_of(answer)["Content-Type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(answer.body)


@pytest.mark.parametrize("safe", ["", "/+="])
def test_get_is_answered_with_headers_that_caches_obey(safe: str) -> None:
    asked = Asked()
    asked.ocsp.now = NOW + timedelta(hours=1)
    asked.get(asked.path())
    asked.ocsp.now = NOW + timedelta(hours=2)
    answer = asked.get(asked.path(safe=safe))
    assert told(answer).certificate_status is OCSPCertStatus.GOOD
    headers = headers_of(answer)
    begin, end = (
        parsedate_to_datetime(headers[name]) for name in ("Last-Modified", "Expires")
    )
    assert begin == told(answer).this_update_utc == NOW + timedelta(hours=1)
    assert end == told(answer).next_update_utc == NOW + timedelta(hours=9)
    # A new one is signed at half-life, three hours from now.
    assert headers["Cache-Control"].startswith("max-age=10800, public,")
    again = asked.get(asked.path(), if_none_match=headers["ETag"].encode())
    assert (again.status, again.body) == (HTTPStatus.NOT_MODIFIED, b"")


def test_known_tag_of_an_older_answer_gets_the_new_one() -> None:
    asked = Asked()
    tag = headers_of(asked.get(asked.path()))["ETag"].encode()
    asked.ocsp.now = NOW + timedelta(hours=5)
    assert asked.get(asked.path(), if_none_match=tag).status is HTTPStatus.OK


@pytest.mark.parametrize("suffix", [b"", b"; charset=binary", b" ;x=y"])
def test_post_is_answered_and_kept_by_nobody(suffix: bytes) -> None:
    answer = Asked().post(content_type=b"application/ocsp-Request" + suffix)
    assert told(answer).certificate_status is OCSPCertStatus.GOOD
    assert headers_of(answer)["Cache-Control"] == "no-store"


def test_answer_with_a_nonce_is_kept_by_nobody() -> None:
    asked = Asked(nonce=b"n" * 32)
    answer = asked.get(asked.path())
    assert told(answer).certificate_status is OCSPCertStatus.GOOD
    headers = headers_of(answer)
    assert headers["Cache-Control"] == "no-store"
    assert "ETag" not in headers


@pytest.mark.parametrize("path", ["x", "%", "%00", "AAAA", "....", "ab\u00e9"])
def test_what_is_no_request_is_called_malformed(path: str) -> None:
    answer = Asked().get(f"/ocsp/{path}")
    assert told(answer).response_status is OCSPResponseStatus.MALFORMED_REQUEST
    assert headers_of(answer)["Cache-Control"] == "no-store"


def test_post_of_another_type_is_refused() -> None:
    asked = Asked()
    assert asked.post().status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    refused = asked.post(content_type=b"text/plain")
    assert refused.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("PUT", "/ocsp", "POST"),
        ("GET", "/ocsp", "POST"),
        ("GET", "/ocsp/", "POST"),
        ("POST", "/ocsp/AAAA", "GET, HEAD"),
        ("POST", "/crl/root.crl", "GET, HEAD"),
        ("DELETE", "/crl/root.crl", "GET, HEAD"),
    ],
)
def test_other_methods_are_refused(method: str, target: str, allowed: str) -> None:
    answer = Asked().other(method, target)
    assert answer.status is HTTPStatus.METHOD_NOT_ALLOWED
    assert headers_of(answer)["Allow"] == allowed


def test_published_file_is_given_and_not_sent_twice() -> None:
    asked = Asked()
    answer = asked.get("/crl/root.crl?x=y")
    assert (answer.status, answer.body) == (HTTPStatus.OK, b"list")
    headers = headers_of(answer)
    assert headers["Content-Type"] == "application/pkix-crl"
    assert parsedate_to_datetime(headers["Last-Modified"]) == NOW
    assert "max-age=" in headers["Cache-Control"]
    again = asked.get("/crl/root.crl", if_none_match=b'W/"old", "tag"')
    assert again.status is HTTPStatus.NOT_MODIFIED


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "*",
        "/metrics",
        "/crl/../private/root/key.pem",
        "/crl/root.serials",
        "/ca/root.key",
        "/ocspx",
    ],
)
def test_nothing_else_is_there(target: str) -> None:
    assert Asked().get(target).status is HTTPStatus.NOT_FOUND


class Stamping:
    """Answers, or is busy."""

    def __init__(self, response: bytes | None) -> None:
        self.response = response
        self.asked: list[bytes] = []

    async def answer(self, request: bytes) -> bytes | None:
        self.asked.append(request)
        return self.response


QUERY = b"application/timestamp-query"


def stamp_answer(
    stamping: Stamping | None, method: str = "POST", kind: bytes = QUERY
) -> PlainAnswer:
    desk = PublicDesk(Published(OcspDesk()), stamping)
    request = PlainRequest(method, "/tsa", {b"content-type": kind}, b"query")
    answer = desk.answer(request, NOW)
    return answer if isinstance(answer, PlainAnswer) else asyncio.run(_made(answer))


async def _made(answer: Awaitable[PlainAnswer]) -> PlainAnswer:
    return await answer


@pytest.mark.parametrize("kind", [QUERY, QUERY.title(), QUERY + b"; charset=x"])
def test_stamp_is_asked_for_by_post_and_kept_by_nobody(kind: bytes) -> None:
    stamping = Stamping(b"reply")
    answer = stamp_answer(stamping, kind=kind)
    assert (answer.status, answer.body) == (HTTPStatus.OK, b"reply")
    assert headers_of(answer)["Content-Type"] == "application/timestamp-reply"
    assert headers_of(answer)["Cache-Control"] == "no-store"
    assert stamping.asked == [b"query"]


@pytest.mark.parametrize(
    ("method", "kind", "status"),
    [
        ("GET", QUERY, HTTPStatus.METHOD_NOT_ALLOWED),
        ("HEAD", QUERY, HTTPStatus.METHOD_NOT_ALLOWED),
        ("POST", b"", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ("POST", b"application/ocsp-request", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ],
)
def test_other_ways_to_ask_for_a_stamp_are_refused(
    method: str, kind: bytes, status: HTTPStatus
) -> None:
    stamping = Stamping(b"reply")
    answer = stamp_answer(stamping, method, kind)
    assert answer.status is status
    assert stamping.asked == []
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        assert headers_of(answer)["Allow"] == "POST"


def test_too_many_requests_for_stamps_are_told_to_wait() -> None:
    answer = stamp_answer(Stamping(None))
    assert answer.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert headers_of(answer)["Retry-After"] == "1"


def test_without_an_authority_there_is_nowhere_to_ask() -> None:
    assert stamp_answer(None).status is HTTPStatus.NOT_FOUND
