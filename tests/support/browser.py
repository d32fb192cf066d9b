"""A page as people see it: headless Chromium, asked over its debugging protocol."""

import asyncio
import json
import os
import subprocess
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import aiohttp

from tests.support.judges import require

_START_SECONDS = 120.0
_FLAGS = (
    "--headless",
    "--no-sandbox",  # in a container there is no user to become
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-port=0",
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the browser has against a page.

    Args:
        text: everything it says.
        url: what it is about, where it says so.
        at: when, seconds since 1970.
    """

    text: str
    url: str
    at: float

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Complaint":
        """Read an event of the protocol."""
        entry = parameters.get("entry", parameters)
        text, url = str(parameters), str(entry.get("url", ""))
        return cls(text=text, url=url, at=entry["timestamp"] / 1000)


class Tab:
    """One page that is open.

    Args:
        socket: the debugging protocol of the tab.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[Complaint] = []
        self.saved: list[str] = []
        self._paused: list[str] = []

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol; note what happens meanwhile."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        await self._socket.send_json(asked)
        while True:
            said = await self._socket.receive_json()
            if said.get("id") == self._number:
                if "error" in said:
                    raise ValueError(said["error"])
                return dict(said["result"])
            self._note(said)

    async def open(self, path: Path, *, width: int) -> None:
        """Show a file in a window of `width` pixels, until it is loaded."""
        await self.show(path.as_uri(), width=width)

    async def show(self, address: str, *, width: int) -> None:
        """Show a page in a window of `width` pixels, until it is loaded."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.ask(f"{domain}.enable")
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        await self.ask("Page.navigate", url=address)
        while (said := await self._socket.receive_json()).get("method") != (
            "Page.loadEventFired"
        ):
            self._note(said)

    async def value(self, expression: str) -> Any:
        """Return what a JavaScript expression says about the page."""
        said = await self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        return said["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until a JavaScript expression says something about the page."""
        deadline = monotonic() + _START_SECONDS
        while monotonic() < deadline:
            # While a page is exchanged for another, there is nothing to ask.
            with suppress(ValueError):
                if found := await self.value(expression):
                    return found
            await asyncio.sleep(0.02)
        raise TimeoutError(expression)

    async def fill(self, selector: str, text: str) -> None:
        """Type into a field, as its listeners see it."""
        field, typed = json.dumps(selector), json.dumps(text)
        await self.until(f"document.querySelector({field}) !== null")
        await self.value(
            f"(() => {{ const one = document.querySelector({field}); "
            f"one.value = {typed}; "
            "one.dispatchEvent(new Event('input', {bubbles: true})); "
            "one.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    async def click(self, selector: str) -> None:
        """Press what a selector finds, once it is there."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"{found} !== null")
        await self.value(f"{found}.click()")

    async def press_enter(self, selector: str) -> None:
        """Press Enter in a field."""
        await self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **key)

    async def choose_files(self, selector: str, *paths: Path) -> None:
        """Choose files in a field for them."""
        root = await self.ask("DOM.getDocument")
        node = await self.ask(
            "DOM.querySelector", nodeId=root["root"]["nodeId"], selector=selector
        )
        names = [str(one) for one in paths]
        await self.ask("DOM.setFileInputFiles", nodeId=node["nodeId"], files=names)

    async def answer_instead(self, address: str, act: str, *, status: int) -> None:
        """Answer one request in place of the server, as a proxy on the way would.

        Args:
            address: of the request, with `*` for anything.
            act: a JavaScript expression that leads to the request.
            status: of the answer, whose page is "from between".
        """
        await self.ask("Fetch.enable", patterns=[{"urlPattern": address}])
        await self.value(act)
        while not self._paused:
            self._note(await self._socket.receive_json())
        await self.ask(
            "Fetch.fulfillRequest",
            requestId=self._paused.pop(),
            responseCode=status,
            responseHeaders=[{"name": "Content-Type", "value": "text/html"}],
            body=b64encode(b"<html><body><h1>from between</h1></body></html>").decode(),
        )
        await self.ask("Fetch.disable")

    async def screenshot(self) -> bytes:
        """Return a picture of the whole page, PNG."""
        said = await self.ask(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True
        )
        return b64decode(said["data"])

    def _note(self, said: dict[str, Any]) -> None:
        method, parameters = said.get("method"), said.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        if method in {"Runtime.exceptionThrown", "Log.entryAdded"}:
            self.complaints.append(Complaint.of(parameters))
        if method == "Fetch.requestPaused":
            self._paused.append(parameters["requestId"])
        if parameters.get("state") == "completed":
            self.saved.append(parameters["guid"])


@asynccontextmanager
async def browser_tab(profile: Path, *, home: Path | None = None) -> AsyncIterator[Tab]:
    """Run Chromium with a new profile until the end of the block.

    Args:
        profile: folder for the profile.
        home: of whoever runs it, where it finds keys; without it, the real one.
    """
    process = _started(profile, home)
    try:
        port = await asyncio.to_thread(_port, profile / "DevToolsActivePort")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/json/list") as answer:
                (page,) = (one for one in await answer.json() if one["type"] == "page")
            async with session.ws_connect(
                page["webSocketDebuggerUrl"], max_msg_size=0
            ) as socket:
                yield Tab(socket)
    finally:
        process.terminate()
        # Meanwhile the pages' server takes leave of each connection; what it has just
        # taken in when it is stopped itself, it would never close.
        await asyncio.to_thread(process.wait, _START_SECONDS)


def _started(profile: Path, home: Path | None) -> "subprocess.Popen[bytes]":
    own = {"HOME": str(home)} if home else {}
    return subprocess.Popen(
        [require("chromium"), *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **own},
    )


def _port(path: Path) -> int:
    deadline = monotonic() + _START_SECONDS
    while monotonic() < deadline:
        try:
            return int(path.read_text().split()[0])
        except (OSError, IndexError):
            sleep(0.05)
    raise TimeoutError(path)
