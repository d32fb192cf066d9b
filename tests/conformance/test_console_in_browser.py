"""The console as people use it: signed in, written, sent, taken, answered, recalled."""

from pathlib import Path

from schemas.identifiers import EnvelopeId
from schemas.vocabulary import DeliveryState, StatusCode
from tests.support.browser import Tab, browser_tab
from tests.support.console import PASSWORD, Console, running_console
from tests.support.signed_pdf import LETTER
from tests.support.world import PROVINCE, make_world

_SETTLED = "document.querySelector('.htmx-settling, .htmx-swapping') === null"
_WIDTH = 1200


async def _sign_in(console: Console, tab: Tab, account: str) -> None:
    # A page that is still loading its parts would ask for them as nobody.
    await tab.show("about:blank", width=_WIDTH)
    await tab.ask("Network.clearBrowserCookies")
    await tab.show(f"{console.base}/sign-in", width=_WIDTH)
    await tab.fill("[name=account]", account)
    await tab.fill("[name=password]", PASSWORD)
    await tab.click("main form button")
    await tab.until("document.querySelector('.tiles') !== null")


async def _shown(tab: Tab, selector: str) -> None:
    await tab.until(f"document.querySelector('{selector}') !== null && {_SETTLED}")


async def _open(console: Console, tab: Tab, path: str) -> None:
    await tab.show(f"{console.base}{path}", width=_WIDTH)


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
    """Cut the line while the second file is under way, and wait for all of it."""
    bar = "Array.from(document.querySelectorAll('#uploads progress'))[1]"
    await tab.until(f"{bar}?.value > 0")
    await _line(tab, is_cut=True)
    await tab.until("document.querySelector('#uploads').innerText.includes('Mất kết')")
    assert await tab.value(f"{bar}.value < {bar}.max")
    assert await tab.value("document.querySelector('#send').disabled")
    await _line(tab)
    await tab.until("document.querySelectorAll('[name=uploaded]').length === 2")
    await tab.until("!document.querySelector('#send').disabled")


async def _sent(console: Console, tab: Tab, large: Path) -> str:
    """Write and send a letter; return the path of its page."""
    await _open(console, tab, "/compose")
    await tab.fill("[name=search]", "tinh binh son")
    await _shown(tab, ".found button")
    await tab.click(".found button")
    await _shown(tab, ".chosen")
    for name, text in (("number", "77"), ("notation", "UBND-VP"), ("subject", "[MẬT]")):
        await tab.fill(f"[name={name}]", text)
    await tab.until("document.body.textContent.includes('secrecy_mark')")
    await tab.fill("[name=subject]", "V/v kiểm tra an toàn hồ chứa")
    await tab.until("!document.body.textContent.includes('secrecy_mark')")
    await tab.choose_files("[name=files]", LETTER, large)
    await _resumed(tab)
    await tab.click("#send")
    await tab.until("location.pathname.startsWith('/documents/')")
    return str(await tab.value("location.pathname"))


async def _look_at(console: Console, tab: Tab, path: str) -> str:
    """Open a document, wait for its verdict, and return what the page says."""
    await _open(console, tab, path)
    await _shown(tab, ".verdict")
    return str(await tab.value("document.body.textContent"))


async def _acted(tab: Tab, button: str) -> None:
    """Press a button and wait for the page that says it is done."""
    await tab.value("window.before = true")
    await tab.click(button)
    await tab.until("window.before === undefined && document.body !== null")
    await tab.until("document.querySelector('[role=status]') !== null")


async def test_two_clerks_carry_a_document_to_its_end(tmp_path: Path) -> None:
    world = await make_world()
    async with running_console(world) as console, browser_tab(tmp_path) as tab:
        await _sign_in(console, tab, "thu.van")
        large = tmp_path / "bản vẽ.bin"
        large.write_bytes(bytes(range(256)) * 12_000)
        await _line(tab, upward=1_000_000)
        path = await _sent(console, tab, large)

        await _sign_in(console, tab, "tinh.van")
        await _open(console, tab, "/inbox")
        assert "an toàn hồ chứa" not in await tab.value("document.body.textContent")
        await world.deliver()
        await tab.until("document.body.textContent.includes('an toàn hồ chứa')")
        await _look_at(console, tab, path)
        await tab.until("document.querySelector('.page-image').naturalWidth > 800")
        await _acted(tab, "form[action$='/take'] button")
        await tab.fill("[name=number]", "581")
        await _acted(tab, "form[action$='/status'] button")
        await _shown(tab, ".verdict")

        await _sign_in(console, tab, "thu.van")
        assert "Vào sổ (03)" in await _look_at(console, tab, path)
        await tab.fill("form[action$='/recall'] [name=reason]", "nhầm nơi nhận")
        await _acted(tab, "form[action$='/recall'] button")
        await _shown(tab, ".verdict")

        await _sign_in(console, tab, "tinh.van")
        await _open(console, tab, path)
        await _acted(tab, "form[action$='/answer'] button[value='15']")
        ours = [one for one in tab.complaints if "ERR_INTERNET_DISC" not in one]
        assert ours == []

    store = world.services.storage.envelopes
    envelope_id = EnvelopeId(path.rsplit("/", 1)[1])
    delivery = await store.delivery(envelope_id, PROVINCE)
    assert delivery is not None
    assert delivery.state is DeliveryState.RECALLED
    assert delivery.status is StatusCode.REGISTERED
