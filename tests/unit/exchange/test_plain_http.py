"""The public listener's HTTP: what is clear is read, what is not is refused."""

from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from exchange.http.plain_http import (
    BODY_BYTES,
    HEAD_BYTES,
    PlainAnswer,
    PlainRequest,
    RequestReader,
    UnreadableError,
    encode,
    http_date,
)

POST = b"POST /ocsp HTTP/1.1\r\nHost: ca\r\nContent-Length: 3\r\n\r\nabc"
GET = b"GET /ca/root.pem HTTP/1.1\r\nHost: ca\r\n\r\n"


def read(data: bytes) -> PlainRequest | None:
    reader = RequestReader()
    reader.feed(data)
    return reader.next()


def test_request_is_read_however_it_is_cut() -> None:
    for at in range(len(POST)):
        reader = RequestReader()
        reader.feed(POST[:at])
        assert reader.next() is None
        reader.feed(POST[at:])
        request = reader.next()
        assert request is not None
        assert (request.method, request.target) == ("POST", "/ocsp")
        assert request.body == b"abc"
        assert reader.is_empty


def test_requests_that_came_together_are_read_in_order() -> None:
    reader = RequestReader()
    reader.feed(POST + GET)
    first, second = reader.next(), reader.next()
    assert first is not None
    assert second is not None
    assert (first.method, second.target) == ("POST", "/ca/root.pem")
    assert reader.next() is None


@pytest.mark.parametrize(
    ("line", "header", "keeps_open"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
    ],
)
def test_connection_stays_as_version_and_wish_say(
    line: bytes, header: bytes, keeps_open: bool
) -> None:
    request = read(b"GET / HTTP/" + line + b"\r\nHost: ca\r\n" + header + b"\r\n")
    assert request is not None
    assert request.keeps_open is keeps_open


def test_target_with_an_authority_is_taken_as_the_path_alone() -> None:
    request = read(b"GET http://ca.test:80/crl/x HTTP/1.1\r\nHost: ca\r\n\r\n")
    assert request is not None
    assert request.target == "/crl/x"


def _post(*headers: bytes) -> bytes:
    lines = b"".join(one + b"\r\n" for one in (b"Host: ca", *headers))
    return b"POST /ocsp HTTP/1.1\r\n" + lines + b"\r\nabc"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/2.0\r\nHost: ca\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET  / HTTP/1.1\r\nHost: ca\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (_post(b"Content-Length: 3", b"Content-Length: 3"), HTTPStatus.BAD_REQUEST),
        (_post(b"Content-Length: +3"), HTTPStatus.BAD_REQUEST),
        (_post(b"Content-Length: 0x3"), HTTPStatus.BAD_REQUEST),
        (_post(b"Content-Length: 3, 3"), HTTPStatus.BAD_REQUEST),
        (_post(b"Content-Length:"), HTTPStatus.BAD_REQUEST),
        (_post(b"Transfer-Encoding: chunked"), HTTPStatus.NOT_IMPLEMENTED),
        (
            _post(b"Transfer-Encoding: chunked", b"Content-Length: 3"),
            HTTPStatus.NOT_IMPLEMENTED,
        ),
        (_post(b"Expect: payment"), HTTPStatus.EXPECTATION_FAILED),
        (
            _post(b"Content-Length: %d" % (BODY_BYTES + 1)),
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ),
        (
            _post(*(b"X: y" for _ in range(64))),
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        ),
        (b"G" * HEAD_BYTES, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    ],
)
def test_unclear_or_large_request_is_refused(data: bytes, status: HTTPStatus) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read(data)
    assert refusal.value.status is status


@pytest.mark.parametrize("wish", [b"100-continue", b"100-Continue"])
def test_peer_that_waits_before_its_body_is_told_once_to_go_on(wish: bytes) -> None:
    head = POST[:-3].replace(b"\r\n\r\n", b"\r\nExpect: %s\r\n\r\n" % wish)
    reader = RequestReader()
    reader.feed(head[:-1])
    assert reader.next() is None
    assert not reader.take_wait()
    reader.feed(head[-1:])
    assert reader.next() is None
    assert [reader.take_wait(), reader.take_wait()] == [True, False]
    reader.feed(b"abc" + GET)
    request = reader.next()
    assert request is not None
    assert request.body == b"abc"
    assert reader.next() is not None
    assert not reader.take_wait()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(POST.replace(b"1.1", b"1.0", 1)[:-3], id="of-version-1.0"),
        pytest.param(POST, id="with-its-body"),
    ],
)
def test_peer_that_does_not_wait_is_not_told_to_go_on(data: bytes) -> None:
    """RFC 9110 10.1.1: nobody waits with an older version, or with the body sent."""
    reader = RequestReader()
    reader.feed(data.replace(b"Host: ca", b"Host: ca\r\nExpect: 100-continue"))
    reader.next()
    assert not reader.take_wait()


def test_answer_is_written_with_its_length_and_without_a_body_for_head() -> None:
    answer = PlainAnswer(HTTPStatus.OK, b"abc", b'ETag: "x"\r\n')
    date = http_date(datetime(2026, 11, 21, tzinfo=UTC)).encode()
    written = encode(answer, date=date, keeps_open=True, with_body=True)
    head, _, body = written.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"Date: Sat, 21 Nov 2026 00:00:00 GMT",
        b"Connection: keep-alive",
        b'ETag: "x"',
        b"Content-Length: 3",
    ]
    assert body == b"abc"
    for_head = encode(answer, date=date, keeps_open=False, with_body=False)
    assert for_head.endswith(b"Content-Length: 3\r\n\r\n")
    assert b"Connection: close" in for_head
