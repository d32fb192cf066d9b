"""The public listener as strangers meet it: over sockets, beside a running service."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus

from exchange.demo.service import RunningService, start_service
from exchange.demo.site import Site, build_site, refresh_lists
from exchange.http.metrics import Metrics
from exchange.http.plain_http import CONTINUE
from exchange.http.public_desk import PublicDesk
from exchange.http.public_listener import (
    PublicLimits,
    PublicServer,
    listening_publicly,
)
from exchange.publication import PublishedFile
from pki.ca.hierarchy import Hierarchy
from pki.kinds import CertificateKind
from pki.ocsp.responder import OcspAnswer
from pki.registry.api import RegisteredCertificate
from tests.support.copies import launch_copy
from tests.support.judges import run
from tests.support.ocsp import request_for
from tests.support.pki import NOW

pytestmark = pytest.mark.integration

ISSUING = CertificateKind.ISSUING_PERSONS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A demonstration site; its CA serves all tests here."""
    made = Site(tmp_path_factory.mktemp("site"))
    build_site(made)
    return made


@asynccontextmanager
async def service(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningService]:
    monkeypatch.setenv("LIENTHONG__TRUST__RELOAD_SECONDS", "0.2")
    started = await start_service(site.folder, launch=launch_copy)
    try:
        yield started
    finally:
        await started.stop()


def official(site: Site) -> RegisteredCertificate:
    with Hierarchy.open(site.pki) as hierarchy:
        issued = hierarchy.certificates()
    return next(one for one in issued if one.kind is CertificateKind.PERSON)


def fetch(started: RunningService, path: str) -> tuple[bytes, Mapping[str, str]]:
    with urlopen(f"http://127.0.0.1:{started.public_port}{path}") as answer:
        return answer.read(), dict(answer.headers)


def openssl_says(site: Site, started: RunningService, serial: str) -> str:
    issuer = site.pki / f"{ISSUING}.pem"
    told = run(
        "openssl", "ocsp", "-sha256", "-issuer", issuer, "-serial", serial, "-nonce",
        "-url", f"http://127.0.0.1:{started.public_port}/ocsp",
        "-CAfile", site.root, "-no-CApath", "-no-CAstore", "-verify_other", issuer,
    )  # fmt: skip
    assert "Response verify OK" in told.stderr
    assert "WARNING" not in told.stderr
    return told.stdout


def status_by_get(
    site: Site, started: RunningService, certificate: x509.Certificate
) -> tuple[ocsp.OCSPResponse, Mapping[str, str]]:
    issuer = x509.load_pem_x509_certificate((site.pki / f"{ISSUING}.pem").read_bytes())
    request = request_for(certificate, issuer=issuer)
    path = quote(b64encode(request).decode(), safe="")
    body, headers = fetch(started, f"/ocsp/{path}")
    return ocsp.load_der_ocsp_response(body), headers


def status_of(
    site: Site, started: RunningService, certificate: x509.Certificate
) -> str:
    told, _ = status_by_get(site, started, certificate)
    return told.certificate_status.name


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 another process is waited for
            await asyncio.sleep(0.1)


async def test_strangers_learn_what_the_ca_says_and_revocation_at_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = official(site)
    certificate = x509.load_der_x509_certificate(person.der)
    async with service(site, monkeypatch) as started:
        assert "good" in openssl_says(site, started, f"0x{person.serial:x}")
        assert "unknown" in openssl_says(site, started, "0x1234")
        answer, headers = status_by_get(site, started, certificate)
        assert answer.certificate_status is OCSPCertStatus.GOOD
        assert "max-age=" in headers["Cache-Control"]
        with Hierarchy.open(site.pki) as hierarchy:
            hierarchy.revoke(person.serial, x509.ReasonFlags.superseded)
        await until(lambda: status_of(site, started, certificate) == "REVOKED")
        assert "revoked" in openssl_says(site, started, f"0x{person.serial:x}")


