"""A server that answers over OCSP and gives out revocation lists, and counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, SOCK_STREAM, socket
from threading import Thread

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from pki.ca.status import PublishedStatus
from pki.http_fetch import HttpFetcher
from pki.keys.api import Credential
from pki.ocsp.responder import AnsweringCa, OcspPolicy, OcspResponder
from pki.revocation.client import RevocationClient
from pki.revocation.lists import read_revocation_list
from tests.support.certificates import Shape, make
from tests.support.levels import LevelDesk
from tests.support.time_stamps import STAMPS, PrivateKey

_ADDRESSES = {"[::1]": "::1"}


def is_reachable(address: str) -> bool:
    """Tell whether this machine has an IPv6 address."""
    with socket(AF_INET6, SOCK_STREAM) as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return False
    return True


class _OverIpv6(ThreadingHTTPServer):
    address_family = AF_INET6


@dataclass(slots=True)
class RevocationService:
    """Speaks for the issuing CA of a desk.

    Args:
        desk: whose.
        issued: serial numbers that the responder knows.
        heard: the requests, by method.
        mute: whether OCSP is answered with an error.
        replayed: an old answer that is given instead.
        name: what certificates call it.
    """

    desk: LevelDesk
    port: int = 0
    issued: set[int] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)
    mute: bool = False
    replayed: bytes | None = None
    name: str = "127.0.0.1"
    _responder: Credential | None = None

    @property
    def host(self) -> str:
        """What an allow-list must name."""
        return f"{self.name}:{self.port}"

    def client(self, *hosts: str) -> RevocationClient:
        """Return who asks, this server alone unless others are named."""
        return RevocationClient(
            hosts or (self.host,), HttpFetcher(seconds=5), lambda: self.desk.now
        )

    def person(self, key: PrivateKey | None = None, **changes: object) -> Credential:
        """Issue a certificate that says where to ask about it."""
        return self._issue(Shape(extra=self._places(), **changes), key)  # type: ignore[arg-type]  # by name

    def stamper(self, key: PrivateKey | None = None) -> Credential:
        """Issue a certificate of a time stamping authority."""
        extra = ((STAMPS, True), *self._places())
        return self._issue(Shape(common_name="TSA", organ_id=None, extra=extra), key)

    def answer(self, request: bytes) -> bytes:
        """Answer over OCSP, as the CA publishes now."""
        if self.replayed is not None:
            return self.replayed
        issuing = self.desk.pki.issuing
        if self._responder is None:
            usage = (ExtendedKeyUsageOID.OCSP_SIGNING,)
            self._responder = issuing.issue("OCSP", eku=usage)
        revocations = read_revocation_list(issuing.crl(at=self.desk.now))
        source = PublishedStatus(revocations, frozenset(self.issued))
        ca = AnsweringCa(issuing.credential.certificate, self._responder, source)
        responder = OcspResponder(
            [ca], policy=OcspPolicy(), clock=lambda: self.desk.now
        )
        return responder.answer(request).body

    @contextmanager
    def serving(self) -> Iterator["RevocationService"]:
        """Serve during the block."""
        server = (_OverIpv6 if ":" in self.name else ThreadingHTTPServer)(
            (_ADDRESSES.get(self.name, "127.0.0.1"), 0), _handler(self)
        )
        self.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def _issue(self, shape: Shape, key: PrivateKey | None) -> Credential:
        made = make(self.desk.pki.issuing, shape, key=key)
        self.issued.add(made.certificate.serial_number)
        above = (self.desk.pki.issuing.credential.certificate,)
        return Credential(made.key, made.certificate, above)

    def _places(self) -> tuple[tuple[x509.ExtensionType, bool], ...]:
        uri = x509.UniformResourceIdentifier
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, uri(f"http://{self.host}/ocsp")
        )
        lists = x509.DistributionPoint(
            [uri(f"http://{self.host}/crl")], None, None, None
        )
        return (
            (x509.AuthorityInformationAccess([access]), False),
            (x509.CRLDistributionPoints([lists]), False),
        )


def _handler(service: RevocationService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.heard.append("POST")
            request = self.rfile.read(int(self.headers["Content-Length"]))
            if service.mute:
                self.send_error(503)
                return
            self._send("application/ocsp-response", service.answer(request))

        def do_GET(self) -> None:
            service.heard.append("GET")
            self._send(
                "application/pkix-crl",
                service.desk.pki.issuing.crl(at=service.desk.now),
            )

        def _send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as inherited
            """Say nothing."""

    return Handler
