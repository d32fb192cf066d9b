"""RFC 9440: a certificate in a header counts from a proxy alone, in one spelling."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.app import Listener, create_app, listening
from exchange.errors import ExchangeError
from exchange.http.passed_certificate import NOBODY, Proxies, proxies_of, read_header
from exchange.http.tls import server_context
from exchange.settings.server import ServerSettings
from pki.keys.api import Credential
from schemas.errors import ErrorCode
from schemas.vocabulary import AuditEvent
from tests.support import judges
from tests.support.hub import HOST, Hub, write_tls
from tests.support.pki import TestPki
from tests.support.world import COMMUNE, World, make_world

REFUSED = ErrorCode.CLIENT_CERTIFICATE_HEADER_REFUSED
PATH = f"/v1/inbox?agency={COMMUNE}"
THIS_MACHINE = Proxies(frozenset({ip_address(HOST)}))


def der(credential: Credential) -> bytes:
    return credential.certificate.public_bytes(Encoding.DER)


def passed(credential: Credential) -> str:
    return f":{b64encode(der(credential)).decode()}:"


@dataclass(frozen=True, slots=True)
class Proxied:
    """A hub that also listens on a Unix socket."""

    hub: Hub
    socket: Path

    @property
    def world(self) -> World:
        return self.hub.world

    async def curl(self, *headers: str, path: str = PATH) -> tuple[int, str]:
        """Ask over the Unix socket; give the status and the code of a problem."""
        words = [word for one in headers for word in ("-H", one)]
        said = await asyncio.to_thread(
            judges.run,
            "curl",
            *("-s", "--max-time", "30", "-w", "\n%{http_code}"),
            *("--unix-socket", str(self.socket), f"http://hub{path}", *words),
        )
        body, _, status = said.stdout.rpartition("\n")
        return int(status), str(json.loads(body or "{}").get("code", ""))


@asynccontextmanager
async def proxied(folder: Path, proxies: Proxies = NOBODY) -> AsyncIterator[Proxied]:
    world, socket = await make_world(), folder / "agency.sock"
    app = create_app(world.services, owner="test", proxies=proxies)
    tls = server_context(write_tls(folder, world.pki))
    listener = Listener(host=HOST, port=0, tls=tls, drain_seconds=0.5, socket=socket)
    async with listening(app, listener) as port:
        yield Proxied(Hub(world, folder, port), socket)


async def test_certificate_passed_over_the_socket_counts_as_one_shown(
    tmp_path: Path,
) -> None:
    async with proxied(tmp_path) as to:
        shown = f"Client-Cert: {passed(to.world.commune)}"
        assert to.socket.stat().st_mode & 0o777 == 0o660
        assert await to.curl(shown) == (200, "")
        # The chain is not looked at; another agency stays another agency.
        assert await to.curl(shown, "Client-Cert-Chain: rubbish") == (200, "")
        assert await to.curl(shown, path="/v1/inbox?agency=H99") == (
            403,
            ErrorCode.AGENCY_NOT_ACTED_FOR,
        )
        assert await to.curl() == (401, ErrorCode.CLIENT_CERTIFICATE_MISSING)
    assert not to.socket.exists()


async def test_state_of_a_passed_certificate_is_checked_at_each_request(
    tmp_path: Path,
) -> None:
    async with proxied(tmp_path) as to:
        world = to.world
        shown = f"Client-Cert: {passed(world.commune)}"
        stranger = TestPki.create("Khác").system("qlvb-h99-151")
        unknown = f"Client-Cert: {passed(stranger)}"
        assert await to.curl(shown) == (200, "")
        assert await to.curl(unknown) == (403, ErrorCode.CLIENT_CERTIFICATE_UNKNOWN)
        world.pki.issuing.revoke(world.commune.certificate)
        world.trust.refresh()
        world.clock.move(seconds=61)
        assert await to.curl(shown) == (403, ErrorCode.CLIENT_CERTIFICATE_REFUSED)


async def test_token_is_bound_to_the_certificate_that_was_passed(
    tmp_path: Path,
) -> None:
    async with proxied(tmp_path) as to:
        shown = f"Client-Cert: {passed(to.world.commune)}"
        bearer = "Authorization: Bearer x.y.z"
        assert await to.curl(shown, bearer) == (401, ErrorCode.TOKEN_REFUSED)


def spellings(one: str) -> dict[str, Sequence[str]]:
    """What no proxy writes, made from one it does."""
    text = one.strip(":")
    return {
        "twice": [one, one],
        "two in one": [f"{one}, {one}"],
        "empty": [""],
        "no colons": [text],
        "one colon": [f":{text}"],
        "parameter": [f"{one};a=1"],
        "text": [f'"{text}"'],
        "spaces inside": [f":{text[:8]} {text[8:]}:"],
        "url alphabet": [f":{'-_' + text[2:]}:"],
        "no padding": [f":{text.rstrip('=')}A:"],
        "no certificate": [":AAAA:"],
        "nothing inside": ["::"],
        "more behind it": [f":{b64encode(b'x' * 20).decode()}{text}:"],
        "too long": [f":{'A' * 8192}:"],
    }


CREDENTIAL = TestPki.create().system()
SPELLINGS = spellings(passed(CREDENTIAL))


@pytest.mark.parametrize("values", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_other_spellings_are_refused(values: Sequence[str]) -> None:
    with pytest.raises(ExchangeError) as refused:
        read_header(values)
    assert refused.value.code is REFUSED


def test_one_byte_sequence_is_read_and_none_is_none() -> None:
    assert read_header([passed(CREDENTIAL)]) == der(CREDENTIAL)
    assert read_header([]) is None


def test_base64_has_one_spelling() -> None:
    """Bits that say nothing must be zero, or one certificate has many texts."""
    text = b64encode(b"0" * 100).decode()
    assert text.endswith("A==")
    with pytest.raises(ExchangeError):
        read_header([f":{text[:-3]}B==:"])


async def test_several_headers_over_the_wire_are_refused(tmp_path: Path) -> None:
    async with proxied(tmp_path) as to:
        shown = f"Client-Cert: {passed(to.world.commune)}"
        assert await to.curl(shown, shown) == (400, REFUSED)
        assert await to.curl(shown.replace("Cert: :", "Cert: ")) == (400, REFUSED)


@pytest.mark.parametrize("name", ["Client-Cert", "client-cert", "Client-Cert-Chain"])
async def test_nobody_else_passes_certificates_on(tmp_path: Path, name: str) -> None:
    async with proxied(tmp_path) as to:
        hub, world = to.hub, to.world
        headers = {name: passed(world.commune)}
        for own in (None, world.commune, world.province):
            answer = await hub.call("GET", PATH, by=own, headers=headers)
            assert (answer.status, answer.code) == (400, REFUSED)
        [line, *_] = await world.services.storage.audit.lines(limit=1)
        assert (line.event, line.code) == (AuditEvent.ACCESS_REFUSED, REFUSED)


async def test_pinned_proxy_passes_on_and_is_nobody_itself(tmp_path: Path) -> None:
    async with proxied(tmp_path, THIS_MACHINE) as to:
        hub, world = to.hub, to.world
        headers = {"Client-Cert": passed(world.commune)}
        for own in (None, world.province):
            answer = await hub.call("GET", PATH, by=own, headers=headers)
            assert answer.status == 200
        answer = await hub.call("GET", PATH, by=world.commune)
        assert answer.code == ErrorCode.CLIENT_CERTIFICATE_MISSING


SETTINGS = ServerSettings(proxy_addresses=("192.0.2.1", "::ffff:192.0.2.2"))


def test_addresses_are_read_whichever_way_they_are_written() -> None:
    found = proxies_of(SETTINGS).addresses
    assert found == {ip_address("192.0.2.1"), ip_address("192.0.2.2")}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (replace(SETTINGS, proxy_addresses=("proxy",)), "server.proxy_addresses"),
        (replace(SETTINGS, proxy_addresses=("10.0.0.0/8",)), "server.proxy_addresses"),
        (
            replace(SETTINGS, proxy_socket=Path("a"), http_workers=2),
            "server.proxy_socket",
        ),
    ],
    ids=["name", "network", "several processes"],
)
def test_settings_that_mean_nothing_are_refused(
    settings: ServerSettings, key: str
) -> None:
    with pytest.raises(ExchangeError) as refused:
        proxies_of(settings)
    code = ErrorCode.CONFIGURATION_INVALID
    assert (refused.value.code, refused.value.place) == (code, key)
