"""What the hub hands out: names that mean no harm, and nothing before its time."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from schemas.vocabulary import DeliveryState
from tests.support.hub import Answer, Hub, running_hub
from tests.support.raw_http import raw, request
from tests.support.signed_pdf import LETTER, sign, tampered
from tests.support.world import (
    PROVINCE,
    CrashingPdfs,
    attachment,
    make_world,
    note,
)

NAMES = {
    "slashes": "../../etc/cron.d/x",
    "backslashes": "..\\..\\AUTOEXEC.BAT",
    "right to left": "b\u00e1o c\u00e1o \u202efdp.exe",
    "line": 'a"; filename="b.exe',
    "tab": "a\tb.odt",
    "percent": "a%0d%0aX-Evil: 1.odt",
    "device": "CON.odt",
    "dots": "..",
    "vietnamese": "Công văn 214-UBND.odt",
    "long": "d" * 250 + ".odt",
}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(await make_world(), tmp_path) as running:
        yield running


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
async def test_name_of_an_attachment_stays_within_its_header(
    hub: Hub, name: str
) -> None:
    message = hub.world.document(
        attachment(b"noi dung", name=name, content_type="text/html")
    )
    sent = await hub.post(message, by=hub.world.commune)
    assert sent.status == 201, sent.body
    path = f"{sent.headers['Location']}/attachments/1"
    answer = await raw(hub, request("GET", path), by=hub.world.commune)

    lines = answer.head.split(b"\r\n")
    (disposition,) = [one for one in lines if one.startswith(b"Content-Disposition")]
    plain, _, encoded = disposition.decode("ascii").rpartition("; filename*=UTF-8''")
    assert plain.startswith('Content-Disposition: attachment; filename="')
    inner = plain.removesuffix('"').partition('filename="')[2]
    assert not set(inner) & set('"\\/%')
    assert unquote(encoded) == name
    assert not set(encoded) & set('";, /\\')
    assert b"X-Content-Type-Options: nosniff" in lines
    assert not any(one.startswith(b"X-Evil") for one in lines)


RANGES = {
    "reversed": ("bytes=5-2", 200),
    "many": ("bytes=0-0,1-1,2-2", 200),
    "overlapping": ("bytes=" + ",".join(["0-"] * 500), 200),
    "unit": ("lines=0-1", 200),
    "huge": ("bytes=0-99999999999999", 206),
    "longer than numbers are": ("bytes=0-" + "9" * 400, 200),
    "far": ("bytes=999999999999999-", 416),
    "none": ("bytes=-0", 416),
    "negative": ("bytes=--5", 200),
    "letters": ("bytes=a-b", 200),
    "digits of others": ("bytes=\u0661-\u0662", 200),
}


@pytest.mark.parametrize(("wanted", "status"), RANGES.values(), ids=RANGES.keys())
async def test_range_gives_one_part_the_whole_or_a_refusal(
    hub: Hub, wanted: str, status: int
) -> None:
    sent = await hub.post(
        hub.world.document(note(b"0123456789")),
        by=hub.world.commune,
    )
    path = f"{sent.headers['Location']}/attachments/1"
    answer = await raw(
        hub, request("GET", path, f"Range: {wanted}"), by=hub.world.commune
    )

    assert answer.status == status
    if status != 416:
        assert answer.data.endswith(b"\r\n\r\n0123456789")


async def sent_envelope(hub: Hub) -> tuple[str, Answer]:
    """Where an envelope is that its recipient may read, and how it is handed out."""
    sent = await hub.post(
        hub.world.document(note(bytes(range(256)) * 4000)), by=hub.world.commune
    )
    await hub.world.deliver()
    path = sent.headers["Location"]
    return path, await hub.call("GET", path, by=hub.world.province)


@pytest.mark.parametrize("named", [True, False], ids=["If-Range", "Range alone"])
async def test_envelope_whose_download_broke_off_goes_on_where_it_ended(
    hub: Hub, *, named: bool
) -> None:
    path, whole = await sent_envelope(hub)
    size = len(whole.body)
    condition = {"If-Range": whole.headers["ETag"]} if named else {}
    headers = {"Range": "bytes=600001-", **condition}
    rest = await hub.call("GET", path, by=hub.world.province, headers=headers)

    assert rest.status == 206
    assert rest.body == whole.body[600_001:]
    assert rest.headers["Content-Range"] == f"bytes 600001-{size - 1}/{size}"
    for name in ("Content-Type", "ETag", "Lienthong-Body-Sha256"):
        assert rest.headers[name] == whole.headers[name]


async def test_part_of_another_envelope_is_not_added_to_this_one(hub: Hub) -> None:
    path, whole = await sent_envelope(hub)
    headers = {"Range": "bytes=600001-", "If-Range": f'"{"0" * 64}"'}
    answer = await hub.call("GET", path, by=hub.world.province, headers=headers)

    assert (answer.status, answer.body) == (200, whole.body)


async def test_envelope_in_its_other_form_is_handed_out_whole_or_not(hub: Hub) -> None:
    # What is made while it is sent has other boundaries each time.
    path, _ = await sent_envelope(hub)
    headers = {"Range": "bytes=5-", "Accept": "application/xml"}
    answer = await hub.call("GET", path, by=hub.world.province, headers=headers)

    assert answer.status == 200
    assert answer.body.startswith(b"<")
    assert not {"ETag", "Accept-Ranges"} & set(answer.headers)


async def test_range_beyond_an_envelope_is_refused_with_its_size(hub: Hub) -> None:
    path, whole = await sent_envelope(hub)
    headers = {"Range": f"bytes={len(whole.body)}-"}
    answer = await hub.call("GET", path, by=hub.world.province, headers=headers)

    assert (answer.status, answer.code) == (416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{len(whole.body)}"


async def refused_letter(hub: Hub) -> str:
    """Send a letter whose PDF was changed after signing; the check finds it."""
    broken = tampered(sign(LETTER.read_bytes(), hub.world.pki.person()))
    sent = await hub.post(hub.world.document(attachment(broken)), by=hub.world.commune)
    assert sent.status == 201
    await hub.world.deliver()
    return sent.headers["Location"]


@pytest.mark.parametrize("what", ["", "/attachments/1", "/evidence"])
async def test_quarantined_letter_is_handed_to_no_recipient(
    hub: Hub, what: str
) -> None:
    location = await refused_letter(hub)
    trace = await hub.call("GET", f"{location}/trace", by=hub.world.ministry)
    (delivery,) = trace.json["deliveries"]
    assert delivery["state"] == DeliveryState.QUARANTINED
    asked = {"Range": "bytes=0-"}
    answer = await hub.call(
        "GET", f"{location}{what}", by=hub.world.ministry, headers=asked
    )

    assert (answer.status, answer.code) == (409, "step_not_allowed")
    assert b"%PDF" not in answer.body


async def test_sender_gets_evidence_of_what_was_quarantined(hub: Hub) -> None:
    location = await refused_letter(hub)
    answer = await hub.call("GET", f"{location}/evidence", by=hub.world.commune)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")


@pytest.mark.parametrize("what", ["", "/attachments/1", "/evidence"])
async def test_letter_that_could_not_be_checked_is_held(
    tmp_path: Path, what: str
) -> None:
    world = (await make_world()).with_pdfs(CrashingPdfs())
    async with running_hub(world, tmp_path) as hub:
        sent = await hub.post(
            world.document(attachment(LETTER.read_bytes())), by=world.commune
        )
        await world.deliver()
        path = f"{sent.headers['Location']}{what}"
        answer = await hub.call("GET", path, by=world.province)

        assert (answer.status, answer.code) == (409, "step_not_allowed")
        inbox = await hub.inbox(f"agency={PROVINCE}", by=world.province)
        assert inbox["items"] == []
