"""The exchange behind real mutual TLS on a free port of loopback."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from clients.messages import Message
from exchange.app import Listener, create_app, listening
from exchange.http.tls import server_context
from exchange.settings.server import AuthMode, TlsSettings
from pki.keys.api import Credential
from tests.support.pki import HeldKey, TestPki
from tests.support.world import World

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a problem."""
        return str(self.json["code"])

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub and the world in it."""

    world: World
    folder: Path
    port: int
    plain: bool = False

    @property
    def url(self) -> str:
        return f"{'http' if self.plain else 'https'}://{HOST}:{self.port}"

    def context(self, credential: Credential | None) -> ssl.SSLContext:
        """A client's TLS: the hub's root, and its own certificate if it has one."""
        context = ssl.create_default_context(cafile=str(self.folder / "root.pem"))
        if credential is not None:
            context.load_cert_chain(write_credential(self.folder, credential))
        return context

    @asynccontextmanager
    async def session(
        self, credential: Credential | None
    ) -> AsyncIterator[aiohttp.ClientSession]:
        """A client's connections."""
        connector = aiohttp.TCPConnector(ssl=self.context(credential))
        async with aiohttp.ClientSession(self.url, connector=connector) as session:
            yield session

    async def call(
        self,
        method: str,
        path: str,
        *,
        by: Credential | None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call on a connection of its own."""
        async with (
            self.session(by) as session,
            session.request(method, path, data=body, headers=headers) as answer,
        ):
            return Answer(answer.status, answer.headers, await answer.read())

    async def post(
        self, message: Message, *, by: Credential | None, path: str = "/v1/envelopes"
    ) -> Answer:
        """Hand a message in."""
        headers = {
            "Content-Type": message.content_type,
            "Message-Id": message.message_id,
        }
        # A file, because aiohttp warns of large bodies given as bytes.
        body = BytesIO(message.body)
        return await self.call("POST", path, by=by, body=body, headers=headers)

    async def inbox(self, query: str, *, by: Credential) -> dict[str, Any]:
        """Read an inbox."""
        answer = await self.call("GET", f"/v1/inbox?{query}", by=by)
        return answer.json


@asynccontextmanager
async def running_hub(
    world: World, folder: Path, *, auth: AuthMode = AuthMode.MUTUAL_TLS
) -> AsyncIterator[Hub]:
    """Run the hub of `world`; in development mode without TLS."""
    plain = auth is AuthMode.DEVELOPMENT
    app = create_app(world.services, auth=auth, owner="test")
    tls = None if plain else server_context(write_tls(folder, world.pki))
    listener = Listener(host=HOST, port=0, tls=tls, drain_seconds=0.5)
    async with listening(app, listener) as port:
        yield Hub(world, folder, port, plain)


def write_tls(folder: Path, pki: TestPki) -> TlsSettings:
    """Write the files of the agency listener."""
    server = pki.issuing.issue(
        "hub.example",
        san=(x509.IPAddress(IPv4Address(HOST)),),
        eku=(ExtendedKeyUsageOID.SERVER_AUTH,),
    )
    root = folder / "root.pem"
    root.write_bytes(pem(pki.root.root))
    client_ca = folder / "systems.pem"
    client_ca.write_bytes(pem(pki.issuing.credential.certificate))
    chain = write_credential(folder, server)
    return TlsSettings(certificate=chain, key=chain, client_ca=client_ca)


def write_credential(folder: Path, credential: Credential) -> Path:
    """Write key and certificates into one PEM file; return its path."""
    path = folder / f"{credential.certificate.serial_number:x}.pem"
    if not path.exists():
        key = credential.key
        if not isinstance(key, HeldKey):
            raise TypeError
        private = key.private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        certificates = (credential.certificate, *credential.chain)
        path.write_bytes(private + b"".join(map(pem, certificates)))
    return path


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM)
