"""A letter in a browser: pressed by mistake, quickly, on a bad line, too late."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Tab, browser_tab
from tests.support.console import PASSWORD, Console, running_console
from tests.support.screen import Screen
from tests.support.world import make_world

_WORDS = (("number", "77"), ("notation", "UBND-VP"), ("subject", "V/v hồ chứa"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A clerk before a letter."""

    console: Console
    screen: Screen

    @property
    def tab(self) -> Tab:
        return self.screen.tab

    async def chosen(self) -> int:
        """How many recipients the letter has."""
        return int(
            await self.tab.value("document.querySelectorAll('.chosen li').length")
        )

    def checks(self) -> int:
        """How often the letter was looked over by itself."""
        return sum(one.endswith("/compose/check") for one in self.tab.requests)

    async def filled_in(self) -> None:
        """Write a letter to the province."""
        await self.tab.fill("[name=search]", "tinh binh son")
        await self.screen.click(".found button")
        await self.screen.shown(".chosen li")
        for name, text in _WORDS:
            await self.tab.fill(f"[name={name}]", text)

    async def slow_line(self, *, is_cut: bool = False) -> None:
        """Let every answer take a second, or none come."""
        await self.tab.ask(
            "Network.emulateNetworkConditions",
            offline=is_cut,
            latency=1000,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    async def signed_in_beside(self, account: str) -> None:
        """Sign in in another tab of the same browser, and come back."""
        await self.tab.value(
            "fetch('/sign-in', {method: 'POST', body: new URLSearchParams("
            f"{{account: {account!r}, password: {PASSWORD!r}}})}})"
            ".then(() => window.signed = true)"
        )
        await self.tab.until("window.signed")
        await self.tab.value("window.dispatchEvent(new Event('focus'))")

    async def place(self) -> str:
        return str(await self.tab.value("location.pathname"))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    world = await make_world()
    async with running_console(world) as console, browser_tab(tmp_path) as tab:
        desk = Desk(console=console, screen=Screen(console.base, tab))
        await desk.screen.sign_in("thu.van")
        await desk.screen.open("/compose")
        yield desk


async def test_enter_in_a_field_sends_nothing(desk: Desk) -> None:
    await desk.filled_in()
    await desk.tab.fill("[name=search]", "bo")
    await desk.tab.press_enter("[name=search]")
    await desk.screen.read("chưa được gửi")
    # What the second press brings is told from what the first one did.
    await desk.tab.value("document.getElementById('looked').textContent = ''")
    await desk.tab.press_enter("[name=number]")
    await desk.screen.read("chưa được gửi")
    await desk.tab.until("!document.getElementById('send').disabled")
    assert await desk.place() == "/compose"
    assert not await desk.console.world.services.storage.envelopes.to_check(limit=1)
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")


async def test_letter_is_sent_while_it_is_looked_over(desk: Desk) -> None:
    await desk.filled_in()
    await desk.slow_line()
    await desk.tab.fill("[name=subject]", "V/v hồ chứa nước")
    await desk.screen.shown("#checks.htmx-request")
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")


async def test_letter_that_travels_is_not_looked_over(desk: Desk) -> None:
    await desk.filled_in()
    await desk.slow_line()
    await desk.screen.shown("#checks:not(.htmx-request)")
    await desk.tab.fill("[name=subject]", "V/v hồ chứa nước")
    looks = desk.checks()
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")
    assert desk.checks() == looks


async def test_recipients_are_chosen_at_once_on_a_slow_line(desk: Desk) -> None:
    await desk.tab.fill("[name=search]", "tinh binh son")
    await desk.screen.shown(".found li + li button")
    await desk.slow_line()
    await desk.tab.click(".found li button")
    await desk.tab.click(".found li + li button")
    await desk.tab.click(".found li button")
    assert await desk.chosen() == 2
    await desk.tab.click(".chosen li button")
    assert await desk.chosen() == 1
    assert "Chưa chọn" not in await desk.screen.text()
    await desk.tab.click(".chosen li button")
    await desk.screen.read("Chưa chọn nơi nhận nào.")


async def test_letter_outlives_its_session(desk: Desk) -> None:
    await desk.filled_in()
    desk.console.world.clock.move(minutes=31)
    await desk.tab.fill("[name=search]", "bo khoa hoc")
    await desk.screen.read("session_missing")
    assert await desk.tab.value("document.querySelector('#found a').target") == "_blank"
    await desk.signed_in_beside("thu.van")
    # The page has taken up the new session, and nothing of it is under way.
    await desk.tab.until("!has_ended")
    await desk.tab.until("document.querySelector('.htmx-request') === null")
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")


async def test_letter_is_not_sent_in_another_role(desk: Desk) -> None:
    await desk.filled_in()
    desk.console.world.clock.move(minutes=31)
    await desk.signed_in_beside("tinh.van")
    await desk.tab.click("#send")
    await desk.screen.read("csrf_token_wrong")
    await desk.tab.click("#send")
    await desk.tab.until("document.querySelector('.htmx-request') === null")
    await desk.screen.read("csrf_token_wrong")
    assert await desk.place() == "/compose"


async def test_page_says_that_the_line_is_cut_and_goes_on_then(
    desk: Desk,
) -> None:
    await desk.filled_in()
    await desk.slow_line(is_cut=True)
    await desk.tab.click("#send")
    await desk.screen.read("Không kết nối được")
    await desk.slow_line()
    await desk.tab.until("document.querySelector('.htmx-request') === null")
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")
    assert "Không kết nối được" not in await desk.screen.text()


@pytest.mark.parametrize("status", [200, 413, 502])
async def test_what_a_proxy_says_is_no_part_of_the_page(
    desk: Desk, status: int
) -> None:
    await desk.filled_in()
    await desk.tab.answer_instead(
        "*/compose?*", "document.getElementById('send').click()", status=status
    )
    await desk.screen.read(f"mã trạng thái HTTP: {status}")
    assert "from between" not in await desk.screen.text()
    await desk.tab.until("document.querySelector('.htmx-request') === null")
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")
