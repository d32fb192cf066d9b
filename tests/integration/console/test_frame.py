"""What holds for every page of the console, and signing in to it."""

import asyncio
import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from yarl import URL

from exchange.console.routes import PAGES
from exchange.console.words.catalogue import WORDS
from exchange.domain.roles import AccessRole
from exchange.http.route import Route
from schemas.vocabulary import AuditEvent
from tests.support.console import PASSWORD, Console, Visit, running_console
from tests.support.cpu import soon
from tests.support.world import make_world

_STATIC = Path("exchange/console/static")
_PEOPLE = {
    AccessRole.CLERK: "thu.van",
    AccessRole.OFFICIAL: "ky.nguoi",
    AccessRole.OPERATOR: "van.hanh",
    AccessRole.AUDITOR: "giam.sat",
}


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


def _name(page: Route) -> str:
    return page.operation_id


def test_every_sentence_is_there_in_both_languages() -> None:
    assert [key for key, text in WORDS.items() if not (text.vi and text.en)] == []


def test_every_event_of_the_trail_has_words() -> None:
    assert [one for one in AuditEvent if f"event.{one}" not in WORDS] == []


def test_foreign_script_is_the_one_its_source_names() -> None:
    digest = sha256((_STATIC / "htmx.min.js").read_bytes()).hexdigest()
    assert digest in (_STATIC / "SOURCE.md").read_text()


def test_first_page_is_light() -> None:
    shown = sum(one.stat().st_size for one in _STATIC.iterdir() if one.suffix != ".md")
    assert shown < 100_000


async def test_page_asks_who_it_is_first(console: Console) -> None:
    async with console.visit() as visit:
        page = await visit.look("/")
    assert page.status == 200
    assert 'action="/sign-in"' in page.text


async def test_whoever_is_signed_in_may_sign_in_anew(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        asked = await visit.look("/sign-in")
        form = asked.text.split('action="/sign-in"')[1].split("</form>")[0]
        own = re.findall('name="form_token" value="([0-9a-f]+)"', form)
        page = await visit.send(
            "/sign-in",
            token="".join(own),
            account="tinh.van",
            password=PASSWORD,
        )
    assert page.status == 200
    assert "Người tinh.van" in page.text


async def test_part_that_somebody_asks_for_stays_where_he_writes(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit:
        console.world.clock.move(minutes=31)
        path = "/compose/recipients?search=tinh"
        page = await visit.look(path, **{"HX-Request": "true"})
    assert page.status == 401
    assert "HX-Redirect" not in page.headers
    assert 'href="/sign-in" target="_blank"' in page.text


async def test_headers_forbid_what_a_page_does_not_need(console: Console) -> None:
    async with console.visit() as visit:
        for path in ("/sign-in", "/static/console.css", "/not-there"):
            headers = (await visit.look(path)).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["X-Content-Type-Options"] == "nosniff"


async def test_person_with_one_role_signs_in_and_out(console: Console) -> None:
    async with console.visit() as visit:
        desk = await visit.sign_in("thu.van")
        assert "UBND xã Suối Mây" in desk.text
        assert "Văn thư" in desk.text
        held = visit.cookies["session"]
        await visit.send("/sign-out")
        assert "session" not in visit.cookies
        visit.http.cookie_jar.update_cookies({"session": held})
        assert 'action="/sign-in"' in (await visit.look("/")).text


async def test_person_with_two_roles_chooses(console: Console) -> None:
    async with console.visit() as visit:
        await visit.sign_in("hai.vai")
        assert 'action="/role"' in (await visit.look("/")).text
        desk = await visit.send("/role", role="auditor", agency="H99")
        assert "UBND tỉnh Bình Sơn" in desk.text


async def test_role_of_somebody_else_cannot_be_chosen(console: Console) -> None:
    async with console.visit("hai.vai") as visit:
        await visit.look("/role")
        page = await visit.send("/role", role="operator", agency="")
    assert page.status == 403
    assert "role_not_allowed" in page.text


async def test_wrong_password_is_refused_in_words(console: Console) -> None:
    async with console.visit() as visit:
        page = await visit.sign_in("thu.van", "không phải mật khẩu này")
    assert page.status in {401, 403}
    assert "sign_in_refused" in page.text
    assert 'value="thu.van"' in page.text


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        # Decoding it takes the square of its length, on the loop.
        ("charset=punycode", b"account=ai&password=x-"),
        # It makes halves of surrogate pairs, which nothing can write again.
        ("charset=raw-unicode-escape", rb"account=\ud800&password=x"),
        ("charset=latin-1", b"account=\xe0i&password=x"),
    ],
    ids=["punycode", "raw-unicode-escape", "latin-1"],
)
async def test_form_in_another_charset_is_refused_before_it_is_decoded(
    console: Console, charset: str, body: bytes
) -> None:
    status, text = await _sign_in_form(console, charset, body)
    assert (status, "encoding_not_utf8" in text) == (422, True)


