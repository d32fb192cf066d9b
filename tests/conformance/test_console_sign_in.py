"""Signing in by a certificate and by a provider, in headless Chromium over TLS."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from exchange.domain.accounts import AccountId, Identity
from exchange.domain.roles import AccessRole
from exchange.services import fingerprint
from exchange.settings.oidc import OidcSettings
from exchange.usecases.accounts.keeping import Binding, bind
from tests.support.browser import Tab, browser_tab
from tests.support.browser_keys import write_choice, write_home
from tests.support.console import (
    Console,
    add_person,
    key_to_sign_in,
    running_console,
    secure_settings,
)
from tests.support.identity_provider import (
    CLIENT,
    SUBJECT,
    LocalProvider,
    local_provider,
    write_secret,
)
from tests.support.world import COMMUNE, make_world

_WIDTH = 1100
_TEXT = "document.body.innerText"
_DESK = "document.querySelector('.tiles') !== null"
_STRANGER = "document.querySelector('[action=\"/sign-in\"]') !== null"


@dataclass(frozen=True, slots=True)
class Site:
    """A console with TLS, a provider, and the browser of a person with a key."""

    console: Console
    provider: LocalProvider
    tab: Tab


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world = await make_world()
    own, settings = key_to_sign_in(world), secure_settings(tmp_path, world)
    async with local_provider(world.clock) as provider:
        oidc = OidcSettings(
            issuer=provider.issuer,
            client_id=CLIENT,
            client_secret_file=write_secret(tmp_path),
        )
        async with running_console(world, settings, oidc=oidc) as console:
            roles = ((AccessRole.OFFICIAL, COMMUNE),)
            own_keys = frozenset({fingerprint(own.certificate)})
            await add_person(
                console.office, world, "khue", roles, certificates=own_keys
            )
            named = frozenset({Identity(provider.issuer, SUBJECT)})
            clerk, binding = AccountId("thu.van"), Binding(identities=named)
            await bind(console.office, clerk, binding, operator="test")
            write_home(tmp_path / "home", own, tmp_path / "root.pem")
            write_choice(tmp_path / "profile", console.base)
            async with browser_tab(tmp_path / "profile", home=tmp_path / "home") as tab:
                yield Site(console, provider, tab)


async def test_people_sign_in_by_key_and_by_provider_and_out_again(site: Site) -> None:
    tab = site.tab
    await tab.show(f"{site.console.base}/sign-in", width=_WIDTH)
    await tab.click("form[action='/sign-in/certificate'] button")
    await tab.until(_DESK)
    assert "Người khue" in await tab.value(_TEXT)
    await tab.click("form[action='/sign-out'] button")
    await tab.until(_STRANGER)

    await tab.click("a[href='/sign-in/provider']")
    await tab.until(_DESK)
    assert "Người thu.van" in await tab.value(_TEXT)
    (session,) = await _cookies(tab, "__Host-session")
    assert (session["sameSite"], session["httpOnly"]) == ("Strict", True)
    await tab.click("form[action='/sign-out'] button")
    await tab.until(_STRANGER)
    assert "/leave" in site.provider.asked
    assert await _cookies(tab, "__Host-session") == []
    assert tab.complaints == []


async def _cookies(tab: Tab, name: str) -> list[dict[str, object]]:
    said = await tab.ask("Network.getCookies")
    return [one for one in said["cookies"] if one["name"] == name]
