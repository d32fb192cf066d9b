"""The console as a browser without scripts meets it: cookies, forms, pages."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from ssl import SSLContext
from typing import Final
from urllib.parse import urlencode

import aiohttp
from cryptography.x509.oid import ExtendedKeyUsageOID
from yarl import URL

from exchange.app import Listener, listening
from exchange.console.app import create_console
from exchange.console.federation import Federation
from exchange.console.keys import FEDERATION, GUARD
from exchange.console.sign_in_guard import SignInGuard
from exchange.console.station import STATION, Station
from exchange.demo.ports import free_port
from exchange.domain.accounts import Grant
from exchange.domain.roles import AccessRole
from exchange.http.identity_provider import IdentityProvider
from exchange.http.tls import console_context
from exchange.settings.console import ConsoleSettings
from exchange.settings.oidc import OidcSettings
from exchange.usecases.accounts.keeping import AddAccount, add_account
from exchange.usecases.accounts.office import AccountOffice, next_version
from exchange.usecases.accounts.passwords import Passwords
from exchange.usecases.accounts.second_factor import Sealer
from pki.keys.api import Credential
from schemas.identifiers import OrganId
from tests.support.certificates import Shape, make
from tests.support.hub import write_tls
from tests.support.world import COMMUNE, PROVINCE, World

HOST = "127.0.0.1"
PASSWORD: Final = "một câu dài chỉ dùng để thử"
_FORM_TOKEN = re.compile(r'form_token(?:" value="|=)([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Page:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def form_token(self) -> str:
        """What forms of this page bring back."""
        found = _FORM_TOKEN.search(self.text)
        return found.group(1) if found else ""


@dataclass(slots=True)
class Visit:
    """One browser: its cookies and the page it shows."""

    base: str
    http: aiohttp.ClientSession
    page: Page = field(default_factory=lambda: Page(0, "", {}))

    async def look(self, path: str, **headers: str) -> Page:
        """Show a page, following redirects."""
        async with self.http.get(self.base + path, headers=headers) as answer:
            return await self._shown(answer)

    async def send(
        self, path: str, *, token: str | None = None, referer: str = "", **fields: str
    ) -> Page:
        """Send a form of the page that is shown, or of the one at `referer`."""
        sent = {"form_token": self.page.form_token if token is None else token}
        async with self.http.post(
            self.base + path,
            data=urlencode({**sent, **fields}),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.base,
                "Referer": referer,
            },
        ) as answer:
            return await self._shown(answer)

    async def upload(
        self, path: str, content: bytes, *, name: str = "tệp.pdf", **fields: str
    ) -> Page:
        """Send a form with a file; its token is in the address, as browsers send it."""
        form = aiohttp.FormData(quote_fields=False)  # as browsers name files
        for key, value in fields.items():
            form.add_field(key, value)
        form.add_field("file", content, filename=name)
        address = f"{self.base}{path}?form_token={self.page.form_token}"
        headers = {"Origin": self.base}
        async with self.http.post(address, data=form, headers=headers) as answer:
            return await self._shown(answer)

    async def sign_in(self, account: str, password: str = PASSWORD) -> Page:
        """Sign in on the page for it."""
        await self.look("/sign-in")
        return await self.send("/sign-in", account=account, password=password)

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies as they would be sent."""
        jar = self.http.cookie_jar.filter_cookies(URL(self.base))
        return {name: one.value for name, one in jar.items()}

    async def _shown(self, answer: aiohttp.ClientResponse) -> Page:
        self.page = Page(answer.status, await answer.text(), dict(answer.headers))
        return self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A running console."""

    world: World
    office: AccountOffice
    base: str

    @asynccontextmanager
    async def visit(
        self, account: str = "", *, tls: SSLContext | None = None
    ) -> AsyncIterator[Visit]:
        """Open a browser, signed in if an account is named."""
        jar = aiohttp.CookieJar(unsafe=True)
        connector = aiohttp.TCPConnector(ssl=tls or True)
        async with aiohttp.ClientSession(cookie_jar=jar, connector=connector) as http:
            visit = Visit(self.base, http)
            if account:
                await visit.sign_in(account)
            yield visit


def key_to_sign_in(
    world: World, name: str = "Đoàn Thạch Khuê", *, also: frozenset[str] = frozenset()
) -> Credential:
    """A key with a certificate to sign in by; `also` lets it be used otherwise too."""
    shape = Shape(
        common_name=name,
        key_usage=frozenset({"digital_signature"}) | also,
        eku=(ExtendedKeyUsageOID.CLIENT_AUTH,),
    )
    return make(world.pki.issuing, shape)


def secure_settings(folder: Path, world: World) -> ConsoleSettings:
    """A console with TLS that asks for certificates."""
    tls = write_tls(folder, world.pki)
    return ConsoleSettings(
        enabled=True, certificate=tls.certificate, key=tls.key, client_ca=tls.client_ca
    )


@asynccontextmanager
async def running_console(
    world: World,
    settings: ConsoleSettings | None = None,
    *,
    station: Station | None = None,
    oidc: OidcSettings | None = None,
    guard: SignInGuard | None = None,
) -> AsyncIterator[Console]:
    """Run the console of `world`, with one account for each role.

    Args:
        world: the hub.
        settings: of the console.
        station: what its process has besides.
        oidc: an identity provider; the console's own address is filled in.
        guard: counts wrong tries; None: nobody's on this machine.
    """
    office = AccountOffice(
        storage=world.services.storage,
        clock=world.clock,
        passwords=Passwords(memory_kib=8, iterations=1),
        sealer=Sealer(bytes(32)),
    )
    await add_people(office, world)
    app = create_console(
        world.services, office, settings or ConsoleSettings(enabled=True)
    )
    app[STATION] = station or Station()
    app[GUARD] = guard or SignInGuard()
    tls = console_context(settings) if settings and settings.certificate else None
    scheme = "https" if tls else "http"
    listener = Listener(host=HOST, port=0, tls=tls, drain_seconds=0.5)
    if oidc:
        listener = replace(listener, port=free_port())
        own = replace(oidc, address=f"{scheme}://{HOST}:{listener.port}")
        app[FEDERATION] = Federation(IdentityProvider(own, world.clock))
    async with listening(app, listener) as port:
        yield Console(world=world, office=office, base=f"{scheme}://{HOST}:{port}")


PEOPLE: Final = {
    "thu.van": ((AccessRole.CLERK, COMMUNE),),
    "ky.nguoi": ((AccessRole.OFFICIAL, COMMUNE),),
    "van.hanh": ((AccessRole.OPERATOR, None),),
    "giam.sat": ((AccessRole.AUDITOR, None),),
    "hai.vai": ((AccessRole.CLERK, COMMUNE), (AccessRole.AUDITOR, PROVINCE)),
    "tinh.van": ((AccessRole.CLERK, PROVINCE),),
}
"""Accounts and their roles."""


async def add_people(office: AccountOffice, world: World) -> None:
    """Make the accounts; their passwords are theirs already."""
    for account, roles in PEOPLE.items():
        await add_person(office, world, account, roles)


async def add_person(
    office: AccountOffice,
    world: World,
    account: str,
    roles: tuple[tuple[AccessRole, OrganId | None], ...],
    *,
    name: str = "",
    certificates: frozenset[str] = frozenset(),
) -> None:
    """Make an account."""
    since = world.clock.now - timedelta(days=1)
    grants = tuple(
        Grant(role=role, agency=agency, valid_from=since) for role, agency in roles
    )
    command = AddAccount(
        account=account,
        name=name or f"Người {account}",
        password=PASSWORD,
        grants=grants,
        certificates=certificates,
        operator="test",
    )
    made = await add_account(office, command)
    own = next_version(made, replace(made, must_change=False))
    line = replace((await office.storage.audit.lines(limit=1))[0], actor="test")
    await office.storage.accounts.store(own, audit=line)
