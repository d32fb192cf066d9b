"""Every page of the console in headless Chromium: for everybody, and from this host."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from exchange.console.routes import PAGES
from exchange.domain.roles import AccessRole
from exchange.http.route import Route
from tests.support.browser import Complaint, Tab, browser_tab
from tests.support.console import Console, Visit, running_console
from tests.support.signed_pdf import LETTER
from tests.support.world import attachment, make_world

_FOLDER = Path(__file__).parent.parent / "vectors" / "axe-core"
_AXE = (_FOLDER / "axe.min.js").read_text()
_PEOPLE = {
    AccessRole.CLERK: "thu.van",
    AccessRole.OFFICIAL: "ky.nguoi",
    AccessRole.OPERATOR: "van.hanh",
    AccessRole.AUDITOR: "giam.sat",
}
_RUN = """axe.run().then((found) => JSON.stringify(found.violations
  .filter((one) => one.impact === "serious" || one.impact === "critical")
  .map((one) => [one.id, one.nodes.map((node) => node.target.join(" "))])))"""


@pytest.fixture
async def console() -> AsyncIterator[Console]:
    async with running_console(await make_world()) as running:
        yield running


def test_axe_is_the_one_its_source_names() -> None:
    digest = sha256((_FOLDER / "axe.min.js").read_bytes()).hexdigest()
    assert digest in (_FOLDER / "SOURCE.md").read_text()


async def test_no_page_shuts_somebody_out_or_loads_from_elsewhere(
    console: Console, tmp_path: Path
) -> None:
    accepted = await console.world.sent(attachment(LETTER.read_bytes()))
    async with console.visit("ky.nguoi") as visit:
        await visit.look("/signing")
        await visit.upload("/signing", LETTER.read_bytes(), name="Công văn.pdf")
        task = visit.page.text.split('action="/signing/')[1].split("/")[0]
    known = {"/documents/{id}": accepted.envelope.envelope_id, "/signing/{id}": task}
    found: list[tuple[str, object]] = []
    seen = 0
    async with browser_tab(tmp_path / "profile") as tab:
        for role, paths in pages(known).items():
            async with console.visit(_PEOPLE[role] if role else "") as visit:
                await act_as(visit, tab)
                for path in [one for one in paths if await is_page(visit, one)]:
                    await tab.show(console.base + path, width=1200)
                    found += [(path, one) for one in await shut_out(tab)]
                    found += [(path, one) for one in tab.complaints if is_ours(one)]
                    tab.complaints.clear()
                    seen += 1
        own = (console.base, "data:")  # Chromium draws its own controls with data:
        foreign = [one for one in tab.requests if not one.startswith(own)]
    assert (foreign, found) == ([], [])
    assert seen > 20


def is_ours(complaint: Complaint) -> bool:
    """Tell whether a page is at fault: a missing document is answered by 404."""
    return "status of 40" not in complaint.text


def pages(known: dict[str, str]) -> dict[AccessRole | None, list[str]]:
    """Addresses of what may be a page, by the role that looks at each."""
    found: dict[AccessRole | None, list[str]] = {}
    for page in PAGES:
        if page.method != "GET" or page.path.startswith(("/language", "/sign-in/")):
            continue
        if page.path.endswith(("/{n}", "/state", "/signed")) or "/page/" in page.path:
            continue
        name = next((one for one in known if page.path.startswith(one)), "")
        identifier = known.get(name, "01K9ZZZZZZZZZZZZZZZZZZZZZZ")
        found.setdefault(_role_for(page), []).append(
            page.path.replace("{id}", identifier)
        )
    return found


def _role_for(page: Route) -> AccessRole | None:
    if page.path.startswith("/signing/{id}"):
        return AccessRole.OFFICIAL
    if page.path in {"/password", "/role"}:
        return AccessRole.CLERK
    return min(page.allowed, default=None)


async def act_as(visit: Visit, tab: Tab) -> None:
    """Take the session of somebody into the browser."""
    await tab.ask("Network.enable")
    # A page that is still loading its parts would ask for them as nobody.
    await tab.show("about:blank", width=1200)
    await tab.ask("Network.clearBrowserCookies")
    for name, value in visit.cookies.items():
        await tab.ask(
            "Network.setCookie", name=name, value=value, url=visit.base, httpOnly=True
        )


async def is_page(visit: Visit, path: str) -> bool:
    """Tell whether an address is a page: no part of one, file, or stream."""
    async with visit.http.get(visit.base + path) as answer:
        if answer.content_type != "text/html":
            return False
        return b"<main" in await answer.read()


async def shut_out(tab: Tab) -> list[object]:
    """What axe-core calls serious or critical on the page that is shown."""
    await tab.ask("Runtime.evaluate", expression=_AXE)
    said = await tab.ask(
        "Runtime.evaluate", expression=_RUN, awaitPromise=True, returnByValue=True
    )
    found: list[object] = json.loads(said["result"]["value"])
    return found
