"""The console as people use it: signed in, written, sent, taken, answered, recalled."""

from pathlib import Path
from time import time
from typing import NoReturn

import pytest

from exchange.console.pages import mail
from exchange.errors import ExchangeError
from schemas.errors import ErrorCode
from schemas.identifiers import DocumentId, EnvelopeId
from schemas.vocabulary import DeliveryState, StatusCode
from tests.support.browser import Complaint, Tab, browser_tab
from tests.support.console import running_console
from tests.support.screen import Screen
from tests.support.signed_pdf import LETTER
from tests.support.world import PROVINCE, make_world


async def _line(tab: Tab, *, is_cut: bool = False, upward: int = -1) -> None:
    """Cut the line, or let so many bytes a second up through it; -1: all."""
    await tab.ask(
        "Network.emulateNetworkConditions",
        offline=is_cut,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=upward,
    )


async def _resumed(tab: Tab) -> None:
    """Cut the line while the second file is under way, and wait for all of it.

    What the browser has against the cut line is no complaint about the page.
    """
    bar = "Array.from(document.querySelectorAll('#uploads progress'))[1]"
    await tab.until(f"{bar}?.value > 0")
    address = [one for one in tab.requests if "/v1/uploads/" in one][-1]
    begun = time()
    await _line(tab, is_cut=True)
    await tab.until("document.querySelector('#uploads').innerText.includes('Mất kết')")
    assert await tab.value(f"{bar}.value < {bar}.max")
    assert await tab.value("document.querySelector('#send').disabled")
    ended = time()
    await _line(tab)
    await tab.until("document.querySelectorAll('[name=uploaded]').length === 2")
    await tab.until("!document.querySelector('#send').disabled")

    def is_of_cut(one: Complaint) -> bool:
        is_lost = "net::ERR_INTERNET_DISCONNECTED" in one.text
        return is_lost and one.url == address and begun <= one.at <= ended

    tab.complaints[:] = [one for one in tab.complaints if not is_of_cut(one)]


async def _sent(screen: Screen, large: Path) -> str:
    """Write and send a letter; return the path of its page."""
    tab = screen.tab
    await screen.open("/compose")
    await tab.fill("[name=search]", "tinh binh son")
    await screen.click(".found button")
    await screen.shown(".chosen")
    for name, text in (("number", "77"), ("notation", "UBND-VP"), ("subject", "[MẬT]")):
        await tab.fill(f"[name={name}]", text)
    await screen.read("secrecy_mark")
    await tab.fill("[name=subject]", "V/v kiểm tra an toàn hồ chứa")
    await tab.until("!document.body.textContent.includes('secrecy_mark')")
    await tab.choose_files("[name=files]", LETTER, large)
    await _resumed(tab)
    await tab.click("#send")
    await tab.until("location.pathname.startsWith('/documents/')")
    return str(await tab.value("location.pathname"))


async def test_two_clerks_carry_a_document_to_its_end(tmp_path: Path) -> None:
    world = await make_world()
    async with running_console(world) as console, browser_tab(tmp_path) as tab:
        screen = Screen(console.base, tab)
        await screen.sign_in("thu.van")
        large = tmp_path / "bản vẽ.bin"
        large.write_bytes(bytes(range(256)) * 12_000)
        await _line(tab, upward=1_000_000)
        path = await _sent(screen, large)

        await screen.sign_in("tinh.van")
        await screen.open("/inbox")
        assert "an toàn hồ chứa" not in await screen.text()
        await world.deliver()
        await screen.read("an toàn hồ chứa")
        await screen.look_at(path)
        await tab.until("document.querySelector('.page-image').naturalWidth > 800")
        await screen.act("form[action$='/take'] button")
        await tab.fill("[name=number]", "581")
        await screen.act("form[action$='/status'] button")
        await screen.shown(".verdict")

        await screen.sign_in("thu.van")
        assert "Đã tiếp nhận (03)" in await screen.look_at(path)
        await tab.fill("form[action$='/recall'] [name=reason]", "nhầm nơi nhận")
        await screen.act("form[action$='/recall'] button")
        await screen.shown(".verdict")

        await screen.sign_in("tinh.van")
        await screen.open(path)
        await screen.act("form[action$='/answer'] button[value='15']")
        assert tab.complaints == []

    store = world.services.storage.envelopes
    envelope_id = EnvelopeId(path.rsplit("/", 1)[1])
    delivery = await store.delivery(envelope_id, PROVINCE)
    assert delivery is not None
    assert delivery.state is DeliveryState.RECALLED
    assert delivery.status is StatusCode.REGISTERED


async def test_refused_report_leaves_what_was_typed(tmp_path: Path) -> None:
    reason = "form[action$='/status'] [name=reason]"
    world = await make_world()
    paths = []
    for number in ("12", "13"):
        document = world.document(document_id=DocumentId(f"tin-{number}"))
        accepted = await world.send(document)
        paths.append(f"/documents/{accepted.envelope.envelope_id}")
    await world.deliver()
    async with running_console(world) as console, browser_tab(tmp_path) as tab:
        screen = Screen(console.base, tab)
        await screen.sign_in("tinh.van")
        for path in paths:
            await screen.open(path)
            await screen.act("form[action$='/take'] button")
            await tab.fill("[name=number]", "581")
            await tab.fill(reason, "chuyển phòng văn xã")
            await tab.click("form[action$='/status'] button")
            if path == paths[0]:
                await screen.read("Đã tiếp nhận (03)")
        await screen.shown("form[action$='/status'] .problem")
        typed = f"document.querySelector({reason!r}).value"
        assert await tab.value(typed) == "chuyển phòng văn xã"
        await tab.fill("[name=number]", "582")
        await screen.act("form[action$='/status'] button")
        await screen.read("Đã tiếp nhận (03)")


async def test_list_that_could_not_be_looked_at_stays_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unable(*_: object) -> NoReturn:
        raise ExchangeError(ErrorCode.DATABASE_UNAVAILABLE)

    world = await make_world()
    await world.send(world.document(subject="Văn bản thứ nhất"))
    await world.deliver()
    async with running_console(world) as console, browser_tab(tmp_path) as tab:
        screen = Screen(console.base, tab)
        await screen.sign_in("tinh.van")
        await screen.open("/inbox")
        with monkeypatch.context() as broken:
            broken.setattr(mail, "mail_search_of", unable)
            before = len(tab.requests)
            await tab.value("document.body.dispatchEvent(new Event('news'))")
            await tab.until("document.querySelector('.htmx-request') === null")
            assert any("seen=" in one for one in tab.requests[before:])
            assert "Văn bản thứ nhất" in await screen.text()
        await world.send(world.document(subject="Văn bản thứ hai"))
        await world.deliver()
        await tab.value("document.body.dispatchEvent(new Event('news'))")
        await screen.read("Văn bản thứ nhất", "Văn bản thứ hai")
