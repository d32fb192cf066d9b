"""Signing and verifying in headless Chromium, with the official's real client."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pki.files import PRIVATE, write_atomically
from tests.support.browser import Tab, browser_tab
from tests.support.browser_keys import write_pkcs12
from tests.support.cli import Said, program
from tests.support.console import PASSWORD, Console, running_console
from tests.support.hub import Hub, running_hub, write_credential
from tests.support.signed_pdf import LETTER, sign
from tests.support.signing_desk import official_of, with_signer
from tests.support.world import make_world

_TEXT = "document.body.innerText"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A hub, its console, and somebody's browser."""

    hub: Hub
    console: Console
    tab: Tab
    folder: Path

    async def sign_in(self, account: str) -> None:
        await self.tab.show(f"{self.console.base}/sign-in", width=1100)
        await self.tab.fill("input[name=account]", account)
        await self.tab.fill("input[name=password]", PASSWORD)
        await self.tab.click("main form button")
        await self.tab.until("document.querySelector('nav') !== null")

    async def picture(self, name: str) -> None:
        """Keep a picture for whoever looks at the results of the run."""
        (self.folder / f"{name}.png").write_bytes(await self.tab.screenshot())


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world = with_signer(await make_world())
    async with (
        running_hub(world, tmp_path) as hub,
        running_console(world) as console,
        browser_tab(tmp_path / "profile") as tab,
    ):
        yield Site(hub=hub, console=console, tab=tab, folder=tmp_path)


async def test_files_are_verified_in_the_browser(site: Site) -> None:
    good = sign(LETTER.read_bytes(), site.console.world.pki.person())
    cases = {
        "good": (good, "TOTAL-PASSED"),
        "changed": (good.replace(b"/Type", b"/Tipe", 1), "TOTAL-FAILED"),
    }
    await site.sign_in("giam.sat")
    for name, (data, expected) in cases.items():
        path = site.folder / f"{name}.pdf"
        path.write_bytes(data)
        await site.tab.show(f"{site.console.base}/verify", width=1100)
        await site.tab.choose_files("input[name=file]", path)
        await site.tab.click("main form button")
        await site.tab.until("document.querySelector('.answer') !== null")
        text = await site.tab.value(_TEXT)
        assert expected in text
        assert f"{name}.pdf" in text
        drawn = "document.querySelectorAll('svg.chain rect.edge').length"
        assert await site.tab.value(drawn) >= 3
        await site.picture(f"verify-{name}")


async def test_document_is_signed_by_the_client_whose_code_the_page_shows(
    site: Site,
) -> None:
    tab = site.tab
    await site.sign_in("ky.nguoi")
    await tab.show(f"{site.console.base}/signing", width=1100)
    other = site.folder / "Tờ trình 8.pdf"
    other.write_bytes(LETTER.read_bytes())
    await tab.choose_files("input[name=file]", LETTER, other)
    await tab.click("main form button")
    await tab.until(
        "document.querySelector('.sheet image') && document.readyState === 'complete'"
    )
    assert "Tờ trình 8.pdf" in await tab.value(_TEXT)
    await moved_by_mouse(tab)
    await moved_by_keys(tab)
    await site.picture("signing-place")
    await tab.click("#placing-form button")
    code = await tab.until("document.querySelector('.code-once')?.innerText")
    await site.picture("signing-code")
    said = await asyncio.to_thread(signed, site, code.strip())
    assert said.code == 0, said.out + said.err
    await tab.until("document.querySelector('a[href$=\"/signed\"]') !== null")
    assert "chữ ký hợp lệ" in await tab.value(_TEXT)
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
    world, folder = site.console.world, site.folder
    write_pkcs12(folder / "official.p12", official_of(world))
    for name in ("official.pass", "system.pass"):
        write_atomically(folder / name, b"mot cau", mode=PRIVATE)
    both = write_credential(folder, world.commune)
    write_atomically(folder / "system.key", both.read_bytes(), mode=PRIVATE)
    profile = folder / "client.toml"
    profile.write_text(
        'agency = "H99.151"\nsystem = "qlvb-h99-151"\n'
        f'hub = "{site.hub.url}"\nauthority = "root.pem"\n'
        f'certificate = "{both.name}"\nkey = "system.key"\n'
        'signer = "pkcs12:official.p12"\npassphrase_file = "system.pass"\n'
        "trust = []\nintermediates = []\nrevocation = []\n"
    )
    return program(
        *("sign", "--remote", profile, "--code", code),
        *("--key", folder / "official.p12"),
        *("--passphrase-file", folder / "official.pass"),
        *("--out", folder / "signed.pdf"),
    )
