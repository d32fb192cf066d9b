"""A console in a browser, as whoever sits before it uses it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.browser import Tab
from tests.support.console import PASSWORD

WIDTH: Final = 1200
"""Of the window, in pixels."""

SETTLED: Final = "document.querySelector('.htmx-settling, .htmx-swapping') === null"
_PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody sees and does.

    Args:
        base: address of the console.
    """

    base: str
    tab: Tab

    async def sign_in(self, account: str, password: str = PASSWORD) -> None:
        """Begin a session in place of whose it was."""
        # A page that is still loading its parts would ask for them as nobody.
        await self.tab.show("about:blank", width=WIDTH)
        await self.tab.ask("Network.clearBrowserCookies")
        await self.open("/sign-in")
        await self.tab.fill("[name=account]", account)
        await self.tab.fill("[name=password]", password)
        await self.tab.click("main form button")
        await self.tab.until("document.querySelector('.acting') !== null")

    async def open(self, path: str) -> None:
        """Go to a page by its address."""
        await self.tab.show(f"{self.base}{path}", width=WIDTH)

    async def shown(self, selector: str) -> None:
        """Wait until something is there and the page is at rest."""
        found = f"document.querySelector({json.dumps(selector)}) !== null"
        await self.tab.until(f"{found} && {SETTLED}")

    async def click(self, selector: str) -> None:
        """Press something that may have come with a part of the page."""
        await self.shown(selector)
        await self.tab.click(selector)

    async def text(self) -> str:
        """Return what can be read on the page."""
        return str(await self.tab.value("document.body.innerText"))

    async def read(self, *words: str) -> None:
        """Wait until the page says all of some words."""
        wanted = json.dumps(words)
        said = f"{wanted}.every((one) => document.body.innerText.includes(one))"
        await self.tab.until(said)

    async def press(self, button: str) -> None:
        """Press a button and wait for the page that it leads to."""
        await self.tab.value("window.before = true")
        await self.tab.click(button)
        await self.tab.until(
            "window.before === undefined && document.readyState === 'complete'"
        )

    async def act(self, button: str) -> None:
        """Press a button and wait for the page that says it is done."""
        await self.press(button)
        await self.shown("[role=status]")

    async def look_at(self, path: str) -> str:
        """Open a document, wait for its verdict, and return what the page says."""
        await self.open(path)
        await self.shown(".verdict")
        return await self.text()

    async def drop(self, selector: str, paths: Sequence[Path]) -> None:
        """Drag files from elsewhere onto a field for them and let go."""
        middle = await self.tab.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            "one.scrollIntoView(); const edge = one.getBoundingClientRect();"
            "return [edge.x + edge.width / 2, edge.y + edge.height / 2]; })()"
        )
        files = {"items": [], "files": [str(one) for one in paths]}
        for kind in ("dragEnter", "dragOver", "drop"):
            await self.tab.ask(
                "Input.dispatchDragEvent",
                type=kind,
                x=middle[0],
                y=middle[1],
                data={**files, "dragOperationsMask": 1},
            )
        await self.tab.until(
            f"document.querySelector({json.dumps(selector)}).files.length"
        )

    async def save(self, link: str, folder: Path) -> Path:
        """Follow a link to a file and save it in an empty folder."""
        await asyncio.to_thread(folder.mkdir)
        before = len(self.tab.saved)
        await self.tab.ask(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(folder),
            eventsEnabled=True,
        )
        await self.tab.click(link)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(self.tab.saved) == before:
                await self.tab.value("true")
                await asyncio.sleep(0.02)
        return await asyncio.to_thread(_only_file, folder)


def _only_file(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found
