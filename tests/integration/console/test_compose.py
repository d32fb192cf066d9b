"""Writing and sending a document from the console."""

from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest

from exchange.settings.console import ConsoleSettings
from exchange.settings.limits import LimitSettings
from schemas.edxml.body import BodyScanner
from schemas.edxml.document import EdxmlDocument
from schemas.edxml.reader import read
from schemas.identifiers import SystemId, person_id
from schemas.vocabulary import EvidenceLevel
from schemas.xml import parse
from tests.support.console import Console, Page, Visit, running_console
from tests.support.world import COMMUNE, MINISTRY, PROVINCE, make_world

_LETTER = {
    "kind": "22",
    "number": "215",
    "notation": "UBND-VHXH",
    "promulgated": "2026-11-21",
    "place": "Suối Mây",
    "subject": "V/v mời họp về nước sạch",
    "urgency": "1",
    "due": "2026-12-01",
    "signer_position": "Chủ tịch",
    "signer_name": "Đoàn Thạch Khuê",
}


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


async def _post(
    visit: Visit,
    *files: tuple[str, bytes],
    recipients: tuple[str, ...] = (PROVINCE, MINISTRY),
    token: str = "",
    **changes: str,
) -> Page:
    """Send the form as a browser without scripts does."""
    form = aiohttp.FormData(quote_fields=False)
    for name, value in {**_LETTER, **changes}.items():
        form.add_field(name, value)
    for code in recipients:
        form.add_field("recipients", code)
    for name, content in files or (("", b""),):
        kind = "application/octet-stream"
        form.add_field("files", content, filename=name, content_type=kind)
    shown = await visit.look("/compose")
    path = shown.text.split('action="/compose?form_token=')[1].split('"')[0]
    async with visit.http.post(
        f"{visit.base}/compose?form_token={token or path}", data=form
    ) as answer:
        return Page(answer.status, await answer.text(), dict(answer.headers))


async def _stored(console: Console) -> EdxmlDocument:
    """Return the one document that was sent, as recipients read it."""
    store = console.world.services.storage.envelopes
    (envelope,) = await store.to_check(limit=10)
    scanner = BodyScanner(envelope.content_type)
    async for chunk in store.read_body(envelope.envelope_id):
        scanner.feed(chunk)
    document = read(parse(scanner.finish().xml))
    assert isinstance(document, EdxmlDocument)
    return document


