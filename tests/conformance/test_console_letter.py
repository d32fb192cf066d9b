"""A letter in a browser: pressed by mistake, quickly, on a bad line, too late."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Tab, browser_tab
from tests.support.console import Console, running_console
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

    async def filled_in(self) -> None:
        """Write a letter to the province."""
        await self.tab.fill("[name=search]", "tinh binh son")
        await self.screen.click(".found button")
        await self.screen.shown(".chosen")
        for name, text in _WORDS:
            await self.tab.fill(f"[name={name}]", text)

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
    await desk.tab.press_enter("[name=number]")
    await desk.tab.until("document.querySelector('.htmx-request') === null")
    assert await desk.place() == "/compose"
    assert not await desk.console.world.services.storage.envelopes.to_check(limit=1)
    await desk.tab.click("#send")
    await desk.tab.until("location.pathname.startsWith('/documents/')")
