"""Verifying a file in the console."""

from base64 import b64decode
from collections.abc import AsyncIterator
from html import unescape

import pytest

from exchange.settings.console import ConsoleSettings
from tests.support.console import Console, running_console
from tests.support.etsi_schema import departure
from tests.support.signed_pdf import LETTER, sign
from tests.support.world import World, attachment, make_world


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


def signed(world: World) -> bytes:
    return sign(LETTER.read_bytes(), world.pki.person())


def tampered(data: bytes) -> bytes:
    """The same file with one letter of what was signed changed."""
    return data.replace(b"/Type", b"/Tipe", 1)


async def test_verdict_on_a_good_file_is_shown_with_its_chain(console: Console) -> None:
    async with console.visit("giam.sat") as visit:
        await visit.look("/verify")
        page = await visit.upload("/verify", signed(console.world), name="Công văn.pdf")
    assert page.status == 200
    assert "TOTAL-PASSED" in page.text
    assert 'class="card answer good"' in page.text
    assert 'svg class="chain"' in page.text
    assert "Công văn.pdf" in page.text
    for row in ("Đơn vị cấp chứng thư", "Hiệu lực chứng thư", "Kiểm tra thu hồi"):
        assert row in page.text


async def test_verdict_on_a_changed_file_says_what_where_and_what_next(
    console: Console,
) -> None:
    async with console.visit("giam.sat") as visit:
        await visit.look("/verify")
        page = await visit.upload("/verify", tampered(signed(console.world)))
    assert "TOTAL-FAILED" in page.text
    assert 'class="card answer bad"' in page.text
    for heading in ("Thuộc về", "Cần làm", "Mã lỗi"):
        assert heading in page.text


async def test_reports_are_in_the_page_itself(console: Console) -> None:
    async with console.visit("giam.sat") as visit:
        await visit.look("/verify")
        page = await visit.upload("/verify", signed(console.world))
    found = {
        kind: b64decode(unescape(rest).split('"')[0])
        for kind, rest in (
            one.split(";base64,", 1) for one in page.text.split('href="data:')[1:]
        )
    }
    assert set(found) == {"application/json", "application/xml", "application/pdf"}
    assert b"TOTAL-PASSED" in found["application/json"]
    assert departure(found["application/xml"]) is None
    assert found["application/pdf"].startswith(b"%PDF-")


async def test_nothing_is_kept_of_what_was_verified(console: Console) -> None:
    storage = console.world.services.storage
    async with console.visit("giam.sat") as visit:
        await visit.look("/verify")
        before = await storage.audit.lines(limit=100)
        await visit.upload("/verify", signed(console.world))
    assert await storage.audit.lines(limit=100) == before


async def test_message_shows_its_parts(console: Console) -> None:
    message = console.world.document(attachment(signed(console.world)))
    header = f"Content-Type: {message.content_type}\r\n\r\n".encode()
    async with console.visit("thu.van") as visit:
        await visit.look("/verify")
        page = await visit.upload("/verify", header + message.body, name="goi.mime")
    assert "TOTAL-PASSED" in page.text
    assert "Công văn 214.pdf" in page.text


async def test_markup_in_the_name_of_a_file_is_text(console: Console) -> None:
    name = "<img src=x onerror=alert(1)>\u202egpj.exe"
    async with console.visit("thu.van") as visit:
        await visit.look("/verify")
        page = await visit.upload("/verify", b"%PDF-1.7 nothing", name=name)
    assert page.status == 200
    assert "<img src=x" not in page.text
    assert "\u202e" not in page.text


async def test_empty_and_too_large_files_are_refused_in_words(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        await visit.look("/verify")
        token = visit.page.form_token
        empty = await visit.upload("/verify", b"")
        assert (empty.status, "body_empty" in empty.text) == (400, True)
        limit = console.world.services.limits.pdf_bytes
        headers = {
            "Content-Length": str(limit * 2),
            "Content-Type": "multipart/form-data; boundary=x",
        }
        address = f"{console.base}/verify?form_token={token}"
        async with visit.http.post(address, data=b"", headers=headers) as answer:
            assert answer.status == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\xff\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
        ),
        ("application/pdf", b"%PDF-"),
    ],
    ids=["no-boundary", "another-boundary", "no-name", "no-text", "no-form"],
)
async def test_form_that_is_none_is_refused_in_words(
    console: Console, kind: str, body: bytes
) -> None:
    async with console.visit("thu.van") as visit:
        await visit.look("/verify")
        address = f"{console.base}/verify?form_token={visit.page.form_token}"
        headers = {"Content-Type": kind, "Lienthong-Form": visit.page.form_token}
        async with visit.http.post(address, data=body, headers=headers) as answer:
            assert answer.status in {400, 415}
            assert "problem.code" not in await answer.text()


async def test_stranger_verifies_only_where_the_site_says_so(console: Console) -> None:
    async with console.visit() as visit:
        await visit.look("/verify")
        assert (await visit.upload("/verify", b"x")).status == 401
    settings = ConsoleSettings(enabled=True, public_verification=True)
    world = await make_world()
    async with (
        running_console(world, settings) as public,
        public.visit() as visit,
    ):
        await visit.look("/verify")
        page = await visit.upload("/verify", signed(world))
    assert "TOTAL-PASSED" in page.text