async def test_new_certificates_and_new_responder_keys_count_without_a_restart(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = x509.load_der_x509_certificate(official(site).der)
    async with service(site, monkeypatch) as started:
        before, _ = status_by_get(site, started, subject)
        refresh_lists(site)
        await until(
            lambda: (
                status_by_get(site, started, subject)[0].responder_key_hash
                != before.responder_key_hash
            )
        )


async def test_published_files_and_nothing_else_are_given_to_strangers(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(site, monkeypatch) as started:
        listed, headers = fetch(started, f"/crl/{ISSUING}.crl")
        assert listed == (site.pki / f"{ISSUING}.crl").read_bytes()
        assert headers["Content-Type"] == "application/pkix-crl"
        pem, _ = fetch(started, "/ca/root.pem")
        der, _ = fetch(started, "/ca/root.cer")
        root = x509.load_pem_x509_certificate(site.root.read_bytes())
        assert x509.load_pem_x509_certificate(pem) == root
        assert x509.load_der_x509_certificate(der) == root
        for path in (
            "/metrics",
            "/health/live",
            "/v1/agencies",
            f"/ca/{ISSUING}.serials",
            "/ca/../private/root/key.pem",
        ):
            with pytest.raises(HTTPError) as refusal:
                fetch(started, path)
            refusal.value.close()
            assert refusal.value.code == 404


class OneFile:
    """A publication of one large file."""

    @property
    def files(self) -> Mapping[str, PublishedFile]:
        return {"/x": PublishedFile(b"x" * 100_000, "text/plain", NOW, "tag")}

    def answer(self, request: bytes) -> OcspAnswer:
        raise RuntimeError(request)


@asynccontextmanager
async def listener(limits: PublicLimits) -> AsyncIterator[int]:
    server = PublicServer(
        PublicDesk(OneFile()), Metrics(), lambda: datetime.now(UTC), limits
    )
    async with listening_publicly(server, host="127.0.0.1", port=0) as port:
        yield port


GET = b"GET /x HTTP/1.1\r\nHost: ca\r\n\r\n"
LAST = b"GET /x HTTP/1.1\r\nHost: ca\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def connected(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def told(port: int, request: bytes) -> bytes:
    """Send, and return all that comes until the other side ends the connection."""
    async with connected(port) as (reader, writer):
        writer.write(request)
        return await reader.read(-1)


async def is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read(1) == b""
    except ConnectionResetError:
        return True


async def test_connection_serves_many_requests_and_ends_when_asked() -> None:
    async with listener(PublicLimits()) as port:
        # More than fits the buffers of both sides: answering pauses and goes on.
        received = await told(port, GET * 200 + LAST)
    assert received.count(b"HTTP/1.1 200 OK") == 201
    assert len(received) > 201 * 100_000


async def test_unclear_request_ends_the_connection_with_a_reason() -> None:
    unclear = b"POST /ocsp HTTP/1.1\r\nHost: ca\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with listener(PublicLimits()) as port:
        received = await told(port, unclear + GET)
    assert received.startswith(b"HTTP/1.1 501 ")
    assert received.count(b"HTTP/1.1") == 1


async def test_peer_that_asks_first_is_told_to_send_its_body() -> None:
    """As programs on .NET Framework send everything that has a body."""
    head = b"POST /x HTTP/1.1\r\nHost: ca\r\nContent-Length: 3\r\n"
    async with listener(PublicLimits()) as port, connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(head + b"Expect: 100-continue\r\n\r\n")
            assert await reader.readuntil(b"\r\n\r\n") == CONTINUE
            writer.write(b"abc")
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 405 ")
            await reader.readexactly(len("Method Not Allowed\n"))


async def test_failure_inside_is_told_without_detail() -> None:
    async with listener(PublicLimits()) as port:
        received = await told(port, b"GET /ocsp/AAAA HTTP/1.1\r\nHost: ca\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 500 ")
    assert b"RuntimeError" not in received


@pytest.mark.parametrize(
    ("limits", "sent"),
    [
        (PublicLimits(idle_seconds=0.1), b""),
        (PublicLimits(request_seconds=0.1), GET[:-1]),
    ],
)
async def test_slow_peer_is_cut(limits: PublicLimits, sent: bytes) -> None:
    async with listener(limits) as port, connected(port) as (reader, writer):
        writer.write(sent)
        async with asyncio.timeout(20):
            assert await is_cut(reader)


async def test_request_that_trickles_in_is_cut() -> None:
    limits = PublicLimits(request_seconds=0.1)
    async with listener(limits) as port, connected(port) as (reader, writer):
        cut = asyncio.create_task(is_cut(reader))
        async with asyncio.timeout(20):
            while not cut.done():
                writer.write(b"G")
                await asyncio.sleep(0.05)
        assert cut.result()


async def test_connections_beyond_the_limit_are_cut_and_others_go_on() -> None:
    limits = PublicLimits(connections=1)
    async with listener(limits) as port, connected(port) as (first, kept):
        for _ in range(2):
            kept.write(GET)
            await first.readuntil(b"\r\n\r\n")
            assert len(await first.readexactly(100_000)) == 100_000
            async with connected(port) as (second, _writer):
                assert await is_cut(second)