async def test_what_was_filled_in_is_what_recipients_read(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await _post(visit, ("C:\\Tệp\\lịch họp.txt", b"09:00"))
    assert page.status == 200
    assert "215/UBND-VHXH" in page.text
    document = await _stored(console)
    assert document.sender.organ_id == COMMUNE
    assert [one.organ_id for one in document.recipients] == [PROVINCE, MINISTRY]
    assert document.subject == "V/v mời họp về nước sạch"
    assert document.document_id == "H99.151,2026/11/21,215/UBND-VHXH"
    assert document.due_date is not None
    assert document.signer is not None
    assert [one.attachment_name for one in document.manifest] == ["lịch họp.txt"]


async def test_document_rests_on_the_channel_and_says_so(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await _post(visit)
    (envelope,) = await console.world.services.storage.envelopes.to_check(limit=10)
    assert envelope.evidence_level is EvidenceLevel.CHANNEL
    assert envelope.system_id == "person:thu.van"
    assert "chỉ theo kênh đã xác thực" in page.text


async def test_letter_sent_twice_is_sent_once(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        for _ in range(2):
            assert (await _post(visit, ("a.txt", b"a"))).status == 200
    store = console.world.services.storage.envelopes
    assert len(await store.to_check(limit=10)) == 1


async def test_unfinished_letter_is_shown_again_with_what_is_missing(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit:
        page = await _post(visit, recipients=(), notation="")
    assert page.status == 400
    assert "nơi nhận" in page.text
    assert "V/v mời họp về nước sạch" in page.text
    assert await console.world.services.storage.envelopes.to_check(limit=10) == []


async def test_refused_letter_is_shown_again_with_the_reason(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await _post(visit, recipients=("H99.152.77",))
    assert "recipient_unknown" in page.text
    assert "không có trong danh bạ" in page.text
    assert 'value="215"' in page.text


async def test_form_with_files_needs_its_token(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await _post(visit, token="0" * 64)
    assert page.status == 403
    assert "csrf_token_wrong" in page.text


async def test_form_that_is_too_large_is_refused() -> None:
    settings = ConsoleSettings(enabled=True, upload_bytes=10_000)
    async with (
        running_console(await make_world(), settings) as console,
        console.visit("thu.van") as visit,
    ):
        page = await _post(visit, ("a.txt", b"a" * 10_000))
    assert page.status == 413
    assert "body_too_large" in page.text
    assert await console.world.services.storage.envelopes.to_check(limit=10) == []


async def test_what_one_system_may_send_in_a_day_holds_a_person_too() -> None:
    limits = LimitSettings(system_bytes_per_day=20_000)
    world = await make_world(limits=limits)
    file = ("a.txt", b"x" * 15_000)
    async with running_console(world) as console, console.visit("thu.van") as visit:
        sent, refused = [await _post(visit, file, number=one) for one in ("1", "2")]
        looked = await visit.look("/inbox")
    assert (sent.status, looked.status) == (200, 200)
    assert (refused.status, "rate_exceeded" in refused.text) == (429, True)
    assert int(refused.headers["Retry-After"]) > 0


async def test_recipients_are_found_without_marks(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look("/compose/recipients?search=suoi%20xa")
        first, second = page.text.index("H99.153"), page.text.index("H99.151")
        assert first < second
        page = await visit.look("/compose/recipients?search=SUOI%20M%C3%A2")
        assert "H99.153" not in page.text
        page = await visit.look("/compose/recipients?search=binh%20son")
        assert 'value="H99_all.commune"' in page.text
        assert "Tất cả cấp xã thuộc UBND tỉnh Bình Sơn (2)" in page.text


async def test_closed_agency_is_not_found(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look("/compose/recipients?search=suoi%20cu")
    assert "H99.152" not in page.text


async def test_check_while_typing_names_the_reasons_and_stores_nothing(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit:
        await visit.look("/compose")
        token = visit.page.form_token
        fields = {**_LETTER, "recipients": str(PROVINCE)}
        fine = await visit.send("/compose/check", token=token, **fields)
        assert "problem" not in fine.text
        fields["subject"] = "[MẬT] danh sách"
        marked = await visit.send("/compose/check", token=token, **fields)
    assert "secrecy_mark" in marked.text
    assert await console.world.services.storage.envelopes.to_check(limit=10) == []


async def test_answer_names_the_document_it_answers(console: Console) -> None:
    accepted = await console.world.sent()
    async with console.visit("tinh.van") as visit:
        form = await visit.look(f"/compose?answers={accepted.envelope.envelope_id}")
        assert 'name="recipients" value="H99.151"' in form.text
        page = await _post(
            visit,
            recipients=(COMMUNE,),
            answers=str(accepted.envelope.envelope_id),
        )
    assert page.status == 200
    (answer,) = (await _stored(console)).response_for
    assert answer.code == "214/UBND-VHXH"


async def test_letter_about_a_document_of_others_is_refused(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        page = await visit.look("/compose?answers=01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert page.status == 404


async def _ahead(visit: Visit, content: bytes, *pieces: int) -> str:
    """Send a file ahead in pieces that end at these offsets; return its id."""
    token = (await visit.look("/compose")).form_token
    headers = {"Lienthong-Form": token, "Tus-Resumable": "1.0.0"}
    async with visit.http.post(
        f"{visit.base}/v1/uploads",
        headers={**headers, "Upload-Length": str(len(content))},
    ) as answer:
        assert answer.status == 201
        address = answer.headers["Location"]
    begin = 0
    for end in pieces or (len(content),):
        part = {
            **headers,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(begin),
        }
        async with visit.http.patch(
            visit.base + address, headers=part, data=BytesIO(content[begin:end])
        ) as answer:
            assert answer.status == 204
            begin = int(answer.headers["Upload-Offset"])
    return address.rsplit("/", 1)[1]


async def test_files_sent_ahead_go_with_the_letter(console: Console) -> None:
    content = bytes(range(256)) * 9000
    async with console.visit("thu.van") as visit:
        upload = await _ahead(visit, content, 1_000_000, len(content))
        named = f"{upload} image/vnd.dwg Bản vẽ cống.dwg"
        page = await _post(visit, ("phụ lục.txt", b"x"), uploaded=named)
        assert page.status == 200, page.text
    store = console.world.services.storage.envelopes
    (envelope,) = await store.to_check(limit=9)
    sizes = {one.name: one.content_size for one in envelope.attachments}
    assert sizes == {"phụ lục.txt": 1, "Bản vẽ cống.dwg": len(content)}


async def test_letter_with_files_sent_ahead_is_sent_once_though_pressed_again(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit:
        named = f"{await _ahead(visit, b'abcdef')} text/plain a.txt"
        first = await _post(visit, uploaded=named)
        again = await _post(visit, uploaded=named)
    assert (first.status, again.status) == (200, 200), again.text
    assert len(await console.world.services.storage.envelopes.to_check(limit=9)) == 1


async def test_files_sent_ahead_are_forgotten_a_while_after_their_letter(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit:
        named = f"{await _ahead(visit, b'abcdef')} text/plain a.txt"
        await _post(visit, uploaded=named)
        console.world.clock.move(minutes=15)
        again = await _post(visit, uploaded=named)
    assert again.status == 404
    assert "upload_not_found" in again.text


async def test_file_that_went_with_a_letter_is_sent_anew_for_another(
    console: Console,
) -> None:
    async with console.visit("thu.van") as visit:
        upload = await _ahead(visit, b"abcdef")
        await _post(visit, uploaded=f"{upload} text/plain a.txt")
        headers = {"Tus-Resumable": "1.0.0"}
        address = f"{visit.base}/v1/uploads/{upload}"
        async with visit.http.head(address, headers=headers) as answer:
            assert answer.status == 404
    unused = console.world.services.storage.uploads.unused
    assert await unused(SystemId(person_id("thu.van"))) == 0


async def test_letter_waits_for_files_that_are_not_whole(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        upload = await _ahead(visit, b"abcdef", 3)
        page = await _post(visit, uploaded=f"{upload} text/plain a.txt")
    assert "upload_unfinished" in page.text
    assert 'value="UBND-VHXH"' in page.text


async def test_files_of_others_are_not_sent(console: Console) -> None:
    async with console.visit("tinh.van") as other:
        upload = await _ahead(other, b"abcdef")
    async with console.visit("thu.van") as visit:
        page = await _post(visit, uploaded=f"{upload} text/plain a.txt")
        assert "upload_not_found" in page.text
        page = await _post(visit, uploaded="a.txt")
        assert page.status == 400


async def test_files_sent_ahead_count_towards_the_limit() -> None:
    settings = ConsoleSettings(enabled=True, upload_bytes=20_000)
    async with (
        running_console(await make_world(), settings) as console,
        console.visit("thu.van") as visit,
    ):
        upload = await _ahead(visit, bytes(15_000))
        page = await _post(
            visit, ("b", bytes(6_000)), uploaded=f"{upload} text/plain a"
        )
    assert page.status == 413


async def test_nothing_is_sent_ahead_from_another_page(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "3"}
        address = f"{visit.base}/v1/uploads"
        async with visit.http.post(address, headers=headers) as answer:
            assert answer.status == 403


async def test_letter_that_is_only_looked_at_is_not_sent(console: Console) -> None:
    async with console.visit("thu.van") as visit:
        good = await _post(visit, look="1")
        secret = await _post(visit, look="1", subject="[MẬT] V/v mời họp")
    assert good.status == secret.status == 200
    assert "chưa được gửi" in good.text
    assert "V/v mời họp về nước sạch" in good.text
    assert "secrecy_mark" in secret.text
    assert not await console.world.services.storage.envelopes.to_check(limit=10)
