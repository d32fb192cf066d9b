"""Signing in by an identity provider, and what is not believed of one."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from exchange.domain.accounts import AccountId, Identity
from exchange.domain.roles import AccessRole
from exchange.settings.oidc import OidcSettings
from exchange.usecases.accounts.keeping import Binding, bind, lock
from schemas.errors import ErrorCode
from tests.support.console import Console, Page, Visit, running_console
from tests.support.identity_provider import (
    CLIENT,
    SUBJECT,
    Claims,
    LocalProvider,
    local_provider,
    new_key,
    parameters_of,
    signed,
    signed_by_another,
    signed_by_its_own_key,
    signed_with_the_public_key,
    unsigned,
    with_changed_claims,
    write_secret,
)
from tests.support.world import make_world

_AGENCY = "UBND xã Suối Mây"
_ACCOUNT = AccountId("thu.van")


@dataclass(frozen=True, slots=True)
class Site:
    """A console, and the provider its people sign in by."""

    console: Console
    provider: LocalProvider

    async def asked(self, visit: Visit) -> str:
        """Begin at the console; return where the browser is sent."""
        async with visit.http.get(
            f"{self.console.base}/sign-in/provider", allow_redirects=False
        ) as answer:
            return answer.headers["Location"]

    async def answered(self, visit: Visit) -> str:
        """Begin at the console and sign in there; return where the browser is sent."""
        address = await self.asked(visit)
        async with visit.http.get(address, allow_redirects=False) as answer:
            return answer.headers["Location"]

    async def signed_in(self, visit: Visit) -> Page:
        """Go the whole way; the page that leads on is followed by the browser."""
        back = await self.answered(visit)
        return await visit.look(back.removeprefix(self.console.base))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    world = await make_world()
    async with local_provider(world.clock) as provider:
        oidc = OidcSettings(
            issuer=provider.issuer,
            client_id=CLIENT,
            client_secret_file=write_secret(tmp_path),
            name="Cổng định danh",
            role_claim="groups",
            roles=("van-thu=clerk@H99.151", "giam-sat=auditor"),
        )
        async with running_console(world, oidc=oidc) as console:
            await bound(console, provider.issuer)
            provider.change = in_groups("van-thu", "khac")
            yield Site(console, provider)


async def bound(console: Console, issuer: str) -> None:
    """Bind the provider's user to the clerk's account."""
    own = Binding(identities=frozenset({Identity(issuer, SUBJECT)}))
    await bind(console.office, _ACCOUNT, own, operator="test")


def in_groups(*groups: str) -> Callable[[Claims], Claims]:
    return lambda claims: {**claims, "groups": list(groups)}


async def test_whom_the_provider_names_works_in_their_own_role(site: Site) -> None:
    async with site.console.visit() as visit:
        assert "Cổng định danh" in (await visit.look("/sign-in")).text
        page = await site.signed_in(visit)
        assert '<meta http-equiv="refresh" content="0;url=/">' in page.text
        assert _AGENCY in (await visit.look("/")).text
        left = await visit.send("/sign-out")
        assert f"{site.provider.issuer}/leave?client_id={CLIENT}" in left.text
        assert 'action="/sign-in"' in (await visit.look("/")).text


async def test_request_binds_the_answer_to_the_browser_that_began(site: Site) -> None:
    async with site.console.visit() as visit:
        asked = parameters_of(await site.asked(visit))
        again = parameters_of(await site.asked(visit))
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        assert asked["redirect_uri"] == f"{site.console.base}/sign-in/provider/back"
        for one in ("state", "nonce", "code_challenge"):
            assert len(asked[one]) >= 43
            assert asked[one] != again[one]


HOSTILE: dict[str, Callable[[LocalProvider, Claims], str]] = {
    "none": unsigned,
    "secret": signed_with_the_public_key,
    "other": signed_by_another,
    "own": signed_by_its_own_key,
    "changed": with_changed_claims,
    "expired": lambda one, claims: signed(one, {**claims, "exp": claims["iat"] - 61}),
    "nonce": lambda one, claims: signed(one, {**claims, "nonce": "another"}),
    "audience": lambda one, claims: signed(one, {**claims, "aud": "another"}),
    "issuer": lambda one, claims: signed(one, {**claims, "iss": "http://127.0.0.1:1"}),
    "no-token": lambda *_: "{}",
}


async def test_token_that_is_not_the_providers_for_this_sign_in_begins_no_session(
    site: Site,
) -> None:
    async with site.console.visit() as visit:
        for name, sign in HOSTILE.items():
            site.provider.sign = sign
            page = await site.signed_in(visit)
            assert "identity_refused" in page.text, name
            assert page.status == 401, name
            assert "session" not in visit.cookies, name
    lines = await site.console.office.storage.audit.lines(limit=len(HOSTILE))
    assert {line.code for line in lines} == {ErrorCode.IDENTITY_REFUSED}


async def test_answer_counts_once_and_in_the_browser_that_began(site: Site) -> None:
    async with site.console.visit() as visit, site.console.visit() as victim:
        path = (await site.answered(visit)).removeprefix(site.console.base)
        stolen = await victim.look(path)
        assert "identity_refused" in stolen.text
        # Whoever brought it, the state is used up.
        assert "identity_refused" in (await visit.look(path)).text
        path = (await site.answered(visit)).removeprefix(site.console.base)
        assert "identity_refused" not in (await visit.look(path)).text
        assert "identity_refused" in (await visit.look(path)).text


async def test_code_of_another_sign_in_is_not_exchanged(site: Site) -> None:
    """The provider holds the code to the verifier of whoever asked for it."""
    async with site.console.visit() as visit, site.console.visit() as thief:
        code = parameters_of(await site.answered(visit))["code"]
        state = parameters_of(await site.asked(thief))["state"]
        issuer = site.provider.issuer
        path = f"/sign-in/provider/back?code={code}&state={state}&iss={issuer}"
        assert "identity_refused" in (await thief.look(path)).text


ODD_ANSWERS: dict[str, dict[str, str]] = {
    "mixed-up": {"iss": "https://elsewhere.example"},
    "denied": {"error": "access_denied"},
    "no-code": {"code": ""},
    "long": {"code": "a" * 5000},
    "state": {"state": "x"},
}


async def test_other_answers_begin_no_session_and_ask_nobody(site: Site) -> None:
    async with site.console.visit() as visit:
        for name, changed in ODD_ANSWERS.items():
            answer = {**parameters_of(await site.answered(visit)), **changed}
            async with visit.http.get(
                f"{site.console.base}/sign-in/provider/back", params=answer
            ) as got:
                assert "identity_refused" in await got.text(), name
    assert "/token" not in site.provider.asked


async def test_answer_that_comes_late_is_not_taken(site: Site) -> None:
    async with site.console.visit() as visit:
        path = (await site.answered(visit)).removeprefix(site.console.base)
        site.console.world.clock.move(minutes=10)
        assert "identity_refused" in (await visit.look(path)).text


async def test_key_that_was_changed_is_asked_for_and_not_at_every_token(
    site: Site,
) -> None:
    async with site.console.visit() as visit:
        await site.signed_in(visit)
        site.provider.key = new_key("two")
        site.console.world.clock.move(minutes=2)
        assert "identity_refused" not in (await site.signed_in(visit)).text
        assert site.provider.asked.count("/keys") == 2
        site.provider.sign = signed_by_its_own_key
        for _ in range(3):
            assert "identity_refused" in (await site.signed_in(visit)).text
        assert site.provider.asked.count("/keys") == 2


async def test_provider_that_leads_elsewhere_is_not_asked(site: Site) -> None:
    site.provider.metadata = {"token_endpoint": "https://elsewhere.example/token"}
    async with site.console.visit() as visit:
        page = await visit.look("/sign-in/provider")
        assert "identity_provider_unavailable" in page.text
        assert page.status == 503
        # Passwords still do.
        assert _AGENCY in (await visit.sign_in("thu.van")).text
    assert site.provider.asked == ["/.well-known/openid-configuration"]


async def test_console_the_provider_does_not_know_is_for_the_operator() -> None:
    world = await make_world()
    async with local_provider(world.clock) as provider:
        oidc = OidcSettings(issuer=provider.issuer, client_id=CLIENT)
        async with running_console(world, oidc=oidc) as console:
            await bound(console, provider.issuer)
            async with console.visit() as visit:
                page = await Site(console, provider).signed_in(visit)
    assert "identity_provider_unavailable" in page.text


async def test_roles_are_those_the_settings_give_to_the_claim(site: Site) -> None:
    office = site.console.office
    async with site.console.visit() as visit:
        site.provider.change = in_groups("giam-sat", "quan-tri", "operator")
        await site.signed_in(visit)
        account = await office.account(_ACCOUNT)
        held = [(one.role, one.agency) for one in account.grants_at(office.now())]
        assert held == [(AccessRole.AUDITOR, None)]
        version = account.version
        await site.signed_in(visit)
        assert (await office.account(_ACCOUNT)).version == version
        site.provider.change = in_groups()
        await site.signed_in(visit)
        assert (await office.account(_ACCOUNT)).grants == ()
        assert 'action="/role"' not in (await visit.look("/inbox")).text


async def test_provider_makes_no_accounts_and_opens_no_disabled_ones(
    site: Site,
) -> None:
    async with site.console.visit() as visit:
        site.provider.subject = "somebody-else"
        assert "sign_in_refused" in (await site.signed_in(visit)).text
        site.provider.subject = SUBJECT
        await lock(site.console.office, _ACCOUNT, operator="test")
        assert "sign_in_refused" in (await site.signed_in(visit)).text


async def test_other_sites_begin_no_sign_in(site: Site) -> None:
    async with site.console.visit() as visit:
        page = await visit.look("/sign-in/provider", **{"Sec-Fetch-Site": "cross-site"})
        assert "csrf_token_wrong" in page.text


async def test_where_there_is_no_provider_none_is_offered() -> None:
    async with running_console(await make_world()) as console, console.visit() as visit:
        assert "/sign-in/provider" not in (await visit.look("/sign-in")).text
        for path in ("/sign-in/provider", "/sign-in/provider/back"):
            assert (await visit.look(path)).status == 404
