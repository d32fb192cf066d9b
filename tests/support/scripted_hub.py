"""A real TLS server on loopback that answers as told and keeps what it was sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from clients.transport import HubAddress
from pki.keys.api import Credential
from tests.support.pki import HeldKey, TestPki

LOOPBACK = "127.0.0.1"


def refused(code: str, *, status: int = 422) -> web.Response:
    """Refuse as a hub does, in a document of its own words (RFC 9457)."""
    fields = {"code": code, "place": "To", "message": {"vi": "a", "en": "b"}}
    return web.json_response(
        fields, status=status, content_type="application/problem+json"
    )


@dataclass(slots=True)
class ScriptedHub:
    """What the server answers next, and what it received.

    Args:
        lines: the connections that requests came over.
        held: paths whose answers wait until `let_go` is set.
        instead: answers every request, where what is scripted does not do.
    """

    address: HubAddress
    answers: list[web.Response] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lines: set[object] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    instead: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def came(self, count: int) -> None:
        """Wait until so many requests have come."""
        while len(self.bodies) < count:  # noqa: ASYNC110 - handlers count, not events
            await asyncio.sleep(0.01)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.instead is not None:
            return await self.instead(request)
        self.asked.append(request.query_string)
        self.lines.add(request.protocol)
        self.bodies.append(await request.read())
        if request.path in self.held:
            await self.let_go.wait()
        return self.answers.pop(0) if self.answers else web.Response(status=200)


@asynccontextmanager
async def scripted_hub(
    folder: Path, pki: TestPki, *, host: str = LOOPBACK
) -> AsyncIterator[ScriptedHub]:
    """Serve on a free port with a certificate for `host`."""
    server = pki.issuing.issue(
        "hub",
        san=(x509.IPAddress(ip_address(host)),),
        eku=(ExtendedKeyUsageOID.SERVER_AUTH,),
    )
    address = _address(folder, pki)
    hub = ScriptedHub(address)
    application = web.Application(client_max_size=8 << 20)
    application.router.add_route("*", "/{path:.*}", hub.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0, ssl_context=_context(folder, pki, server))
    await site.start()
    port = runner.addresses[0][1]
    hub.address = HubAddress(
        url=f"https://{LOOPBACK}:{port}",
        authority=address.authority,
        certificate=address.certificate,
        key=address.key,
    )
    try:
        yield hub
    finally:
        await runner.cleanup()


def write_credential(folder: Path, name: str, credential: Credential) -> Path:
    """Write chain and key as PEM, as OpenSSL reads them."""
    certificates = (credential.certificate, *credential.chain)
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
    (folder / f"{name}.pem").write_bytes(pem)
    if not isinstance(credential.key, HeldKey):
        raise TypeError
    key = credential.key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / f"{name}.key"
    path.touch(mode=0o600)
    path.write_bytes(key)
    return folder / f"{name}.pem"


def _address(folder: Path, pki: TestPki) -> HubAddress:
    authority = folder / "authority.pem"
    root = pki.root.credential.certificate
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    certificate = write_credential(folder, "client", pki.system())
    return HubAddress(
        url="",
        authority=authority,
        certificate=certificate,
        key=certificate.with_suffix(".key"),
    )


def _context(folder: Path, pki: TestPki, server: Credential) -> ssl.SSLContext:
    certificate = write_credential(folder, "server", server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(folder / "authority.pem")
    return context