@pytest.mark.parametrize(
    "charset",
    [
        "charset*",
        "a=" + 8_000 * '"',  # takes the square of its length in the grammar of mail
    ],
    ids=["no-value", "quotes"],
)
async def test_form_whose_type_nobody_can_read_is_refused_soon(
    console: Console, charset: str
) -> None:
    with soon(0.4):
        status, text = await _sign_in_form(console, charset, b"account=a&password=x")
    assert (status, "content_type_unsupported" in text) == (415, True)


@pytest.mark.parametrize(
    "charset", ["", "charset=utf-8", 'charset="UTF-8"', "charset*=punycode''utf-8"]
)
async def test_form_in_utf_8_is_read(console: Console, charset: str) -> None:
    status, text = await _sign_in_form(console, charset, b"account=ai&password=x")
    assert (status, "sign_in_refused" in text) == (401, True)


async def _sign_in_form(console: Console, charset: str, body: bytes) -> tuple[int, str]:
    kind = f"application/x-www-form-urlencoded; {charset}"
    async with (
        console.visit() as visit,
        visit.http.post(
            f"{visit.base}/sign-in", data=body, headers={"Content-Type": kind}
        ) as answer,
    ):
        return answer.status, await answer.text()


async def test_form_token_that_is_no_text_is_a_wrong_one(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        cookies = "; ".join(f"{key}={value}" for key, value in visit.cookies.items())
    answer = await _sent_raw(
        console,
        b"POST /compose/check HTTP/1.1",
        f"Cookie: {cookies}".encode(),
        b"Content-Length: 0",
        b"Lienthong-Form: \xff",
    )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"csrf_token_wrong" in answer


async def test_session_that_is_no_text_is_none(console: Console) -> None:
    answer = await _sent_raw(console, b"GET /inbox HTTP/1.1", b"Cookie: session=\xff")
    assert answer.startswith(b"HTTP/1.1 303 ")


async def _sent_raw(console: Console, *lines: bytes) -> bytes:
    address = URL(console.base)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    last = (f"Host: {address.authority}".encode(), b"Connection: close", b"", b"")
    writer.write(b"\r\n".join((*lines, *last)))
    answer = await reader.read()
    writer.close()
    return answer


async def test_form_without_its_token_does_nothing(console: Console) -> None:
    async with console.visit("hai.vai") as visit:
        await visit.look("/role")
        page = await visit.send("/role", token="0" * 64, role="clerk", agency="H99.151")
    assert page.status == 403
    assert "csrf_token_wrong" in page.text


async def test_page_made_in_another_role_cannot_act(console: Console) -> None:
    async with console.visit("hai.vai") as visit:
        await visit.look("/role")
        await visit.send("/role", role="clerk", agency="H99.151")
        made_as_clerk = (await visit.look("/role")).form_token
        await visit.send("/role", role="auditor", agency="H99")
        page = await visit.send(
            "/role", token=made_as_clerk, role="clerk", agency="H99.151"
        )
    assert "csrf_token_wrong" in page.text


async def test_form_of_another_site_does_nothing(console: Console) -> None:
    async with (
        console.visit("thu.van") as visit,
        visit.http.post(
            f"{console.base}/sign-out",
            data={"form_token": visit.page.form_token},
            headers={"Origin": "https://elsewhere.example"},
        ) as answer,
    ):
        assert answer.status == 403


@pytest.mark.parametrize(
    "name", ["elsewhere.example", "[", "[::1", "[v1.x]", "127.0.0.1]", "a@b", ""]
)
async def test_other_host_names_are_not_answered(console: Console, name: str) -> None:
    async with console.visit() as visit:
        page = await visit.look("/sign-in", Host=name)
    assert page.status == 404
    assert "<form" not in page.text


async def test_markup_in_what_is_typed_is_text(console: Console) -> None:
    async with console.visit() as visit:
        page = await visit.sign_in('"><script>alert(1)</script>')
    assert "<script>alert" not in page.text


async def test_language_leads_only_to_own_pages(console: Console) -> None:
    async with console.visit() as visit:
        page = await visit.look("/language/en?back=//elsewhere.example/")
        assert "Sign in" in page.text


async def test_language_keeps_what_is_looked_for(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look("/inbox?q=h%E1%BB%93+s%C6%A1")
        page = await visit.look(_to_language(page.text))
    assert 'value="hồ sơ"' in page.text
    assert "Inbox" in page.text


async def test_refused_form_leads_back_to_its_page(console: Console) -> None:
    async with console.visit("hai.vai") as visit:
        await visit.look("/role?of=day")
        own = f"{visit.base}/role?of=day"
        page = await visit.send("/role", referer=own, role="operator")
        assert page.status == 403
        assert 'href="/role?of=day"' in page.text
        page = await visit.look(_to_language(page.text))
        assert page.status == 200
        for other in ("https://elsewhere.example/x", "http://[", ""):
            page = await visit.send("/role", referer=other, role="operator")
            assert "elsewhere" not in page.text
            assert _to_language(page.text) == "/language/vi?back=/"


def _to_language(text: str) -> str:
    found = re.search('href="(/language/[^"]*)"', text)
    assert found is not None
    return found.group(1)


async def test_session_that_ended_is_signed_out_of(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        await visit.look("/inbox")
        console.world.clock.move(minutes=31)
        page = await visit.send("/sign-out")
        assert page.status == 200
        assert 'action="/sign-in"' in page.text
        assert visit.cookies == {}


async def test_who_signs_in_comes_to_the_page_that_was_asked_for(
    console: Console,
) -> None:
    async with console.visit() as visit:
        asked = await visit.look("/inbox?q=abc")
        back = _back(asked.text)
        sent = {"account": "thu.van", "back": back}
        again = await visit.send("/sign-in", **sent, password="sai")
        assert _back(again.text) == back == "/inbox?q=abc"
        page = await visit.send("/sign-in", **sent, password=PASSWORD)
    assert 'value="abc"' in page.text


async def test_sign_in_leads_to_own_pages_alone(console: Console) -> None:
    for elsewhere in ("//elsewhere.example/", "https://elsewhere.example", "/\\x"):
        async with console.visit() as visit:
            sent = {"account": "thu.van", "password": PASSWORD, "back": elsewhere}
            page = await visit.send("/sign-in", **sent)
        assert 'class="tiles"' in page.text


def _back(text: str) -> str:
    return text.split('name="back" value="')[1].split('"', maxsplit=1)[0]


async def test_session_ends_when_it_is_idle(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        console.world.clock.move(minutes=31)
        assert 'action="/sign-in"' in (await visit.look("/")).text


@pytest.mark.parametrize("role", sorted(_PEOPLE), ids=str)
async def test_page_is_shown_to_the_roles_it_names_alone(
    console: Console, role: AccessRole
) -> None:
    async with console.visit(_PEOPLE[role]) as visit:
        for one in PAGES:
            if one.method == "GET" and not one.is_open and "{" not in one.path:
                allowed = role in one.allowed
                # Streams have no end, and files are no text.
                async with visit.http.get(visit.base + one.path) as answer:
                    assert (answer.status == 403) is not allowed, one.path


async def test_stranger_is_shown_no_page_of_a_role(console: Console) -> None:
    async with console.visit() as visit:
        for one in PAGES:
            if one.method == "GET" and not one.is_open and "{" not in one.path:
                assert 'action="/sign-in"' in (await visit.look(one.path)).text


async def _weight(visit: Visit, path: str) -> int:
    """Return the bytes of a page and of all it loads, as they travel."""
    page = await visit.look(path)
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert len(loaded) > 3
    total = len(page.text.encode())
    for one in loaded:
        async with visit.http.get(visit.base + one) as answer:
            total += len(await answer.read())
    return total


async def test_first_pages_are_light(console: Console) -> None:
    async with console.visit("tinh.van") as visit:
        for path in ("/sign-in", "/", "/inbox", "/compose"):
            assert (path, await _weight(visit, path) <= 150_000) == (path, True)
