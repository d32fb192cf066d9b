"""Operators at work in a browser: a dead letter, a merger, a certificate for two."""

from pathlib import Path

import pytest

from exchange.console.station import Station
from exchange.domain.roles import AccessRole
from schemas.vocabulary import DeliveryState
from tests.support.browser import Tab, browser_tab
from tests.support.ca_office import SetClock, ca_thread
from tests.support.console import PASSWORD, Console, add_person, running_console
from tests.support.desk import CLERK, FIRST, SECOND, application, open_desk
from tests.support.late import dead_letter
from tests.support.world import COMMUNE, PROVINCE, make_world

_WIDTH = 1100


async def _sign_in(tab: Tab, console: Console, account: str) -> None:
    # A page that is still loading its parts would ask for them as nobody.
    await tab.show("about:blank", width=_WIDTH)
    await tab.ask("Network.clearBrowserCookies")
    await tab.show(f"{console.base}/sign-in", width=_WIDTH)
    await tab.fill("[name=account]", account)
    await tab.fill("[name=password]", PASSWORD)
    await tab.click("main button")
    await tab.until("document.querySelector('.acting') !== null")


async def _resend(tab: Tab, console: Console) -> None:
    envelope = await dead_letter(console.world)
    await _sign_in(tab, console, "van.hanh")
    await tab.show(f"{console.base}/deliveries?list=dead_letter", width=_WIDTH)
    await tab.click("tbody a")
    await tab.fill("[name=reason]", "đã sửa máy")
    await tab.click("form.stack button")
    await tab.until("document.querySelector('[role=status]') !== null")
    store = console.world.services.storage.envelopes
    found = await store.delivery(envelope.envelope_id, PROVINCE)
    assert found is not None
    assert found.state is DeliveryState.AVAILABLE


async def _merge(tab: Tab, console: Console) -> None:
    await tab.show(f"{console.base}/directory?below=H99", width=_WIDTH)
    await tab.click("[value='H99.151']")
    await tab.click("[value='H99.153']")
    await tab.click("main form[action='/mergers/new'] button")
    await tab.fill("[name=into]", "H99.160")
    await tab.fill("[name=name]", "UBND xã Suối Mới")
    await tab.fill("[name=reason]", "Sắp xếp đơn vị hành chính")
    await tab.click("#preview")
    await tab.click("#confirm")
    await tab.until("location.pathname === '/directory/H99.160'")
    merged = await console.world.services.storage.directory.agency(COMMUNE)
    assert merged is not None
    assert merged.successor == "H99.160"


async def _approve(tab: Tab, console: Console, request: str) -> None:
    for account, proof in (("van.hanh", FIRST), ("nguoi.hai", SECOND)):
        await _sign_in(tab, console, account)
        await tab.show(f"{console.base}/approvals/{request}", width=_WIDTH)
        await tab.fill("[name=operator]", proof.name)
        await tab.fill("[name=passphrase]", proof.passphrase.decode())
        await tab.fill("[name=reason]", "đã gặp người nhận")
        await tab.click("#approve")
        await tab.until(f"document.body.innerText.includes({proof.name!r})")
    await tab.until("document.querySelector('.badge.good') !== null")


@pytest.mark.timeout(300)
async def test_operators_resend_merge_and_approve_in_a_browser(tmp_path: Path) -> None:
    with open_desk(tmp_path) as made:
        request = made.desk.submit(application(), CLERK)
    async with (
        ca_thread(made.folder, SetClock()) as ca,
        running_console(await make_world(), station=Station(ca=ca)) as console,
        browser_tab(tmp_path / "browser") as tab,
    ):
        operator = ((AccessRole.OPERATOR, None),)
        await add_person(console.office, console.world, "nguoi.hai", operator)
        await _resend(tab, console)
        await _merge(tab, console)
        await _approve(tab, console, request.id)
        assert tab.complaints == []
        # Pictures of the browser's own fields are data.
        own = (console.base, "data:")
        assert [one for one in tab.requests if not one.startswith(own)] == []
