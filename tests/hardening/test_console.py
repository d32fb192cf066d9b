"""Pages against those who would misuse them: the table of pages, row by row."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from exchange.console.routes import PAGES
from exchange.console.visiting import FORM_TOKEN_HEADER
from exchange.domain.roles import AccessRole
from exchange.http.route import Route
from exchange.settings.console import ConsoleSettings
from tests.support.console import PASSWORD, Console, Visit, add_person, running_console
from tests.support.hub import Hub, write_tls
from tests.support.world import attachment, make_world

_PEOPLE = {
    AccessRole.CLERK: "thu.van",
    AccessRole.OFFICIAL: "ky.nguoi",
    AccessRole.OPERATOR: "van.hanh",
    AccessRole.AUDITOR: "giam.sat",
}
_FILLED = {"id": "01K9ZZZZZZZZZZZZZZZZZZZZZZ", "language": "en", "n": "1"}
_SOURCE = re.compile(r'(?:src|href|action|data|poster)="([^"]*)"')
_SAFE = frozenset({"GET", "HEAD"})
_TEXTS = frozenset({"text/html", "text/csv", "text/plain", "application/json"})
_RIGHT_TO_LEFT = "\u202e"
_MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


def filled(page: Route) -> str:
    """The address of a page, its variables filled with something that is not there."""
    return re.sub(r"{(\w+)}", lambda one: _FILLED.get(one[1], "khong-co"), page.path)


def changing() -> Iterator[Route]:
    """Rows that change something."""
    return (one for one in PAGES if one.method not in _SAFE)


async def ask(
    visit: Visit, page: Route, *, token: str = "", **headers: str
) -> tuple[int, str]:
    """Ask for a page as it is; redirects are not followed."""
    sent = {FORM_TOKEN_HEADER: token} if token else {}
    async with visit.http.request(
        page.method,
        visit.base + filled(page),
        headers={**sent, **headers},
        data=b"" if page.method == "GET" else b"x=1",
        allow_redirects=False,
    ) as answer:
        # A stream has no end, and a file is no text.
        is_text = answer.content_type in _TEXTS
        text = await answer.text() if is_text else ""
        visit.page = type(visit.page)(answer.status, text, dict(answer.headers))
        return answer.status, visit.page.text


async def test_every_answer_of_every_page_forbids_what_it_does_not_need(
    console: Console,
) -> None:
    for account in ("", *_PEOPLE.values()):
        async with console.visit(account) as visit:
            for page in PAGES:
                await ask(visit, page)
                headers, where = visit.page.headers, f"{page.method} {page.path}"
                policy = headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy, where
                assert "frame-ancestors 'none'" in policy, where
                assert "base-uri 'none'" in policy, where
                assert "unsafe" not in policy, where
                assert "*" not in policy, where
                assert headers["X-Frame-Options"] == "DENY", where
                assert headers["X-Content-Type-Options"] == "nosniff", where
                assert headers["Referrer-Policy"] == "same-origin", where
                assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
                assert "no-store" in headers["Cache-Control"], where
                assert headers["Server"] == "lienthong", where


async def test_no_form_acts_without_its_token(console: Console) -> None:
    for role, account in _PEOPLE.items():
        async with console.visit(account) as visit:
            for page in changing():
                if role not in page.allowed and not page.is_open:
                    continue
                for token in ("", "0" * 64, "đ" * 8):
                    status, text = await ask(visit, page, token=token)
                    assert status == 403, f"{page.path} {token}"
                    assert "csrf_token_wrong" in text, page.path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=["another-site", "sandbox", "no-address", "cross-site", "sibling"],
)
async def test_no_form_of_another_site_acts_even_with_a_token(
    console: Console, headers: dict[str, str]
) -> None:
    for role, account in _PEOPLE.items():
        async with console.visit(account) as visit:
            token = visit.page.form_token
            assert token
            for page in changing():
                if role in page.allowed or page.is_open:
                    status, text = await ask(visit, page, token=token, **headers)
                    assert (status, "csrf_token_wrong" in text) == (403, True), (
                        page.path
                    )


_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"
_TEXT_PART = b'--x\r\nContent-Disposition: form-data; name="code"\r\n'
_FILE_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{_FORM}; charset=klingon", b"a=1"),
        (f"{_FORM}; charset=utf-16", b"a=1&b"),
        (_FORM, b"\xff\xfe=%ff&%zz&=&&&"),
        (_FORM, "code=%ED%A0%80&sealed=đ&account=%00&password=%00".encode()),
        (_PARTS, b"--x\r\n"),
        (f"{_PARTS}; boundary={'y' * 300}", b""),
        (f"{_PARTS}; boundary=x", b""),
        (f"{_PARTS}; boundary=x", b"nothing of it"),
        (f"{_PARTS}; boundary=x", b"--x\r\nno colon\r\n\r\na\r\n--x--"),
        (f"{_PARTS}; boundary=x", b"--x\r\nA: b\r\n\r\na\r\n--x--"),
        (f"{_PARTS}; boundary=x", _TEXT_PART + b"\r\n\xff\r\n--x--\r\n"),
        (
            f"{_PARTS}; boundary=x",
            _TEXT_PART + b"Content-Type: text/plain; charset=klingon\r\n\r\na\r\n--x--",
        ),
        (
            f"{_PARTS}; boundary=x",
            _TEXT_PART + b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--",
        ),
        (
            f"{_PARTS}; boundary=x",
            _FILE_PART + b"Content-Encoding: gzip\r\n\r\nabc\r\n--x--",
        ),
        (f"{_PARTS}; boundary=x", _FILE_PART + b"\r\nnot ended"),
    ],
)
async def test_form_that_nobody_can_read_is_refused_by_every_page(
    console: Console, content_type: str, body: bytes
) -> None:
    for role, account in _PEOPLE.items():
        async with console.visit(account) as visit:
            headers = {
                FORM_TOKEN_HEADER: visit.page.form_token,
                "Content-Type": content_type,
            }
            for page in changing():
                is_own = role in page.allowed or page.is_open
                if is_own and not page.path.startswith("/sign-out"):
                    async with visit.http.request(
                        page.method,
                        visit.base + filled(page),
                        headers=headers,
                        data=body,
                        allow_redirects=False,
                    ) as answer:
                        assert answer.status < 500, page.path


async def test_stranger_cannot_be_signed_in_by_another_site(console: Console) -> None:
    async with console.visit() as visit:
        headers = {"Origin": "https://elsewhere.example"}
        for page in changing():
            assert (await ask(visit, page, **headers))[0] in {401, 403}, page.path


@pytest.mark.parametrize("role", sorted(_PEOPLE), ids=str)
async def test_page_answers_the_roles_of_its_row_alone(
    console: Console, role: AccessRole
) -> None:
    async with console.visit(_PEOPLE[role]) as visit:
        token = visit.page.form_token
        assert token
        for page in PAGES:
            if page.is_open:
                continue
            status, text = await ask(visit, page, token=token)
            is_named = "role_not_allowed" in text or page.method == "HEAD"
            refused = status == 403 and is_named
            assert refused is (role not in page.allowed), f"{page.method} {page.path}"


async def test_stranger_is_answered_by_no_page_of_a_role(console: Console) -> None:
    async with console.visit() as visit:
        for page in PAGES:
            if page.is_open:
                continue
            status, _ = await ask(visit, page)
            expected = 303 if page.method in _SAFE else 401
            assert status == expected, f"{page.method} {page.path}"


async def test_no_page_answers_under_another_name(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        for page in PAGES:
            status, text = await ask(visit, page, Host="elsewhere.example")
            assert status == 404, page.path
            assert "<form" not in text, page.path


async def test_cookie_of_a_session_is_for_this_host_and_no_script(
    tmp_path: Path,
) -> None:
    world = await make_world()
    files = write_tls(tmp_path, world.pki)
    settings = ConsoleSettings(
        enabled=True, certificate=files.certificate, key=files.key
    )
    tls = Hub(world, tmp_path, 0).context(None)
    async with (
        running_console(world, settings) as console,
        console.visit(tls=tls) as visit,
        visit.http.post(
            f"{console.base}/sign-in",
            data={"account": "thu.van", "password": PASSWORD},
            allow_redirects=False,
        ) as answer,
    ):
        (cookie,) = answer.headers.getall("Set-Cookie")
        transport = answer.headers["Strict-Transport-Security"]
    assert cookie.startswith("__Host-session=")
    parts = {one.strip().lower() for one in cookie.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= parts
    assert not any(one.startswith("domain") for one in parts)
    assert int(transport.removeprefix("max-age=")) >= 31_536_000


async def test_session_that_was_planted_is_not_taken_up(console: Console) -> None:
    async with console.visit() as visit:
        planted = "A" * 43
        visit.http.cookie_jar.update_cookies({"session": planted})
        await visit.sign_in("thu.van")
        first = visit.cookies["session"]
        assert first != planted
        await visit.sign_in("thu.van")
        assert visit.cookies["session"] not in {planted, first}


async def test_whoever_signs_in_again_leaves_no_session_behind(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit, console.visit() as held:
        held.http.cookie_jar.update_cookies(visit.cookies)
        await visit.sign_in("thu.van")
        assert 'action="/sign-in"' in (await held.look("/")).text


async def test_signing_out_everywhere_ends_what_is_open_elsewhere(
    console: Console,
) -> None:
    async with console.visit("thu.van") as here, console.visit("thu.van") as there:
        assert "Suối Mây" in (await there.look("/")).text
        await here.send("/sign-out/everywhere")
        assert 'action="/sign-in"' in (await there.look("/")).text


async def test_session_is_dead_after_signing_out(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        held = visit.cookies["session"]
        await visit.send("/sign-out")
        visit.http.cookie_jar.update_cookies({"session": held})
        for page in PAGES:
            if not page.is_open:
                assert (await ask(visit, page))[0] in {303, 401}, page.path


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/%5Celsewhere.example",
        "/%09/elsewhere.example",
        "%0d%0aSet-Cookie:x=1",
        "javascript:alert(1)",
    ],
    ids=["address", "no-scheme", "backslash", "tab", "header", "script"],
)
async def test_no_redirect_leads_away(console: Console, back: str) -> None:
    async with (
        console.visit("thu.van") as visit,
        visit.http.get(
            f"{console.base}/language/en?back={back}", allow_redirects=False
        ) as answer,
    ):
        assert answer.headers["Location"] == "/"
        assert "x" not in visit.cookies


async def test_what_others_wrote_is_text_on_every_page(console: Console) -> None:
    world, hostile = console.world, f"{_MARKUP}{_RIGHT_TO_LEFT}fdp.exe"
    file = attachment(b"x", name=hostile, content_type="text/plain")
    accepted = await world.send(world.document(file, subject=hostile))
    await world.deliver()
    everybody = tuple((role, None) for role in (AccessRole.AUDITOR,))
    await add_person(console.office, world, "xau.ten", everybody, name="Tên <b>đậm</b>")
    envelope, everything = accepted.envelope.envelope_id, ""
    for account in ("thu.van", "tinh.van", "giam.sat", "van.hanh", "xau.ten"):
        async with console.visit(account) as visit:
            for path in paths_about(envelope):
                text = (await visit.look(path)).text
                assert "<script>alert" not in text, path
                assert "<img src=x" not in text, path
                assert "<b>đậm" not in text, path
                assert _RIGHT_TO_LEFT not in text, path
                everything += text
    assert everything.count("&lt;script&gt;alert(1)") > 5
    assert "fdp.exe" in everything


def paths_about(envelope: str) -> Iterator[str]:
    """Pages that are there, those of an envelope among them."""
    for page in PAGES:
        is_page = not page.path.startswith(("/live/", "/language/"))
        is_file = page.path.endswith((".pdf", "/evidence", "/receipt"))
        if page.method == "GET" and is_page and not is_file:
            yield (
                page.path.replace("{id}", envelope)
                if "{id}" in page.path
                else (filled(page))
            )


async def test_no_page_names_another_host(console: Console) -> None:
    for account in ("", *_PEOPLE.values()):
        async with console.visit(account) as visit:
            for page in PAGES:
                _, text = await ask(visit, page)
                for source in _SOURCE.findall(text):
                    assert source.startswith(("/", "#", "?")), f"{page.path} {source}"
                    assert not source.startswith("//"), page.path
