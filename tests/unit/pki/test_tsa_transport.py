"""How requests for time stamps travel, against servers that misbehave."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from socket import create_server, socket
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.errors import PkiError
from pki.keys.software import SoftwareKey, save_pkcs8
from pki.tsa.reply import RESPONSE_BYTES
from pki.tsa.transport import HttpTimeStampTransport
from schemas.errors import ErrorCode
from tests.support.certificates import Shape, make, p256
from tests.support.pki import TestPki

DAY = timedelta(days=1)
LOOPBACK = IPv4Address("127.0.0.1")

GOOD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n"
    b"Content-Length: 5\r\n\r\nreply"
)


class Server:
    """Takes one connection after the other and says fixed words to each.

    Args:
        pieces: what it says.
        pause: seconds before every piece.
    """

    def __init__(self, *pieces: bytes, pause: float = 0.0) -> None:
        self._pieces = pieces
        self._pause = pause
        self._listener = create_server(("127.0.0.1", 0))
        self.heard: list[bytes] = []
        self.port = self._listener.getsockname()[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsa?x=1"

    @contextmanager
    def serving(self) -> Iterator["Server"]:
        thread = Thread(target=self._serve, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._listener.shutdown(2)
            self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket) -> None:
        heard = b""
        while not heard.endswith(b"query"):
            heard += peer.recv(65536)
        self.heard.append(heard)
        try:
            for piece in self._pieces:
                time.sleep(self._pause)
                peer.sendall(piece)
        except OSError:
            return  # The other side has heard enough.


class TlsServer(Server):
    """The same over TLS."""

    def __init__(
        self, folder: Path, key: SoftwareKey, certificate: x509.Certificate
    ) -> None:
        super().__init__(GOOD)
        path = folder / "server.pem"
        pem = certificate.public_bytes(Encoding.PEM)
        path.write_bytes(save_pkcs8(key, None) + pem)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(path)

    @property
    def address(self) -> str:
        return super().address.replace("http", "https")

    def _talk(self, peer: socket) -> None:
        with suppress(OSError), self._context.wrap_socket(peer, server_side=True) as it:
            super()._talk(it)


def ask(server: Server, seconds: float = 5.0) -> bytes:
    transport = HttpTimeStampTransport([server.address], seconds=seconds)
    return transport(server.address, b"query")


def test_request_is_posted_and_the_response_returned() -> None:
    with Server(GOOD).serving() as server:
        assert ask(server) == b"reply"
    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /tsa?x=1 HTTP/1.1\r\n")
    assert b"Content-Type: application/timestamp-query" in head
    assert b"Content-Length: 5" in head
    assert body == b"query"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        GOOD.replace(b"200 OK", b"503 Service Unavailable"),
        GOOD.replace(b"200 OK", b"302 Found\r\nLocation: http://127.0.0.1:1/"),
        GOOD.replace(b"timestamp-reply", b"ocsp-response"),
        GOOD[:-1],
        GOOD.replace(b"Length: 5", b"Length: %d" % (RESPONSE_BYTES + 1))
        + bytes(RESPONSE_BYTES),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["gone", "no HTTP", "503", "redirect", "type", "cut", "large", "headers"],
)
def test_any_other_answer_is_an_error_of_the_connection(said: bytes) -> None:
    with Server(said).serving() as server, pytest.raises(OSError, match=r"."):
        ask(server)


@pytest.mark.parametrize("pause", [0.05, 60.0], ids=["trickles", "silent"])
def test_server_that_is_slow_is_given_up_in_time(pause: float) -> None:
    slow = Server(*(bytes((one,)) for one in GOOD), pause=pause)
    began = time.monotonic()
    with slow.serving(), pytest.raises(OSError, match=r"."):
        ask(slow, seconds=0.4)
    assert time.monotonic() - began < 15


def test_server_over_tls_is_asked_only_if_a_named_root_vouches_for_it(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    ours, other = (TestPki.create(now=now) for _ in range(2))
    purposes = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    names = (x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), False)
    shape = Shape(common_name="127.0.0.1", organ_id=None, extra=(purposes, names))
    shape = replace(shape, not_before=now - DAY, not_after=now + DAY)
    key = p256()
    made = make(ours.root, shape, key=key)
    server = TlsServer(tmp_path, SoftwareKey(key), made.certificate)
    roots = []
    for number, one in enumerate((ours, other)):
        path = tmp_path / f"root-{number}.pem"
        path.write_bytes(one.root.credential.certificate.public_bytes(Encoding.PEM))
        roots.append(path)
    with server.serving():
        ask = HttpTimeStampTransport([server.address], anchors=roots[:1], seconds=5)
        assert ask(server.address, b"query") == b"reply"
        ask = HttpTimeStampTransport([server.address], anchors=roots[1:], seconds=5)
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(server.address, b"query")


def test_server_that_is_down_is_an_error_of_the_connection() -> None:
    with Server(GOOD).serving() as server:
        address = server.address
    with pytest.raises(OSError, match=r"."):
        HttpTimeStampTransport([address])(address, b"query")


def test_server_that_was_not_named_is_not_asked() -> None:
    with Server(GOOD).serving() as server:
        transport = HttpTimeStampTransport(["http://127.0.0.1:1/tsa"])
        with pytest.raises(PermissionError):
            transport(server.address, b"query")
    assert server.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tsa",
        "ftp://a/tsa",
        "file:///etc/passwd",
        "http:///tsa",
        "http://a:x/tsa",
        "http://a:0/tsa",
        "http://a:99999/tsa",
        "http://user@a/tsa",
        "http://a/tsa#x",
        "http://a/t sa",
        "http://a/tsa\r\nX: y",
        "http://ví-dụ.vn/tsa",
        "https://a/tsa",
    ],
)
def test_address_that_cannot_be_asked_is_refused_at_once(address: str) -> None:
    with pytest.raises(PkiError) as refusal:
        HttpTimeStampTransport([address])
    assert refusal.value.code is ErrorCode.CONFIGURATION_INVALID


def test_anchor_that_is_unreadable_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(PkiError) as refusal:
        HttpTimeStampTransport([], anchors=[tmp_path / "root.pem"])
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE
