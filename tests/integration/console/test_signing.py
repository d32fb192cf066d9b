"""Signing from the console: the page asks, the official's own client signs."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from clients.errors import RefusedError
from clients.remote_official import prepare_at_hub, sign_prepared
from clients.signing_desk import AskedFor, SigningDesk
from clients.transport import HubAddress, RetryPolicy, Transport
from exchange.domain.roles import AccessRole
from pki.files import PRIVATE, write_atomically
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from schemas.verdict import Indication
from signing.validation.pdf import judge_pdf
from tests.support.console import Console, Page, Visit, add_person, running_console
from tests.support.hub import Hub, running_hub, write_credential
from tests.support.signed_pdf import LETTER
from tests.support.signing_desk import official_of, with_signer
from tests.support.world import COMMUNE, attachment, make_world, material_of

SOURCE = LETTER.read_bytes()
_CODE = re.compile(r'class="code-once"><code>([0-9A-Z-]{19})</code>')
_TASK = re.compile(r'action="(/signing/[0-9A-Z]{26})/code"')
_TASK_LINK = re.compile(r'href="/signing/[0-9A-Z]{26}"')
PLACE = {"page": "2", "x": "330", "y": "150", "width": "180", "height": "60"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A hub and its console."""

    hub: Hub
    console: Console

    @asynccontextmanager
    async def desk(self, credential: Credential) -> AsyncIterator[SigningDesk]:
        """The client of the official, with its agency's system certificate."""
        both = write_credential(self.hub.folder, credential)
        key = self.hub.folder / f"{both.stem}.key"
        write_atomically(key, both.read_bytes(), mode=PRIVATE)
        root = self.hub.folder / "root.pem"
        address = HubAddress(
            url=self.hub.url, authority=root, certificate=both, key=key
        )
        async with Transport(address, retry=RetryPolicy(attempts=1)) as transport:
            yield SigningDesk(transport)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world = with_signer(await make_world())
    async with running_hub(world, tmp_path) as hub, running_console(world) as console:
        yield Site(hub=hub, console=console)


async def asked(visit: Visit) -> str:
    """Hand the letter in; the path of its task."""
    await visit.look("/signing")
    page = await visit.upload("/signing", SOURCE, name="Công văn.pdf")
    found = _TASK.search(page.text)
    assert found, page.text
    return found[1]


async def code_for(visit: Visit, path: str, **changes: str) -> str:
    fields = {"level": "B-B", "where": "here", **PLACE, **changes}
    page = await visit.send(f"{path}/code", **fields)
    found = _CODE.search(page.text)
    assert found, page.text
    return found[1]


async def signed_by(desk: SigningDesk, task: AskedFor, official: Credential) -> bytes:
    ready = await prepare_at_hub(
        desk,
        task.document,
        credential=official,
        request=task.request,
        task_id=task.task_id,
    )
    return (await sign_prepared(desk, ready, credential=official)).file


async def test_document_is_signed_where_the_page_says_by_a_client_with_the_code(
    site: Site,
) -> None:
    world = site.console.world
    async with site.console.visit("ky.nguoi") as visit:
        path = await asked(visit)
        code = await code_for(visit, path)
        assert "chờ phần mềm ký" in (await visit.look(f"{path}/state")).text
        async with site.desk(world.commune) as desk:
            task = await desk.open_task(code.lower())
            assert task.document == SOURCE
            assert task.name == "Công văn.pdf"
            state = await visit.look(f"{path}/state")
            assert "phần mềm ký đã nhận văn bản" in state.text
            data = await signed_by(desk, task, official_of(world))
        done = await visit.look(path)
        assert "chữ ký hợp lệ" in done.text
        assert "hx-trigger" not in done.text
        async with visit.http.get(f"{visit.base}{path}/signed") as answer:
            assert await answer.read() == data
            assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert "đã ký" in (await visit.look("/signing")).text
    verdict = judge_pdf(data, material=material_of(world.pki), at=world.services.now())
    assert verdict.indication is Indication.TOTAL_PASSED
    assert b"/Rect [330 150 510 210]" in data or b"/Rect [ 330 150 510 210 ]" in data


async def test_code_is_used_once_and_lapses_and_is_kept_as_a_digest(
    site: Site,
) -> None:
    world = site.console.world
    async with (
        site.console.visit("ky.nguoi") as visit,
        site.desk(world.commune) as desk,
    ):
        path = await asked(visit)
        first = await code_for(visit, path)
        await visit.look(path)
        assert first not in visit.page.text
        second = await code_for(visit, path)
        stored = await world.services.storage.signing.task(path.rsplit("/", 1)[1])
        assert second not in repr(stored)
        await require_refused(desk, first)
        await desk.open_task(second)
        await require_refused(desk, second)
        third = await code_for(visit, path)
        world.clock.move(minutes=10)
        await require_refused(desk, third)
        assert "mã đã hết hạn" in (await visit.look(f"{path}/state")).text


async def require_refused(desk: SigningDesk, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await desk.open_task(code)
    assert refused.value.code is ErrorCode.SIGNING_NOT_FOUND


async def test_code_gives_no_right_to_systems_and_signers_of_others(
    site: Site,
) -> None:
    world = site.console.world
    async with site.console.visit("ky.nguoi") as visit:
        path = await asked(visit)
        code = await code_for(visit, path)
        async with site.desk(world.province) as stranger:
            await require_refused(stranger, code)
        async with site.desk(world.commune) as desk:
            task = await desk.open_task(code)
            elsewhere = official_of(world, "H99")
            with pytest.raises(RefusedError) as refused:
                await signed_by(desk, task, elsewhere)
            assert refused.value.code is ErrorCode.AGENCY_NOT_ACTED_FOR


async def test_client_cannot_prepare_another_document_for_a_task(site: Site) -> None:
    world = site.console.world
    async with (
        site.console.visit("ky.nguoi") as visit,
        site.desk(world.commune) as desk,
    ):
        task = await desk.open_task(await code_for(visit, await asked(visit)))
        with pytest.raises(RefusedError) as refused:
            await prepare_at_hub(
                desk,
                SOURCE + b"\n",
                credential=official_of(world),
                request=task.request,
                task_id=task.task_id,
            )
        assert refused.value.code is ErrorCode.SIGNING_NOT_FOUND


async def test_task_of_somebody_else_does_not_exist(site: Site) -> None:
    clerk = ((AccessRole.OFFICIAL, COMMUNE),)
    await add_person(site.console.office, site.console.world, "nguoi.khac", clerk)
    async with site.console.visit("ky.nguoi") as visit:
        path = await asked(visit)
    async with site.console.visit("nguoi.khac") as visit:
        for part in ("", "/page/1", "/state", "/signed"):
            page = await visit.look(path + part)
            assert (page.status, "signing_not_found" in page.text) == (404, True)
        await visit.look("/signing")
        assert path not in visit.page.text
        fields = {"level": "B-B", "where": "here", **PLACE}
        assert (await visit.send(f"{path}/code", **fields)).status == 404


async def test_attachment_of_ones_own_agency_is_taken_to_be_signed(
    site: Site,
) -> None:
    accepted = await site.console.world.sent(attachment(SOURCE))
    envelope = accepted.envelope.envelope_id
    async with site.console.visit("thu.van") as visit:
        await visit.look(f"/documents/{envelope}")
        assert 'action="/signing/attachment"' in visit.page.text
        page = await visit.send("/signing/attachment", envelope=envelope, number="1")
    assert page.status == 200
    assert "Công văn 214.pdf" in page.text
    assert "Cơ quan (con dấu)" in page.text


@pytest.mark.parametrize(
    "changes",
    [{"x": "nan"}, {"y": "-5"}, {"width": "0"}, {"page": "1.5"}, {"level": "B-X"}],
    ids=["no-number", "below", "no-width", "half-page", "no-level"],
)
async def test_place_that_is_none_is_refused_in_words(
    site: Site, changes: dict[str, str]
) -> None:
    async with site.console.visit("ky.nguoi") as visit:
        path = await asked(visit)
        fields = {"level": "B-B", "where": "here", **PLACE, **changes}
        page = await visit.send(f"{path}/code", **fields)
    assert (page.status, "request_invalid" in page.text) == (400, True)


async def test_number_of_thousands_of_digits_is_none(site: Site) -> None:
    accepted = await site.console.world.sent(attachment(SOURCE))
    fields = {"envelope": accepted.envelope.envelope_id, "number": "9" * 5000}
    async with site.console.visit("thu.van") as visit:
        await visit.look("/signing")
        page = await visit.send("/signing/attachment", **fields)
        assert (page.status, "attachment_not_found" in page.text) == (404, True)
        path = await asked(visit)
        page = await visit.look(f"{path}?page={'9' * 5000}")
    assert (page.status, "Trang 2/2" in page.text) == (200, True)


@pytest.mark.parametrize("path", ["/signing", "/verify", "/compose"])
@pytest.mark.parametrize(
    "names",
    [
        "name=file; filename*=raw-unicode-escape''a%5Cud800.pdf",
        "name=file; filename*=nosuch''a.pdf",
        "name=file; filename*=punycode''a-",
        "name=file; filename*=utf-8''a%ED%A0%80.pdf",
        "name*=raw-unicode-escape''%5Cud800",
        'name="\udcff"; filename="a.pdf"',
        'name=file; filename="\udcff.pdf"',
        "filename=a.pdf",
    ],
)
# aiohttp warns of what the hub refuses.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
async def test_file_whose_name_is_no_unicode_is_refused_and_not_kept(
    site: Site, path: str, names: str
) -> None:
    head = f"--B\r\nContent-Disposition: form-data; {names}\r\n\r\n"
    sent = head.encode(errors="surrogateescape") + SOURCE + b"\r\n--B--\r\n"
    async with site.console.visit("thu.van") as visit:
        page = await _posted(visit, path, sent)
        assert (page.status, "request_invalid" in page.text) == (400, True)
        assert (await visit.look("/signing")).status == 200
        assert _TASK_LINK.search(visit.page.text) is None


@pytest.mark.parametrize("path", ["/signing", "/verify", "/compose"])
async def test_form_that_names_a_charset_of_its_own_is_refused(
    site: Site, path: str
) -> None:
    head = b'--B\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n'
    async with site.console.visit("thu.van") as visit:
        page = await _posted(visit, path, head + b"x" * 40 + b"\r\n--B--\r\n")
    assert (page.status, "request_invalid" in page.text) == (400, True)


async def _posted(visit: Visit, path: str, body: bytes) -> Page:
    token = (await visit.look(path)).form_token
    async with visit.http.post(
        f"{visit.base}{path}?form_token={token}",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=B"},
    ) as answer:
        return Page(answer.status, await answer.text(), dict(answer.headers))


async def test_what_is_no_pdf_is_refused_in_words(site: Site) -> None:
    async with site.console.visit("ky.nguoi") as visit:
        await visit.look("/signing")
        page = await visit.upload("/signing", b"no PDF")
    assert "pdf_malformed" in page.text


async def test_page_is_drawn_with_the_frame_on_it(site: Site) -> None:
    async with site.console.visit("ky.nguoi") as visit:
        path = await asked(visit)
        assert '<rect class="frame"' in visit.page.text
        async with visit.http.get(f"{visit.base}{path}/page/2") as answer:
            assert answer.content_type == "image/png"
            assert (await answer.read()).startswith(b"\x89PNG")


async def _handed_in(visit: Visit, *files: tuple[str, bytes]) -> str:
    """Hand files in together; the page that follows."""
    form = aiohttp.FormData(quote_fields=False)
    for name, content in files:
        form.add_field("file", content, filename=name)
    token = (await visit.look("/signing")).form_token
    address = f"{visit.base}/signing?form_token={token}"
    async with visit.http.post(address, data=form) as answer:
        return await answer.text()


async def test_of_several_files_the_refused_one_is_told_and_those_before_it_wait() -> (
    None
):
    letter = LETTER.read_bytes()
    async with (
        running_console(await make_world()) as console,
        console.visit("ky.nguoi") as visit,
    ):
        files = (("một.pdf", letter), ("hai.docx", b"no PDF"), ("ba.pdf", letter))
        refused = await _handed_in(visit, *files)
        waiting = (await visit.look("/signing")).text

    assert "pdf_malformed" in refused
    assert "tệp/file 2" in refused
    assert ("một.pdf" in waiting, "ba.pdf" in waiting) == (True, False)


async def test_documents_handed_in_together_wait_for_each_other() -> None:
    letter = LETTER.read_bytes()
    names = ("một.pdf", "hai.pdf", "ba.pdf")
    async with (
        running_console(await make_world()) as console,
        console.visit("ky.nguoi") as visit,
    ):
        page = await _handed_in(visit, *((name, letter) for name in names))
    assert "Ký văn bản: một.pdf" in page
    assert "Còn 2 văn bản" in page
    assert page.index("hai.pdf") < page.index("ba.pdf")
