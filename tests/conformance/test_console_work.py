"""Signing in headless Chromium, with the official's real client."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Tab, browser_tab
from tests.support.cli import Said
from tests.support.console import running_console
from tests.support.hub import Hub, running_hub
from tests.support.screen import Screen
from tests.support.signed_pdf import LETTER
from tests.support.signing_client import Client, client_profile, write_key
from tests.support.signing_desk import official_of, with_signer
from tests.support.world import make_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A hub, its console, and somebody's browser."""

    hub: Hub
    screen: Screen
    folder: Path

    async def picture(self, name: str) -> None:
        """Keep a picture for whoever looks at the results of the run."""
        shown = await self.screen.tab.screenshot()
        (self.folder / f"{name}.png").write_bytes(shown)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world = with_signer(await make_world())
    async with (
        running_hub(world, tmp_path) as hub,
        running_console(world) as console,
        browser_tab(tmp_path / "profile") as tab,
    ):
        yield Site(hub=hub, screen=Screen(console.base, tab), folder=tmp_path)


async def test_document_is_signed_by_the_client_whose_code_the_page_shows(
    site: Site,
) -> None:
    tab = site.screen.tab
    await site.screen.sign_in("ky.nguoi")
    await site.screen.open("/signing")
    other = site.folder / "Tờ trình 8.pdf"
    other.write_bytes(LETTER.read_bytes())
    await tab.choose_files("input[name=file]", LETTER, other)
    await tab.click("main form button")
    await tab.until(
        "document.querySelector('.sheet image') && document.readyState === 'complete'"
    )
    assert "Tờ trình 8.pdf" in await site.screen.text()
    await moved_by_mouse(tab)
    await moved_by_keys(tab)
    await site.picture("signing-place")
    await tab.click("#placing-form button")
    code = await tab.until("document.querySelector('.code-once')?.innerText")
    await site.picture("signing-code")
    said = await asyncio.to_thread(signed, site, code.strip())
    assert said.code == 0, said.out + said.err
    await tab.until("document.querySelector('a[href$=\"/signed\"]') !== null")
    assert "chữ ký hợp lệ" in await site.screen.text()
    await site.picture("signing-done")
    assert (site.folder / "signed.pdf").read_bytes().startswith(LETTER.read_bytes())


async def moved_by_mouse(tab: Tab) -> None:
    """The frame follows the mouse that holds it, in points of the page."""
    await tab.value("document.querySelector('.frame').scrollIntoView()")
    middle = await tab.value(
        "(() => { const one = document.querySelector('.frame').getBoundingClientRect();"
        "const sheet = document.querySelector('.sheet');"
        "return [one.x + one.width / 2, one.y + one.height / 2,"
        "sheet.viewBox.baseVal.width / sheet.getBoundingClientRect().width]; })()"
    )
    x, y, points = middle
    places = (
        "['x', 'y'].map((one) => Number(document.querySelector(`[name=${one}]`).value))"
    )
    left, low = await tab.value(places)
    for kind, across, up in (
        ("mousePressed", 0, 0),
        ("mouseMoved", -20, -15),
        ("mouseMoved", -40, -30),
        ("mouseReleased", -40, -30),
        ("mouseMoved", 90, 90),
    ):
        await tab.ask(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x + across,
            y=y + up,
            button="left" if across <= 0 else "none",
            clickCount=1,
        )
    moved = await tab.value(places)
    assert moved[0] == pytest.approx(left - 40 * points, abs=1.5)
    assert moved[1] == pytest.approx(low + 30 * points, abs=1.5)


async def moved_by_keys(tab: Tab) -> None:
    """The frame goes where arrow keys and number fields say."""
    left = "Number(document.querySelector('[name=x]').value)"
    drawn = "Number(document.querySelector('.frame').getAttribute('x'))"
    before = await tab.value(left)
    await tab.value("document.querySelector('.frame').focus()")
    for kind in ("rawKeyDown", "keyUp"):
        await tab.ask(
            "Input.dispatchKeyEvent",
            type=kind,
            key="ArrowLeft",
            code="ArrowLeft",
            windowsVirtualKeyCode=37,
        )
    assert await tab.value(left) == before - 2
    assert await tab.value(drawn) == before - 2
    await tab.fill("[name=x]", "321")
    assert await tab.value(drawn) == 321


def signed(site: Site, code: str) -> Said:
    """Run the official's client as a program of its own."""
    key = write_key(site.folder, "official", official_of(site.hub.world))
    client = Client(client_profile(site.folder, site.hub), key)
    return client.sign(code, out=site.folder / "signed.pdf")
