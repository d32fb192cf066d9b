"""Small parts of the HTTP layer: most need no server."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from exchange.domain.roles import AccessRole
from exchange.errors import ExchangeError, MethodNotAllowedError
from exchange.http import events, registers
from exchange.http.envelopes import disposition
from exchange.http.openapi import describe
from exchange.http.problems import document, plain_problem, problem, status_of
from exchange.http.ranges import parse_range
from exchange.http.routes import ADMIN_LISTENER, AGENCY_LISTENER, AGENCY_ROUTES
from exchange.usecases.handing_out import ByteRange
from exchange.usecases.read_inbox import InboxPage
from schemas.errors import CodedError, ErrorCode
from tests.support.callers import HEADER, Callers, Client, asking, caller_for
from tests.support.world import PROVINCE, make_world


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_has_a_problem_document_in_both_languages(code: ErrorCode) -> None:
    fields = document(CodedError(code, place="x"), occurrence="1")
    assert fields["type"] == f"urn:lienthong:problem:{code}"
    assert 400 <= status_of(code) < 600
    for part in ("message", "next"):
        texts = fields[part]
        assert isinstance(texts, dict)
        assert texts["vi"]
        assert texts["en"]


def test_problem_is_json_that_is_never_cached() -> None:
    answer = problem(ExchangeError(ErrorCode.OVERLOADED), occurrence="1")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Retry-After"] == "5"
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["status"] == 503


@pytest.mark.parametrize(
    ("error", "name", "told"),
    [
        (
            MethodNotAllowedError(frozenset({"POST", "GET"})),
            "Allow",
            "GET, POST",
        ),
        (
            ExchangeError(ErrorCode.RANGE_NOT_SATISFIABLE, place="bytes */5"),
            "Content-Range",
            "bytes */5",
        ),
        (
            ExchangeError(ErrorCode.TOKEN_REFUSED, place="Authorization"),
            "WWW-Authenticate",
            'Bearer realm="lienthong", error="invalid_token"',
        ),
    ],
    ids=["405", "416", "401"],
)
def test_problem_tells_in_its_headers_what_would_do(
    error: ExchangeError, name: str, told: str
) -> None:
    for answer in (
        problem(error, occurrence="1"),
        plain_problem(error, occurrence="1"),
    ):
        assert answer.headers[name] == told


@pytest.mark.parametrize(
    ("header", "size", "found"),
    [
        (None, 10, None),
        ("bytes=0-", 10, ByteRange(0, 9)),
        ("bytes=9-9", 10, ByteRange(9, 9)),
        ("bytes=-3", 10, ByteRange(7, 9)),
        ("bytes=-30", 10, ByteRange(0, 9)),
        ("bytes=2-99", 10, ByteRange(2, 9)),
        ("bytes=-", 10, None),
        ("bytes=5-2", 10, None),
        ("bytes=1-2,4-5", 10, None),
        ("lines=1-2", 10, None),
    ],
)
def test_range_is_read(header: str | None, size: int, found: ByteRange | None) -> None:
    assert parse_range(header, size=size) == found


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_range_that_holds_nothing_is_refused(header: str, size: int) -> None:
    with pytest.raises(ExchangeError) as caught:
        parse_range(header, size=size)
    assert caught.value.code is ErrorCode.RANGE_NOT_SATISFIABLE


@pytest.mark.parametrize(
    "name", ['a"b.pdf', "a\r\nX-Evil: 1.pdf", "../../etc/passwd", "Công văn.pdf", ""]
)
def test_file_name_never_leaves_its_header_or_names_a_path(name: str) -> None:
    header = disposition(name)
    assert "\r" not in header
    assert "\n" not in header
    assert "/" not in header
    assert header.count('"') == 2


def test_operations_are_named_once() -> None:
    for routes in (AGENCY_LISTENER, ADMIN_LISTENER):
        names = [one.operation_id for one in routes]
        assert len(names) == len(set(names))


def test_nothing_of_the_agency_interface_is_open() -> None:
    assert not any(one.is_open for one in AGENCY_ROUTES)


def test_description_has_every_variable_of_every_path() -> None:
    described = describe(AGENCY_ROUTES)
    paths = described["paths"]
    assert isinstance(paths, dict)
    for path, operations in paths.items():
        for operation in operations.values():
            named = {one["name"] for one in operation["parameters"]}
            assert {part[1:-1] for part in path.split("/") if part[:1] == "{"} <= named


@pytest.mark.parametrize(
    "moment", ["0001-01-01", "9999-12-31T23:59:59-10:00", "9999-12-31T23:00:00Z"]
)
async def test_moment_at_the_ends_of_the_calendar_is_refused(moment: str) -> None:
    callers = Callers()
    by = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
    async with asking(await make_world(), callers) as client:
        path = f"/v1/agencies/{PROVINCE}?at={quote(moment)}"
        answer = await client.get(path, headers=by)
        told = await answer.json()
    assert answer.status == 400
    assert (told["code"], told["place"]) == (ErrorCode.REQUEST_INVALID, "at")


async def test_file_that_fails_midway_is_cut_and_nothing_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registers, "as_csv", _failing)
    days = "from=2026-01-01&to=2026-12-31"
    came = await _all_of(f"/v1/registers/incoming?agency={PROVINCE}&{days}")
    assert came.startswith(b"HTTP/1.1 200 ")
    assert came.count(b"HTTP/1.1") == 1
    assert not came.endswith(b"\r\n0\r\n\r\n")


async def test_stream_of_events_that_fails_is_cut_and_nothing_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = iter([InboxPage((), -1)])

    async def read_once(*_: object) -> InboxPage:
        return next(pages)

    monkeypatch.setattr(events, "read_inbox", read_once)
    came = await _all_of(f"/v1/inbox/events?agency={PROVINCE}")
    assert came.startswith(b"HTTP/1.1 200 ")
    assert came.count(b"HTTP/1.1") == 1
    assert not came.endswith(b"\r\n0\r\n\r\n")


async def _failing(*_: object) -> AsyncIterator[bytes]:
    yield b"a line"
    raise ArithmeticError


async def _all_of(path: str) -> bytes:
    """Return all bytes that a caller gets who asks for a path of the province."""
    callers = Callers()
    by = callers.add(caller_for(PROVINCE, AccessRole.SYSTEM))
    async with asking(await make_world(), callers) as client:
        return await _bytes_of(client, path, by[HEADER])


async def _bytes_of(client: Client, path: str, name: str) -> bytes:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    lines = (f"GET {path} HTTP/1.1", "Host: hub", f"{HEADER}: {name}")
    writer.write("\r\n".join((*lines, "Connection: close", "", "")).encode())
    came = bytearray()
    try:
        async with asyncio.timeout(20):
            while part := await reader.read(65536):
                came += part
    except ConnectionError:
        return bytes(came)
    finally:
        writer.transport.abort()
    return bytes(came)
